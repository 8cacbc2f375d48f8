"""Where the bot's token comes from: an option, a file, standard input, the environment."""

import argparse
import os
import sys

from pingmon.client.connection import Refused
from pingmon.text.decoding import NotText, one_word

MOST = 1 << 16  # bytes of a token's file


def token_of(options: argparse.Namespace) -> str:
    """Empty when none was given. Raises Refused when its file can't be read."""
    if options.token:
        from pingmon.client.hide_argument import hide_argument  # ctypes is slow to import

        hide_argument(options.token)
        return str(options.token).strip()
    if options.token_file == "-":
        return read_token("-")
    if options.token_file:
        return read_token(options.token_file)
    return os.environ.get("PINGMON_TOKEN", "").strip()


def read_token(path: str) -> str:
    """What the file holds; `-` is standard input, up to the end of its first line. Raises Refused."""
    try:
        token = one_word(_first_line() if path == "-" else _content(path))
    except OSError as error:
        raise Refused(f"can't read the token: {error}") from None
    except NotText as error:
        raise Refused(f"can't read the token: {path}: {error}") from None
    if not token:
        raise Refused(f"can't read the token: {path} is empty")
    return token


def _first_line() -> bytes:
    line = sys.stdin.buffer.readline()
    # In UTF-16-LE the end of a line is two bytes, of which the second was not read.
    return line + sys.stdin.buffer.read(1) if b"\0" in line and len(line) % 2 else line


def _content(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs start-up time
        return file.read(MOST)
