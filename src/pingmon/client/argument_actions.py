"""What argparse lacks: arguments that collect, flags with one spelling of "no", values in plain words."""

import argparse
import math
from collections.abc import Callable, Sequence
from typing import Any

from pingmon.client.nearest_name import closest


class Several(argparse.Action):
    """Values of an argument that may be given several times, as a list."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        before = getattr(namespace, self.dest, None) or []
        setattr(namespace, self.dest, [*before, *(values if isinstance(values, list) else [values])])


class YesNo(argparse.Action):
    """`--quiet` and `--no_quiet`; None when neither is given."""

    def __init__(self, option_strings: Sequence[str], dest: str, **settings: Any) -> None:
        negative = [f"--no_{one[2:]}" for one in option_strings]
        negative += [one.replace("_", "-") for one in negative] + [
            f"--no-{one[2:]}" for one in option_strings
        ]
        names = [*option_strings, *dict.fromkeys(negative)]
        super().__init__(names, dest, nargs=0, **settings)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, not str(option_string).startswith("--no"))


class Choices(tuple[str, ...]):
    """The empty value is taken, too, though it is not offered: it returns to the default."""

    def __contains__(self, value: object) -> bool:
        return value == "" or super().__contains__(value)


def whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def finite_number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        number = text.strip().removesuffix("s")
        hint = f"; give seconds, as in {number}" if text.endswith("s") and _is_plain(number) else ""
        raise argparse.ArgumentTypeError(f"{text!r} is not a number{hint}")
    return value


def _is_plain(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    """For `type`: argparse's own words for a wrong choice differ between versions of Python."""

    def check(text: str) -> str:
        if text in choices:
            return text
        near = closest(text, choices)
        hint = f"; did you mean {near}?" if near else f"; give {' or '.join(choices)}"
        raise argparse.ArgumentTypeError(f"unknown value {text!r}{hint}")

    return check
