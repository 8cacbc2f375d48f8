"""Rows in parts that fit a request."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pingmon.api.protocol import MAX_LINE

BATCH = 500  # monitors of one request or answer; a longer one keeps the pinger waiting while it is read
MOST_BYTES = MAX_LINE - (64 << 10)  # of the rows of a request; the rest is for what comes with them


def batches(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    start, size = 0, 0
    for index, row in enumerate(rows):
        length = len(json.dumps(row, ensure_ascii=False).encode(errors="replace")) + 2
        if index > start and (index - start >= BATCH or size + length > MOST_BYTES):
            yield rows[start:index]
            start, size = index, 0
        size += length
    if start < len(rows):
        yield rows[start:]
