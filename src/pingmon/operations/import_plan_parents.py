"""Parents that are rows of the same plan, be they further down, and rows behind themselves."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from pingmon.model.errors import InvalidValue
from pingmon.model.host_name import parse_host
from pingmon.model.ip_address import parse_address
from pingmon.text.printable import shown

KEY, PARENT = "key", "parent"  # columns of rows


class Labels(NamedTuple):
    """By what a row may be named, and what it names as its parent; empty where there is nothing.

    written: the address or host name as given. address: as we spell it. id: of a monitor that exists.
    """

    key: str = ""
    name: str = ""
    written: str = ""
    address: str = ""
    id: str = ""
    parent: str = ""


class Unclear(NamedTuple):
    """What is wrong with a row, and in which of its columns."""

    row: int
    field: str
    words: str


def find_parents(rows: Sequence[Labels]) -> tuple[dict[int, int], list[int], list[Unclear]]:
    """Index of a row → index of its parent; rows whose parent is no row; and what is not clear.

    By key, then name, then address, as we spell it or as written; then by ID.
    """
    by_key = _indexes([one.key for one in rows])
    ways = (
        by_key,
        _indexes([one.name for one in rows]),
        _indexes([one.address for one in rows]),
        _indexes([one.written for one in rows]),
        _indexes([one.id for one in rows]),
    )
    found: dict[int, int] = {}
    elsewhere: list[int] = []
    unclear = [
        Unclear(index, KEY, f"{shown(key)} is the key of another one, too")
        for key, indexes in by_key.items()
        for index in indexes[1:]
    ]
    for index, row in enumerate(rows):
        if not row.parent:
            continue
        candidates = next((way[row.parent] for way in ways if row.parent in way), None)
        if candidates is None:
            candidates = ways[2].get(_our_spelling(row.parent), [])
        if len(candidates) > 1:
            words = f"{shown(row.parent)} is the name or address of {len(candidates)} monitors here"
            words += f"; give the right one a `{KEY}`, and name that"
            unclear.append(Unclear(index, PARENT, words))
        elif candidates:
            found[index] = candidates[0]
        else:
            elsewhere.append(index)
    return found, elsewhere, unclear


def in_loops(above: Mapping[str, str | None], of: Iterable[str]) -> set[str]:
    """Those of some monitors that are behind themselves. above: ID → ID of the parent."""
    wanted = set(of)
    looping, well = set[str](), set[str]()
    for start in wanted:
        line: dict[str, None] = {}
        at: str | None = start
        while at is not None and at not in line and at not in well and at not in looping:
            line[at] = None
            at = above.get(at)
        order = list(line)
        begin = order.index(at) if at in line and at is not None else len(order)
        well |= set(order[:begin])
        looping |= set(order[begin:])
    return looping & wanted


def _our_spelling(target: str) -> str:
    """Of an address or a host's name; empty if this is neither."""
    for parse in (parse_address, parse_host):
        with suppress(InvalidValue):
            return parse(target)
    return ""


def _indexes(values: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, value in enumerate(values):
        if value:
            found.setdefault(value, []).append(index)
    return found
