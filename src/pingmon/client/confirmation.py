"""Asks for confirmation before something is deleted."""

import sys


def is_agreed(question: str) -> bool:
    """Whether the user agreed. False when there is no terminal to ask on."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
