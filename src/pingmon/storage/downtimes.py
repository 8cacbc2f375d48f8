"""Planned downtime: what is planned, for which monitors, and which window began last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
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

    def all(self) -> list[PlannedDowntime]:
        with reading(self._engine) as connection:
            rows = connection.execute(select(downtimes).order_by(downtimes.c.created_at))
            return [_planned(row) for row in rows]

    def due(self, now: float) -> list[PlannedDowntime]:
        """What something is to be done about by now, epoch seconds; the earliest first."""
        with reading(self._engine) as connection:
            query = select(downtimes).where(downtimes.c.due <= now).order_by(downtimes.c.due)
            return [_planned(row) for row in connection.execute(query)]

    def set_begun(self, downtime_id: str, begun: float, due: float | None) -> None:
        with writing(self._engine) as connection:
            set_begun(connection, downtime_id, begun, due)

    def delete(self, downtime_id: str) -> None:
        with writing(self._engine) as connection:
            remove(connection, downtime_id)


# Parts of transactions


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
