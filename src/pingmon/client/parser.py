"""The command line of pingmonctl: its general options, and the commands."""

import argparse
import os
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from pingmon import __version__
from pingmon.api.protocol import DEFAULT_SOCKET
from pingmon.client.commands import COMMANDS
from pingmon.client.options import option

EPILOG = (
    "exit status: 0 done; 1 refused, the message says why; 2 wrong usage; 3 the daemon can't be reached"
)


def build_parser(words: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """words: of a command line; only commands among them get their options. Default: all."""
    parser = argparse.ArgumentParser(
        prog="pingmonctl", description="Tells pingmond what to watch.", epilog=EPILOG
    )
    parser.add_argument("--version", action="version", version=f"pingmonctl {__version__}")
    address = os.environ.get("PINGMON_SERVER_ADDRESS") or f"unix:{DEFAULT_SOCKET}"
    _general(parser, address, "table")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    given = set(words)
    for name, (_, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        _general(command, argparse.SUPPRESS, argparse.SUPPRESS)
        if name in given:
            command_module(name).configure(command)
    return parser


def command_module(name: str) -> Any:
    """The module of a command: `configure(parser)` and `run(options)`."""
    return import_module(f"pingmon.client.commands.{COMMANDS[name][0]}")


def _general(parser: argparse.ArgumentParser, address: str, output: str) -> None:
    text = f"the daemon's socket (default unix:{DEFAULT_SOCKET}; env PINGMON_SERVER_ADDRESS)"
    option(parser, "--server_address", metavar="ADDRESS", default=address, help=text)
    text = "for people, or exactly the RPC result"
    option(parser, "--output", "-o", choices=("table", "json"), default=output, help=text)
