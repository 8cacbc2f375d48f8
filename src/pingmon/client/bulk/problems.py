"""What is wrong with a file, in its order, and not more of it than anybody reads."""

from collections.abc import Iterable

from pingmon.client.connection import Refused
from pingmon.client.files.row import Problem
from pingmon.client.terminal_text import safe

SHOWN = 20


def refused(path: str, problems: Iterable[Problem], head: str = "nothing was changed") -> Refused:
    ordered = sorted(problems, key=lambda one: one.place.line)
    lines = [f"{safe(path)}: {one.place.words}: {one.words}" for one in ordered[:SHOWN]]
    more = len(ordered) - len(lines)
    return Refused("\n".join([f"{head}:", *lines, *([f"… and {more} more"] if more else [])]))


def with_field(field: str | None, message: str) -> str:
    """The daemon's words with the column that they are about."""
    if not field or message.startswith((f"{field} ", f"{field}:")):
        return message
    return f"{field}: {message}"
