"""Where the bot's token comes from: an option, a file, standard input, the environment, a question."""

import argparse
import os
import sys

from pingmon.client.ask_token import ask_token, can_ask
from pingmon.client.connection import Refused
from pingmon.text.decoding import NotText, one_word
from pingmon.text.printable import shortened

LONGEST_PATH = 255  # characters of a path in an error
MOST = 1 << 16  # bytes of a token's file


def token_of(options: argparse.Namespace) -> str:
    """Empty when none was given. Raises Refused when its file can't be read, or is empty."""
    if options.token is not None:
        if not options.token.strip():
            options.refuse("--token: it is empty")
        from pingmon.client.hide_argument import hide_argument  # ctypes is slow to import

        hide_argument(options.token)
        return str(options.token).strip()
    if options.token_file == "-":
        return ask_token() if can_ask() else read_token("-")
    if options.token_file:
        return read_token(options.token_file)
    return os.environ.get("PINGMON_TOKEN", "").strip()


def token_or_question(options: argparse.Namespace) -> str:
    """Likewise, but a person at a terminal who gave none is asked for it."""
    found = token_of(options)
    return found if found or not can_ask() else ask_token()


def read_token(path: str) -> str:
    """What the file holds; `-` is standard input, up to the end of its first line. Raises Refused."""
    name = shortened(path, LONGEST_PATH)
    try:
        token = one_word(_first_line() if path == "-" else _content(path))
    except OSError as error:
        raise Refused(f"can't read the token: {error.strerror}: {name}") from None
    except NotText as error:
        raise Refused(f"can't read the token: {name}: {error}") from None
    if not token:
        where = "standard input" if path == "-" else name
        raise Refused(f"can't read the token: {where} is empty")
    return token


def _first_line() -> bytes:
    line = sys.stdin.buffer.readline(MOST)
    # In UTF-16-LE the end of a line is two bytes, of which the second was not read.
    return line + sys.stdin.buffer.read(1) if b"\0" in line and len(line) % 2 else line


def _content(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs start-up time
        return file.read(MOST)
