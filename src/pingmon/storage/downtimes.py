"""Planned downtime: what is planned, for which monitors, and which window began last."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection, Engine

from pingmon.model.downtime import Downtime, downtime_from_json
from pingmon.storage.sqlite.transactions import reading, writing
from pingmon.storage.tables import downtimes

Condition = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PlannedDowntime:
    """conditions: which monitors, looked at when a window begins. begun: when the latest window did.

    due: when something is to be done about it. Times in epoch seconds.
    """

    id: str
    plan: Downtime
    conditions: Sequence[Condition]
    by: str
    comment: str
    created_at: float
    begun: float = 0.0
    due: float | None = None


class Downtimes:
    """Every public method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # When something is due next: a look each second must not read all plans. None: not known.
        self._next: float | None = None
        self._lock = threading.Lock()
        self._changes = 0

    def all(self) -> list[PlannedDowntime]:
        with reading(self._engine) as connection:
            rows = connection.execute(select(downtimes).order_by(downtimes.c.created_at))
            return [_planned(row) for row in rows]

    def due(self, now: float) -> list[PlannedDowntime]:
        """No query while nothing is."""
        with self._lock:
            changes, is_none_due = self._changes, self._next is not None and now < self._next
        if is_none_due:
            return []
        with reading(self._engine) as connection:
            query = select(downtimes).where(downtimes.c.due <= now).order_by(downtimes.c.due)
            found = [_planned(row) for row in connection.execute(query)]
            soonest = connection.execute(select(func.min(downtimes.c.due))).scalar()
        with self._lock:
            if changes == self._changes:  # else what was read may be old
                self._next = inf if soonest is None else soonest
        return found

    def set_begun(self, downtime_id: str, begun: float, due: float | None) -> None:
        with self.changing(), writing(self._engine) as connection:
            set_begun(connection, downtime_id, begun, due)

    def delete(self, downtime_id: str) -> None:
        with self.changing(), writing(self._engine) as connection:
            remove(connection, downtime_id)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Around a transaction that changes what is planned."""
        try:
            yield
        finally:
            with self._lock:
                self._next, self._changes = None, self._changes + 1


# Parts of transactions, of which `changing` must know


def add(connection: Connection, one: PlannedDowntime) -> None:
    connection.execute(insert(downtimes).values(**_columns(one)))


def set_begun(connection: Connection, downtime_id: str, begun: float, due: float | None) -> None:
    """When its latest window began, and when something is to be done about it, epoch seconds."""
    which = update(downtimes).where(downtimes.c.id == downtime_id)
    connection.execute(which.values(begun=begun, due=due))


def remove(connection: Connection, downtime_id: str) -> None:
    connection.execute(delete(downtimes).where(downtimes.c.id == downtime_id))


def _columns(one: PlannedDowntime) -> dict[str, Any]:
    return {
        "id": one.id,
        "plan": one.plan.to_json(),
        "selector": [list(condition) for condition in one.conditions],
        "by": one.by,
        "comment": one.comment,
        "created_at": one.created_at,
        "begun": one.begun,
        "due": one.due,
    }


def _planned(row: Any) -> PlannedDowntime:
    conditions = [(key, value) for key, value in row.selector]
    return PlannedDowntime(
        row.id,
        downtime_from_json(row.plan),
        conditions,
        row.by,
        row.comment,
        row.created_at,
        row.begun,
        row.due,
    )
