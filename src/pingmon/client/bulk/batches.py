"""Requests to import_mon: as many rows as fit, all or nothing over all of them."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pingmon.api.protocol import MAX_LINE
from pingmon.client.bulk.tokens import Tokens
from pingmon.client.connection import call

BATCH = 500  # monitors of one request and one transaction
MOST_BYTES = MAX_LINE - (64 << 10)  # of the rows of a request; the rest is for what comes with them


class Done(NamedTuple):
    """What import_mon said of one row. id: None when it is not there (yet)."""

    identity: str | None = None
    address: str | None = None
    id: str | None = None
    is_new: bool = False
    changes: dict[str, list[Any]] | None = None
    errors: tuple[dict[str, Any], ...] = ()


def batches(rows: Sequence[dict[str, Any]]) -> Iterator[range]:
    """Ranges of indexes, each of which makes one request."""
    start, size = 0, 0
    for index, row in enumerate(rows):
        length = len(json.dumps(row, ensure_ascii=False).encode(errors="replace")) + 2
        if index > start and (index - start >= BATCH or size + length > MOST_BYTES):
            yield range(start, index)
            start, size = index, 0
        size += length
    if start < len(rows):
        yield range(start, len(rows))


def send(
    options: argparse.Namespace, rows: Sequence[dict[str, Any]], tokens: Tokens, **params: Any
) -> list[Done]:
    """One request. Raises Refused, CannotReach."""
    asked = {"monitors": list(rows), **tokens.params(), **params}
    result = call(options.server_address, "import_mon", asked)
    new = set(result["new"])
    changes = {one["index"]: one["changes"] for one in result["changes"]}
    errors: dict[int, list[dict[str, Any]]] = {}
    for one in result["errors"]:
        errors.setdefault(one["index"], []).append(one)
    return [
        Done(
            row["identity"],
            row["ip_address"],
            row["id"],
            index in new,
            changes.get(index),
            tuple(errors.get(index, ())),
        )
        for index, row in enumerate(result["rows"])
    ]


def show_progress(words: str, done: int, total: int) -> None:
    if sys.stderr.isatty() and total > BATCH:
        end = "\n" if done == total else ""
        filled = "#" * (30 * done // total)
        print(f"\r{words} [{filled:30}] {done}/{total}", end=end, file=sys.stderr, flush=True)
