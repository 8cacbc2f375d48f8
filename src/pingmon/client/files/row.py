"""What is read from a file: rows, and what is wrong with others."""

from collections.abc import Iterator
from typing import Any, NamedTuple


class Place(NamedTuple):
    """line: of the file, counted from 1. words: how it is told."""

    line: int
    words: str


class Row(NamedTuple):
    """A row of a file: where it stands, and the parameters that it gives.

    wrong: columns whose values could not be used, which is said; they are not in `params`.
    """

    place: Place
    params: dict[str, Any]
    wrong: frozenset[str] = frozenset()


class Problem(NamedTuple):
    """What is wrong with a row, and where it stands."""

    place: Place
    words: str


Found = Iterator[Row | Problem]


class Bad(Exception):
    """What is wrong with one value: column, value and reason in one line; the others are read on."""


def line(number: int) -> Place:
    return Place(number, f"line {number}")
