"""Tables: columns as wide as what is in them, in the width that there is."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pingmon.client.terminal_text import safe

GAP = "  "
READABLE = 40  # columns of a cell that may be cut: what is longer need not fit
NOTHING = "-"  # never an empty cell: cells can be told apart by programs, too
COLOURS = {"up": "32", "down": "31;1", "unknown": "33"}


class Column(NamedTuple):
    """head: its title. cells: one of each row. least: columns to which a cell may be cut, 0: never."""

    head: str
    cells: Sequence[str]
    least: int = 0

    @property
    def width(self) -> int:
        return max(width_of(one) for one in (self.head, *self.cells))


def screen_width() -> int | None:
    """Columns of the terminal; None when the output is no terminal, so that nothing is cut."""
    if not sys.stdout.isatty():
        return None
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError):
        return None


def width_of(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # slow to import

    return max(0, int(wcswidth(text)))


def fits(columns: Sequence[Column], limit: int | None) -> bool:
    """Whether they fit without cutting much."""
    if limit is None:
        return True
    needed = sum(min(one.width, READABLE) if one.least else one.width for one in columns)
    return needed + len(GAP) * (len(columns) - 1) <= limit


def lines(columns: Sequence[Column], limit: int | None, paint: Callable[[str], str] = str) -> list[str]:
    """The table with its heads. paint: colours a cell that is a state."""
    columns = [one._replace(cells=[safe(cell) for cell in one.cells]) for one in columns]
    widths = _widths(columns, limit)
    found = []
    for cells in zip(*([one.head, *one.cells] for one in columns), strict=True):
        padded = [
            paint(cell) + " " * (width - width_of(cell))
            for cell, width in zip(
                (cut(cell, width) for cell, width in zip(cells, widths, strict=True)), widths, strict=True
            )
        ]
        found.append(GAP.join(padded).rstrip())
    return found


def cut(text: str, width: int) -> str:
    """The text, or its beginning and a mark that there is more."""
    if width_of(text) <= width:
        return text
    mark = ellipsis()
    kept = text[:width]
    while kept and width_of(kept + mark) > width:
        kept = kept[:-1]
    return kept + mark


def ellipsis() -> str:
    """… where the terminal has it."""
    encoding = (sys.stdout.encoding or "ascii") if sys.stdout else "ascii"
    return "…" if encoding.lower().replace("-", "") == "utf8" else "~"


def painter() -> Callable[[str], str]:
    """Colours states on a terminal, unless NO_COLOR is set (no-color.org)."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return str
    return lambda cell: f"\x1b[{COLOURS[cell]}m{cell}\x1b[0m" if cell in COLOURS else cell


def _widths(columns: Sequence[Column], limit: int | None) -> list[int]:
    """What does not fit is taken from the widest of those that may be cut."""
    widths = [one.width for one in columns]
    if limit is None:
        return widths
    while sum(widths) + len(GAP) * (len(widths) - 1) > limit:
        room = [(widths[i], i) for i, one in enumerate(columns) if one.least and widths[i] > one.least]
        if not room:
            break
        widths[max(room)[1]] -= 1
    return widths
