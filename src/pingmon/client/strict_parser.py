"""argparse with errors of one line, and help that shows one spelling of each option."""

import argparse
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from pingmon.client.exit_status import USAGE
from pingmon.client.terminal_text import safe_lines
from pingmon.text.printable import SHOWN, shortened

HELP_WIDTH, LEAST_WIDTH = 100, 40  # columns; lines longer than that are hard to read
# As argparse names an option: --chat_id/--chat-id. Compiled when there is an error to tell.
_SPELLINGS = r"(--\w+)(?:/-[\w-]+)+"
_LONG = rf"\S{{{SHOWN + 3},}}"  # with quotation marks and a comma
_REWORDED = (
    (r"argument (\S+): expected one argument", r"\1 needs a value"),
    (r"argument (\S+): expected at least one argument", r"\1 needs a value"),
    (r"the following arguments are required: (.*), (.*)", r"\1 and \2 are missing"),
    (r"the following arguments are required: (.*)", r"\1 is missing"),
    (r"unrecognized arguments: (.*)", r"unexpected \1"),
    (r"argument (\S+): not allowed with argument (\S+)", r"\1 excludes \2"),
    (r"argument (\S+): ignored explicit argument (.*)", r"\1 takes no value, not \2"),
    (r"argument (\S+): (.*)", r"\1: \2"),
)


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """One spelling of each option; examples stay as they are written."""

    def __init__(self, prog: str) -> None:
        # With a width argparse does not import shutil, which takes longer than all of the parser.
        super().__init__(prog, max_help_position=30, width=_width())

    def _format_action_invocation(self, action: argparse.Action) -> str:
        shown = main_spellings(action.option_strings)
        if not shown:
            return super()._format_action_invocation(action)
        value = "" if action.nargs == 0 else " " + self._format_args(action, action.dest.upper())
        return ", ".join(shown) + value

    def _format_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None,
    ) -> str:
        """Required options only, as the list of all of them follows."""
        if usage:
            return f"usage: {usage}\n\n"
        words = [self._prog]
        for action in actions:
            if action.option_strings and action.required:
                value = self._format_args(action, action.dest.upper())
                words.append(f"{action.option_strings[0]} {value}")
        words.append("[OPTIONS]")
        for action in actions:
            if not action.option_strings:
                name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
                shape = {"?": "[{}]", "*": "[{} ...]", argparse.PARSER: "{} ..."}
                words.append(shape.get(str(action.nargs), "{}").format(name))
        return f"usage: {' '.join(words)}\n\n"


def main_spellings(option_strings: Sequence[str]) -> list[str]:
    """Those that are shown: a short one, and the first of the long ones."""
    long = [one for one in option_strings if one.startswith("--")]
    return [one for one in option_strings if not one.startswith("--")] + long[:1]


class StrictParser(argparse.ArgumentParser):
    """Options can't be abbreviated, so that a new one never changes what an old script means."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        settings.setdefault("formatter_class", HelpFormatter)
        settings.setdefault("allow_abbrev", False)
        super().__init__(*arguments, **settings)
        self.commands: dict[str, StrictParser] = {}  # those that this command line needs
        self.command_names: tuple[str, ...] = ()
        self.never: dict[str, str] = {}  # option that is not taken → why
        self.either: dict[str, str] = {}  # option that is missing → what is said instead of it
        self.replaceable: dict[
            str, tuple[str, ...]
        ] = {}  # required dest → dests with one of which it is not

    def parse_known_args(  # type: ignore[override]
        self, args: Any = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """argparse knows no option that is required unless another one is given."""
        given = {str(word).partition("=")[0] for word in args or ()}
        for dest, others in self.replaceable.items():
            is_replaced = any(
                one.dest in others and given & {*one.option_strings} for one in self._actions
            )
            for action in self._actions:
                if action.dest == dest:
                    action.required = not is_replaced
        found: tuple[argparse.Namespace, list[str]] = super().parse_known_args(args, namespace)
        return found

    def error(self, message: str) -> NoReturn:
        """One line that names the argument and its value, and where help is. Exits with USAGE."""
        message = re.sub(_SPELLINGS, r"\1", message)
        for pattern, words in _REWORDED:
            if re.fullmatch(pattern, message):
                message = re.sub(pattern, words, message)
                break
        for option, words in self.either.items():
            message = re.sub(rf"(^| ){option}(?= is missing$)", rf"\1{words}", message)
        self.refuse(message)

    def refuse(self, message: str) -> NoReturn:
        """Likewise. A word that was given may be a page long."""
        message = re.sub(_LONG, lambda one: shortened(one.group()), message)
        self.exit(USAGE, f"pingmonctl: {message}\nsee {self.prog} --help\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """argparse hides that a long help can't be written."""
        out = file or sys.stderr
        if message and out is not None:
            out.write(message)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        if message:
            print(safe_lines(message), end="", file=sys.stderr)
        sys.exit(status)


def _width() -> int:
    """Columns of help: of the terminal, but not too many."""
    given = os.environ.get("COLUMNS", "")
    try:
        columns = int(given) if given.isdigit() else os.get_terminal_size(1).columns
    except OSError:
        columns = 80
    return max(LEAST_WIDTH, min(columns or 80, HELP_WIDTH)) - 2
