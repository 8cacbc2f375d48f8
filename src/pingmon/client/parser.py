"""The command line of pingmonctl: its general options, and the commands."""

import argparse
import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from pingmon import __version__
from pingmon.api.protocol import DEFAULT_SOCKET
from pingmon.client.argument_actions import finite_number
from pingmon.client.commands import COMMANDS
from pingmon.client.options import MONITORS, option
from pingmon.client.strict_parser import StrictParser, main_spellings
from pingmon.client.usage_check import check_usage

EPILOG = """\
examples:
  pingmonctl add-mon --ip_address 192.0.2.7 --name printer --chat_id 1001 --token_file token
  pingmonctl list-mon --state down
  pingmonctl explain printer

exit status: 0 done; 1 refused, the message says why; 2 wrong usage; 3 the daemon can't be reached

pingmonctl COMMAND --help says more; so does the manual: man pingmonctl
"""
HELP, VERSION, GENERAL = "help", "version", "general options"
# Commands that are options in fact, so that they can be typed as people type them elsewhere.
_WORDS = {HELP: "show this help, or that of a command", VERSION: "show the version"}


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line. Exits for wrong usage, help and the version."""
    words = list(words)
    parser = build_parser(words)
    at = check_usage(parser, words)
    if at is None:
        words.append("--help")
    elif words[at] == HELP:
        about = [one for one in words[at + 1 : at + 2] if one not in _WORDS]
        if words[at + 2 :]:
            parser.refuse(f"unexpected {words[at + 2]}")
        return parse([*words[:at], *about, "--help"])
    elif words[at] == VERSION:
        if words[at + 1 :]:
            parser.refuse(f"unexpected {words[at + 1]}")
        words[at] = "--version"
    options, more = parser.parse_known_args(words)
    command = parser.commands[options.command]
    options.refuse = command.refuse
    if more:
        _take_more(command, options, more)
    options.wide = options.output == "wide"
    if options.wide:
        options.output = "table"
    return options


def _take_more(command: StrictParser, options: argparse.Namespace, more: Sequence[str]) -> None:
    """Monitors may stand before and after options, which argparse does not understand."""
    takes_monitors = any(one.dest == MONITORS and not one.option_strings for one in command._actions)
    if not takes_monitors:
        command.refuse(f"unexpected {' '.join(more)}")
    options.id = [*(getattr(options, MONITORS, None) or ()), *(one for one in more if one != "--")]


def build_parser(words: Iterable[str] = COMMANDS) -> StrictParser:
    """words: of a command line; only commands among them get their options. Default: all."""
    parser = StrictParser(prog="pingmonctl", description="Tells pingmond what to watch.", epilog=EPILOG)
    parser.add_argument(
        "--version", action="version", version=f"pingmonctl {__version__}", help="show it"
    )
    address = os.environ.get("PINGMON_SERVER_ADDRESS") or f"unix:{DEFAULT_SOCKET}"
    _general(parser, address, "table", None)
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", title="commands", prog="pingmonctl"
    )
    given = set(words)
    parser.command_names = (*COMMANDS, *_WORDS)
    # Each parser looks for translations on the disk; only help and errors need them all.
    is_help = bool(given & {HELP, "-h", "--help"})
    are_all_needed = is_help or len(given & set(COMMANDS)) in (0, len(COMMANDS))
    for name, (_, text) in COMMANDS.items():
        is_given = name in given
        if not (is_given or are_all_needed):
            continue
        command = commands.add_parser(name, help=text, description=_sentence(text), add_help=is_given)
        if is_given:
            command_module(name).configure(command)
            general = command.add_argument_group(GENERAL)
            _general(general, argparse.SUPPRESS, argparse.SUPPRESS, argparse.SUPPRESS)
        parser.commands[name] = command
    for name, text in _WORDS.items() if are_all_needed else ():
        parser.commands[name] = commands.add_parser(name, help=text, description=text, add_help=False)
    return parser


def manual_parser() -> StrictParser:
    """For the manual page: every option in its main spelling only."""
    parser = build_parser()
    for command in parser.commands.values():  # what all have in common is said once
        command._action_groups = [one for one in command._action_groups if one.title != GENERAL]
    for one in (parser, *parser.commands.values()):
        for action in one._actions:
            action.option_strings = main_spellings(action.option_strings)
    return parser


def command_module(name: str) -> Any:
    """The module of a command: `configure(parser)` and `run(options)`."""
    return import_module(f"pingmon.client.commands.{COMMANDS[name][0]}")


def _general(parser: Any, address: str, output: str, wait: Any) -> None:
    text = f"the daemon's socket (default unix:{DEFAULT_SOCKET}; env PINGMON_SERVER_ADDRESS)"
    option(parser, "--server_address", metavar="ADDRESS", default=address, help=text)
    text = "table for people, or json, exactly the RPC result (default table)"
    option(
        parser,
        "--output",
        "-o",
        choices=("table", "wide", "json"),
        metavar="table|wide|json",
        default=output,
        help=text.replace("table for people", "table for people, wide with all columns"),
    )
    text = "seconds to wait for an answer or for progress; 10 if not given"
    option(parser, "--wait", type=finite_number, metavar="S", default=wait, help=text)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
