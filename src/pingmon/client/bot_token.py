"""Where the bot's token comes from: an option, a file, standard input, the environment, a question."""

import argparse
import os
import sys

from pingmon.client.ask_token import ask_token, can_ask
from pingmon.client.connection import Refused


def token_of(options: argparse.Namespace) -> str:
    """Empty when none was given. Raises Refused when its file can't be read, or is empty."""
    if options.token:
        from pingmon.client.hide_argument import hide_argument  # ctypes is slow to import

        hide_argument(options.token)
        return str(options.token).strip()
    if options.token_file == "-":
        return ask_token() if can_ask() else _not_empty(sys.stdin.readline(), "standard input")
    if options.token_file:
        try:
            with open(options.token_file) as file:  # noqa: PTH123 - pathlib costs start-up time
                return _not_empty(file.read(), options.token_file)
        except OSError as error:
            raise Refused(f"can't read the token: {error.strerror}: {options.token_file}") from None
    return os.environ.get("PINGMON_TOKEN", "").strip()


def token_or_question(options: argparse.Namespace) -> str:
    """Likewise, but a person at a terminal who gave none is asked for it."""
    found = token_of(options)
    return found if found or not can_ask() else ask_token()


def _not_empty(text: str, where: str) -> str:
    if not text.strip():
        raise Refused(f"can't read the token: {where} is empty")
    return text.strip()
