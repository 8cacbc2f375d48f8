"""A bot's token, asked for on the terminal without showing it."""

import sys

PROMPT = "token of the bot (not shown): "


def can_ask() -> bool:
    """Whether standard input and output are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_token() -> str:
    import getpass  # slow to import

    return getpass.getpass(PROMPT, stream=sys.stderr).strip()
