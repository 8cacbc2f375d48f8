"""Checks a command line before argparse: unknown names, and options given twice."""

import argparse
from collections.abc import Iterable, Sequence

from pingmon.client.argument_actions import Several
from pingmon.client.nearest_name import closest
from pingmon.client.strict_parser import StrictParser, main_spellings

# What other programs call it.
ELSEWHERE = {
    "ls": "list-mon",
    "ps": "list-mon",
    "rm": "del-mon",
    "remove": "del-mon",
    "delete": "del-mon",
    "new": "add-mon",
    "create": "add-mon",
    "watch": "add-mon",
    "set": "edit-mon",
    "change": "edit-mon",
    "update": "edit-mon",
    "get": "show-mon",
    "describe": "show-mon",
    "info": "show-mon",
    "health": "status",
    "silence": "mute",
    "maintenance": "downtime",
    "history": "log",
    "journal": "log",
    "queue": "outbox",
    "load": "import",
    "dump": "export",
    "chats": "find-chat",
}


def check_usage(parser: StrictParser, words: Sequence[str]) -> int | None:
    """Where the command stands in `words`, None if there is none.

    Exits with one line when a command or an option is unknown, or an option is given twice.
    """
    known, used = _options(parser), dict[str, str]()
    current, found = parser, None
    rest = iter(enumerate(words))
    for position, word in rest:
        if word == "--":
            break
        if not word.startswith("-") or word == "-" or " " in word or _is_number(word):
            if found is None:
                current, found = _command(parser, word), position
                known = _options(current)
            continue
        name, equals, _ = word.partition("=")
        action = known.get(name) or (None if name.startswith("--") else known.get(name[:2]))
        if action is None:
            why = current.never.get(name.replace("-", "_").replace("__", "--", 1))
            current.refuse(why or f"unknown option {name}{_did_you_mean(name, _shown(known))}")
        takes_value = action.nargs is None
        if takes_value and _takes_one(action) and action.dest in used:
            current.refuse(f"{used[action.dest]} is given twice; it takes one value")
        used[action.dest] = main_spellings(action.option_strings)[-1]
        if takes_value and not equals and name in known:
            next(rest, None)
    return found


def _options(parser: StrictParser) -> dict[str, argparse.Action]:
    return {name: action for action in parser._actions for name in action.option_strings}


def _shown(known: dict[str, argparse.Action]) -> set[str]:
    return {main_spellings(action.option_strings)[-1] for action in known.values()}


def _takes_one(action: argparse.Action) -> bool:
    return not isinstance(action, argparse._AppendAction | Several)


def _command(parser: StrictParser, word: str) -> StrictParser:
    if word not in parser.command_names:
        meant = ELSEWHERE.get(word.lower()) or closest(word, parser.command_names)
        parser.refuse(f"unknown command {word}{f'; did you mean {meant}?' if meant else ''}")
    return parser.commands[word]


def _did_you_mean(word: str, names: Iterable[str]) -> str:
    found = closest(word, names)
    return f"; did you mean {found}?" if found else ""


def _is_number(word: str) -> bool:
    """Such as the chat -1002, which is no option."""
    return word[1:].replace(".", "", 1).isdigit()
