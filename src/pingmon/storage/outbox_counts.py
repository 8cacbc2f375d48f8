"""What waits and what does not arrive, in memory, so that `status` and `list_mon` cost no query."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.engine import Connection

from pingmon.storage.tables import IS_ALARM, channels, outbox


@dataclass(slots=True)
class OutboxChanges:
    """What one transaction did to the queue; counted once it is committed."""

    added: list[tuple[int, int, float]] = field(default_factory=list)  # id, channel, created at
    gone: list[tuple[int, int]] = field(default_factory=list)  # id, channel
    deliveries: dict[int, str] = field(default_factory=dict)  # channel → "ok" or the reason


class Failing(NamedTuple):
    """Why nothing arrives in a channel, since when (epoch seconds), and how many messages wait."""

    words: str
    since: float
    waiting: int


class OutboxCounts:
    """Thread-safe. The process is the only writer of these tables, so what is counted is exact."""

    def __init__(self, connection: Connection) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[int, dict[int, float]] = {}  # channel → id → created at, epoch seconds
        self._deliveries: dict[int, str] = {}  # those that are not "ok"
        self._failing_since: dict[int, float] = {}  # of these, epoch seconds
        self._count, self._oldest = 0, 0.0
        self._is_sure = True  # whether `_oldest` is the oldest still
        rows = select(outbox.c.id, outbox.c.channel_id, outbox.c.created_at).where(
            outbox.c.sent_at.is_(None), IS_ALARM
        )
        found = select(channels.c.id, channels.c.delivery).where(channels.c.delivery != "ok")
        changes = OutboxChanges(
            added=[(row.id, row.channel_id, row.created_at) for row in connection.execute(rows)],
            deliveries={row.id: row.delivery for row in connection.execute(found)},
        )
        self.apply(changes)

    def apply(self, changes: OutboxChanges) -> None:
        with self._lock:
            for number, channel in changes.gone:
                if self._waiting.get(channel, {}).pop(number, None) is not None:
                    self._count -= 1
                    self._is_sure = False
            for number, channel, created_at in changes.added:
                self._waiting.setdefault(channel, {})[number] = created_at
                if not self._count:
                    self._oldest, self._is_sure = created_at, True
                self._oldest = min(self._oldest, created_at)
                self._count += 1
            for channel, delivery in changes.deliveries.items():
                if delivery == "ok":
                    self._deliveries.pop(channel, None)
                    self._failing_since.pop(channel, None)
                else:
                    self._deliveries[channel] = delivery
                    # At a start: since the oldest of what waits.
                    since = min(self._waiting.get(channel, {}).values(), default=time.time())
                    self._failing_since.setdefault(channel, since)

    def depth(self) -> tuple[int, float]:
        """How many messages wait, and since when (epoch seconds, 0 if none)."""
        with self._lock:
            if not self._is_sure:
                times = [at for rows in self._waiting.values() for at in rows.values()]
                self._oldest, self._is_sure = min(times, default=0.0), True
            return self._count, self._oldest if self._count else 0.0

    def waiting(self, channel: int) -> int:
        with self._lock:
            return len(self._waiting.get(channel, ()))

    def deliveries(self) -> dict[int, str]:
        """Channel → why nothing arrives there; those that are well are not in it."""
        with self._lock:
            return dict(self._deliveries)

    def failing(self) -> dict[int, Failing]:
        """By channel, those that are not well."""
        with self._lock:
            return {
                channel: Failing(words, self._failing_since[channel], len(self._waiting.get(channel, ())))
                for channel, words in self._deliveries.items()
            }


def added(rows: Iterable[Any]) -> list[tuple[int, int, float]]:
    return [(row.id, row.channel_id, row.created_at) for row in rows]
