"""Where the bot's token comes from: an option, a file, standard input, the environment."""

import argparse
import os
import sys

from pingmon.client.connection import Refused


def token_of(options: argparse.Namespace) -> str:
    """Empty when none was given. Raises Refused when its file can't be read."""
    if options.token:
        from pingmon.client.hide_argument import hide_argument  # ctypes is slow to import

        hide_argument(options.token)
        return str(options.token).strip()
    if options.token_file == "-":
        return sys.stdin.readline().strip()
    if options.token_file:
        try:
            with open(options.token_file) as file:  # noqa: PTH123 - pathlib costs start-up time
                return file.read().strip()
        except OSError as error:
            raise Refused(f"can't read the token: {error}") from None
    return os.environ.get("PINGMON_TOKEN", "").strip()
