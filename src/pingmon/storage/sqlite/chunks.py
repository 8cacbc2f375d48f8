"""Long lists of parameters, split for SQLite."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

MOST = 10_000  # parameters of a statement; SQLite takes no more than 32,766

Item = TypeVar("Item")


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in order, at most MOST at a time."""
    return (items[start : start + MOST] for start in range(0, len(items), MOST))
