"""What a command prints: its result as JSON, or words about it."""

import argparse
from typing import Any

from pingmon.client.terminal_text import json_text


def show(options: argparse.Namespace, result: Any, words: str) -> None:
    """Data goes to stdout: exactly the RPC result with `--output json`. No words: no line.

    words: safe for a terminal (client/terminal_text.py); they may have colours.
    """
    if options.output == "json":
        print(json_text(result))
    elif words:
        print(words)


def count(number: int, what: str) -> str:
    """ "1 monitor", "2 monitors"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def device(monitor: dict[str, Any]) -> str:
    """As people know it: its name and what is probed, in one pair of brackets as in messages."""
    name, what = monitor.get("name"), target(monitor)
    if not name:
        return what
    host, bracket, address = what.partition(" (") if what.endswith(")") else (what, "", "")
    return f"{name} ({host}, {address}" if bracket else f"{name} ({what})"


def target(monitor: dict[str, Any]) -> str:
    """What is probed; of an older pingmond the address."""
    return str(monitor.get("target") or monitor.get("ip_address") or "")
