"""Shell completion from the parser, by shtab: debian/completion.py bash|zsh|fish. The build calls it.

What an option takes follows from its name and metavar, so that the parser, which pingmonctl builds at
every start, carries nothing for this. Values that only the daemon knows come from
/usr/lib/pingmon/complete.
"""

import argparse
import sys
from collections.abc import Iterator

import shtab

from pingmon.client.parser import build_parser
from pingmon.kinds import PROBE_KINDS

COMPLETE = "/usr/lib/pingmon/complete"
KINDS = {  # destination of the option: the argument of COMPLETE
    "id": "monitor",
    "parent": "monitor",
    "bot": "bot",
    "chat_id": "chat",
    "tag": "tag",
    "add_tag": "tag",
    "remove_tag": "tag",
    "ip_address": "address",
    "host": "host",
}
# Where a new name is given, known ones are of no help.
NAMES_NEW = {"add-mon", "edit-mon"}


def actions(parser: argparse.ArgumentParser, command: str = "") -> Iterator[tuple[str, argparse.Action]]:
    """Every option and argument, with the command that it belongs to."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from actions(below, name)
        else:
            yield command, action


def values(kind: str) -> dict[str, str]:
    """What shtab takes for values that a command prints."""
    return {
        "bash": f"_pingmon_{kind}",
        "zsh": f"{{_values_of_pingmon {kind}}}",
        "fish": f"({COMPLETE} {kind} 2>/dev/null)",
    }


def completer(command: str, action: argparse.Action) -> dict[str, str] | None:
    """How the value of `action` is completed, None if its choices or nothing is."""
    if action.choices or action.nargs == 0:
        return None
    if action.metavar == "FILE" or action.dest == "server_address":
        return dict(shtab.FILE)
    if action.metavar == "DIR":
        return dict(shtab.DIRECTORY)
    if action.dest == "name" and command not in NAMES_NEW:
        return values("name")
    if action.dest in ("ip_address", "host") and command in NAMES_NEW:
        return None
    kind = KINDS.get(action.dest)
    return values(kind) if kind else None


def preamble(shell: str) -> str:
    if shell == "bash":
        return "\n".join(
            f'_pingmon_{kind}() {{ compgen -W "$({COMPLETE} {kind} 2>/dev/null)" -- "$1"; }}'
            for kind in (*dict.fromkeys(KINDS.values()), "name")
        )
    if shell == "zsh":
        return f'_values_of_pingmon() {{ compadd -- ${{(f)"$({COMPLETE} $1 2>/dev/null)"}} }}'
    return ""


def main(shell: str) -> str:
    parser = build_parser()
    for command, action in actions(parser):
        if action.dest == "mon_type":  # pingmond may know more
            action.choices = tuple(PROBE_KINDS)
        found = completer(command, action)
        if found:
            action.complete = found  # type: ignore[attr-defined]
        elif hasattr(action, "complete"):
            del action.complete
    return str(shtab.complete(parser, shell=shell, preamble=preamble(shell)))


if __name__ == "__main__":
    print(main(sys.argv[1]))
