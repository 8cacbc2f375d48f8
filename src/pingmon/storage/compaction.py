"""Replaces many rows of the outbox by few that say the same."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from sqlalchemy import bindparam, delete, update
from sqlalchemy.engine import Connection

from pingmon.storage.outbox_counts import OutboxChanges
from pingmon.storage.tables import outbox


class Entry(Protocol):
    """What some rows become: one, in the place of `at_row` (see notify.merge)."""

    @property
    def at_row(self) -> int: ...
    @property
    def ids(self) -> tuple[int, ...]: ...
    @property
    def event(self) -> dict[str, Any]: ...


Coalesce = Callable[[list[tuple[int, str | None, dict[str, Any]]]], Iterable[Entry]]


def compact(
    connection: Connection, changes: OutboxChanges, channel_id: int, waiting: Any, coalesce: Coalesce
) -> None:
    """Part of a transaction: replace the rows of one channel by what `coalesce` makes of them."""
    rows = connection.execute(waiting).all()
    created = {row.id: row.created_at for row in rows}
    merged = coalesce([(row.id, row.monitor_id, row.event) for row in rows])
    found = [entry for entry in merged if len(entry.ids) > 1]
    kept = [
        {
            "which": entry.at_row,
            "what": entry.event,
            "since": min(created[number] for number in entry.ids),
        }
        for entry in found
    ]
    gone = [number for entry in found for number in entry.ids if number != entry.at_row]
    if kept:
        which = outbox.c.id == bindparam("which")
        change: Any = {"event": bindparam("what"), "created_at": bindparam("since")}
        connection.execute(update(outbox).where(which).values(**change), kept)
        connection.execute(delete(outbox).where(which), [{"which": number} for number in gone])
    changes.gone = [(number, channel_id) for entry in found for number in entry.ids]
    changes.added = [(one["which"], channel_id, one["since"]) for one in kept]
