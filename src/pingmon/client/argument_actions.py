"""What argparse lacks: arguments that collect, flags with one spelling of "no", values in plain words."""

import argparse
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from pingmon.client.nearest_name import closest
from pingmon.text.printable import shown

# Of options and of files: Python takes more, such as 1_0 and digits of others.
NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_WHOLE = re.compile(r"[-+]?[0-9]{1,300}")


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


class OneOrMore(Several):
    """A value, or a list when it is given several times."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        before = getattr(namespace, self.dest, None)
        if before is None:
            setattr(namespace, self.dest, values)
        else:
            setattr(namespace, self.dest, [*(before if isinstance(before, list) else [before]), values])


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
    if not _WHOLE.fullmatch(text.strip()):
        raise argparse.ArgumentTypeError(f"{shown(text)} is not a whole number")
    return int(text)


def finite_number(text: str) -> float:
    if not NUMBER.fullmatch(text.strip()) or not math.isfinite(float(text)):
        number = text.strip().removesuffix("s")
        hint = (
            f"; give seconds, as in {number}" if text.endswith("s") and NUMBER.fullmatch(number) else ""
        )
        raise argparse.ArgumentTypeError(f"{shown(text)} is not a number{hint}")
    return float(text)


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    """For `type`: argparse's own words for a wrong choice differ between versions of Python."""

    def check(text: str) -> str:
        if text in choices:
            return text
        near = closest(text, choices)
        hint = f"; did you mean {near}?" if near else f"; give {' or '.join(choices)}"
        raise argparse.ArgumentTypeError(f"unknown value {shown(text)}{hint}")

    return check
