"""A person is asked before something is lost."""

import sys


def is_agreed(question: str) -> bool:
    """False, too, when nobody sits there."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
