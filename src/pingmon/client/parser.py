"""The command line of pingmonctl. Every option may be spelled with `_` or `-`."""

import argparse
import os
from typing import Any

from pingmon import __version__
from pingmon.api.protocol import DEFAULT_SOCKET

EPILOG = (
    "exit status: 0 done; 1 refused, the message says why; 2 wrong usage; 3 the daemon can't be reached"
)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pingmonctl", description="Tells pingmond what to watch.", epilog=EPILOG
    )
    parser.add_argument("--version", action="version", version=f"pingmonctl {__version__}")
    address = os.environ.get("PINGMON_SERVER_ADDRESS") or f"unix:{DEFAULT_SOCKET}"
    _common(parser, address, "table")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_mon(_command(commands, "add-mon", "watch a device and tell a chat when it changes"))
    edit = _command(commands, "edit-mon", "change settings of a monitor, keeping its state")
    _id_option(edit, required=True, help="the monitor's ID, or its first letters (4 or more)")
    _option(edit, "--name", help="what people call the device")
    _settings(edit)
    text = "what is known of the path, and what these or other settings mean on it"
    explain = _command(commands, "explain", text)
    _id_option(explain, required=True, help="the monitor's ID, or its first letters (4 or more)")
    _rules(explain)
    delete = _command(commands, "del-mon", "stop watching")
    _id_option(delete, required=True, help="the monitor's ID, or its first letters (4 or more)")
    listing = _command(commands, "list-mon", "show the monitors")
    _option(listing, "--state", choices=("up", "down", "unknown"), help="only those in this state")
    _option(listing, "--ip_address", metavar="IP", help="only those of this address")
    _option(listing, "--chat_id", metavar="ID", help="only those that tell this chat")
    _import(_command(commands, "import", "add the monitors of a file, all or nothing"))
    same = _command(commands, "apply", "make the monitors equal to a file: add, change, delete")
    _import(same)
    _option(same, "--yes", action="store_true", help="delete what the file lacks without asking")
    export = _command(commands, "export", "print the monitors as a file that import takes")
    kinds = ("csv", "jsonl", "toml")
    _option(export, "--format", choices=kinds, default="csv", help="default csv")
    test = _command(commands, "test-mon", "send a test message to the monitor's chat")
    _id_option(test, required=True, help="the monitor's ID, or its first letters (4 or more)")
    find = _command(commands, "find-chat", "list the chats that a bot has heard from")
    bot = _token_options(find)
    _option(bot, "--bot", metavar="NAME", help="a bot that the daemon's configuration declares")
    _command(commands, "status", "show the daemon's health")
    return parser


def _add_mon(parser: argparse.ArgumentParser) -> None:
    _option(parser, "--chat_id", required=True, metavar="ID", help="chat number or @name")
    token = _token_options(parser)
    _option(token, "--bot", metavar="NAME", help="a bot that the daemon's configuration declares")
    _option(parser, "--ip_address", required=True, metavar="IP", help="IPv4, IPv6 or fe80::1%%eth0")
    _option(parser, "--mon_type", default="ping", help="kind of probe (default ping)")
    _option(parser, "--name", help="what people call the device")
    _option(parser, "--thread_id", type=int, metavar="N", help="forum topic")
    _settings(parser)
    _option(parser, "--no_verify", action="store_true", help="do not ask Telegram first")


def _rules(parser: argparse.ArgumentParser) -> None:
    _option(parser, "--interval", type=float, metavar="S", help="seconds (default 10)")
    _option(parser, "--timeout", type=float, metavar="S", help="seconds (default 2)")
    text = "how many may be, as N/day, /week, /month or /year (default 1/year)"
    _option(parser, "--false_alarms", metavar="RATE", help=text)
    text = "a dead device is told within so many seconds, however bad the path (default 120)"
    _option(parser, "--max_delay", type=float, metavar="S", help=text)
    text = "losses in a row, instead of --false_alarms"
    _option(parser, "--down_after", type=int, metavar="N", help=text)
    text = "seconds of silence, instead of --false_alarms"
    _option(parser, "--down_after_seconds", type=float, metavar="S", help=text)


def _settings(parser: argparse.ArgumentParser) -> None:
    _rules(parser)
    _option(parser, "--up_after", type=int, metavar="N", help="replies in a row (default 2)")
    text = "the monitor that this device is behind: while it is down, silence is not told"
    _option(parser, "--parent", metavar="ID", help=text)
    _option(parser, "--language", choices=("en", "ru"), help="of its messages (default: the daemon's)")
    text = "recoveries make no sound"
    _option(parser, "--quiet", action=argparse.BooleanOptionalAction, help=text)
    text = "say so, once, when replies come later than the timeout"
    _option(parser, "--tell_slow", action=argparse.BooleanOptionalAction, help=text)


def _import(parser: argparse.ArgumentParser) -> None:
    text = "CSV with header, JSON lines or TOML ([defaults], [[monitor]]); - is stdin"
    parser.add_argument("file", metavar="FILE", help=text)
    _token_options(parser)
    _option(parser, "--no_verify", action="store_true", help="do not ask Telegram first")
    _option(parser, "--dry_run", action="store_true", help="say what would be done, change nothing")


def _token_options(parser: argparse.ArgumentParser) -> Any:
    token = parser.add_mutually_exclusive_group()
    text = "the bot's token; --token_file keeps it out of your shell's history"
    _option(token, "--token", help=text)
    _option(token, "--token_file", metavar="FILE", help="file with the token, - for stdin")
    return token


def _command(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    _common(parser, argparse.SUPPRESS, argparse.SUPPRESS)
    return parser


def _common(parser: argparse.ArgumentParser, address: str, output: str) -> None:
    text = f"the daemon's socket (default unix:{DEFAULT_SOCKET}; env PINGMON_SERVER_ADDRESS)"
    _option(parser, "--server_address", metavar="ADDRESS", default=address, help=text)
    text = "for people, or exactly the RPC result"
    _option(parser, "--output", "-o", choices=("table", "json"), default=output, help=text)


def _id_option(parser: argparse.ArgumentParser, **settings: Any) -> None:
    action = parser.add_argument("--id", **settings)
    # For shtab, which makes the completion when the package is built.
    action.complete = {"bash": "_pingmon_ids", "zsh": "_pingmon_ids"}  # type: ignore[attr-defined]


def _option(parser: Any, name: str, *more: str, **settings: Any) -> None:
    names = dict.fromkeys([name, name.replace("_", "-"), *more])
    parser.add_argument(*names, **settings)
