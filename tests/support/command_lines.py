"""A command line of each command of pingmonctl, so that a test of all of them has the new ones, too."""

import argparse

from pingmon.client.parser import build_parser

# What stands for an argument, by its name; a choice gets its first value, what is unknown here a word.
VALUES = {
    "id": "printer",
    "ip_address": "10.0.0.9",
    "chat_id": "1001",
    "file": "devices.csv",
    "token_file": "token",
    "token": "1:x",
}
ELSE = {"del-mon": {"id": "10.0.0.9"}}  # what others name is not deleted
# Added to what a command must have, so that it gets as far as printing something.
MORE = {
    "mute": "--for 1h",
    "downtime": "--for 1h",
    "add-mon": "--ip_address 10.0.0.9 --chat_id 1001 --no_verify",
    "edit-mon": "--tell_slow",
    "import": "--no_verify --dry_run",
    "apply": "--no_verify --dry_run",
    "renew-token": "--bot ping_bot",
}


def command_lines() -> dict[str, str]:
    """By command, all that the parser has; with `help` and `version`, which ask no daemon."""
    return {name: line(name, one) for name, one in build_parser().commands.items()}


def line(name: str, parser: argparse.ArgumentParser) -> str:
    words = [name]
    for action in parser._actions:
        is_monitor = action.dest == "id" and not action.option_strings
        if not (action.required or is_monitor):
            continue
        if action.option_strings:
            words.append(action.option_strings[0])
        if action.nargs != 0:
            words.append(ELSE.get(name, {}).get(action.dest) or _value(action))
    return " ".join([*words, *MORE.get(name, "").split()])


def _value(action: argparse.Action) -> str:
    if action.dest in VALUES:
        return VALUES[action.dest]
    choices = str(action.metavar or "").split("|")
    return str(next(iter(action.choices))) if action.choices else choices[0] if choices[1:] else "x"
