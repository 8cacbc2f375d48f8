"""A monitor is deleted, and a deletion is undone, as if it had not been: parts of a transaction.

What an undo needs is remembered in the transaction of the deletion: what people had been told of each
alarm, what was known of the device, and what was behind it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, delete, insert, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.engine import Connection

from pingmon.model.alarm_events import Closed
from pingmon.model.detector_state import DetectorState, detector_state_from_json
from pingmon.model.errors import Conflict
from pingmon.model.monitor import Monitor
from pingmon.storage.alarms import Audience, Occurrence, advance
from pingmon.storage.journal import Entry, write
from pingmon.storage.row_mapping import (
    all_channels,
    live_equal,
    live_monitors,
    monitor_of,
    setting_columns,
    stored_monitors,
)
from pingmon.storage.sqlite.chunks import chunks
from pingmon.storage.tables import alarms, chat_undos, monitors, outbox

CLOSED = "closed"  # the kind of event that says that no more comes


@dataclass(frozen=True, slots=True)
class Undo:
    """What makes a deletion one that can be undone. key: random. expires: epoch seconds.

    state: what is known of the device, newer than what is stored.
    """

    key: str
    expires: float
    state: DetectorState


@dataclass(frozen=True, slots=True)
class Remembered:
    """A deletion that can be undone. children: IDs of what was behind it. since: when, epoch seconds."""

    monitor: Monitor
    state: DetectorState
    children: tuple[str, ...]
    since: float


def delete_live(
    connection: Connection, monitor_id: str, by: str, audience: Audience, undo: Undo | None = None
) -> list[dict[str, Any]]:
    """Rows for the outbox: who was told of an outage hears that no more comes.

    What was behind it is behind nothing any more. by: whom the journal names, if anybody.
    """
    found = connection.execute(live_monitors().where(monitors.c.id == monitor_id)).one()
    monitor = monitor_of(found, all_channels(connection))
    children = _children(connection, monitor_id)
    if undo:
        _remember(connection, monitor_id, [child.id for child in children], undo)
    now = time.time()
    told = advance(connection, [Occurrence(monitor, (Closed(by),), now)], audience).rows
    gone = update(monitors).where(monitors.c.id == monitor_id)
    connection.execute(gone.values(deleted=True))
    if by:
        write(connection, [Entry(by, "del_mon", monitor.label, monitor_id)])
    for child in children:
        freed = update(monitors).where(monitors.c.id == child.id)
        connection.execute(freed.values(options=child.options | {"parent": None}))
    return told


def _children(connection: Connection, monitor_id: str) -> Sequence[Any]:
    naming = sql_cast(monitors.c.options, Text).like(f"%{monitor_id}%")
    query = select(monitors.c.id, monitors.c.options).where(monitors.c.deleted.is_(False), naming)
    return [row for row in connection.execute(query).all() if row.options.get("parent") == monitor_id]


def _remember(connection: Connection, monitor_id: str, children: Sequence[str], undo: Undo) -> None:
    its = select(alarms).where(alarms.c.monitor_id == monitor_id)
    record = {
        "state": undo.state.to_json(),
        "children": list(children),
        "since": time.time(),
        "alarms": [[row.channel_id, row.alarm, row.due] for row in connection.execute(its)],
    }
    connection.execute(
        insert(chat_undos).values(
            key=undo.key, monitor_id=monitor_id, expires=undo.expires, record=record
        )
    )


def find_undo(connection: Connection, key: str, now: float) -> Remembered | None:
    """None: there is none with this key any more."""
    query = select(chat_undos).where(chat_undos.c.key == key, chat_undos.c.expires > now)
    row = connection.execute(query).first()
    if row is None:
        return None
    found = connection.execute(stored_monitors().where(monitors.c.id == row.monitor_id)).one()
    record = row.record
    return Remembered(
        monitor_of(found, all_channels(connection)),
        detector_state_from_json(record["state"]),
        tuple(record["children"]),
        record["since"],
    )


def bring_back(
    connection: Connection, key: str, monitor: Monitor, children: Sequence[Monitor], by: str
) -> list[tuple[int, int]]:
    """Rows of the outbox that are gone, with their channels: that no more would come, if still unsaid.

    monitor, children: as they shall be. Raises Conflict when it was added anew meanwhile.
    """
    record = connection.execute(select(chat_undos.c.record).where(chat_undos.c.key == key)).scalar_one()
    if equal := live_equal(connection, monitor):
        raise Conflict(f"this was added again meanwhile, as {equal}")
    here = update(monitors).where(monitors.c.id == monitor.id)
    known = {"detector": record["state"], "deleted": False}
    connection.execute(here.values(**setting_columns(monitor) | known))
    connection.execute(delete(alarms).where(alarms.c.monitor_id == monitor.id))
    rows = [
        {"monitor_id": monitor.id, "channel_id": channel, "alarm": alarm, "due": due}
        for channel, alarm, due in record["alarms"]
    ]
    if rows:
        connection.execute(insert(alarms), rows)
    for child in children:
        its = update(monitors).where(monitors.c.id == child.id)
        connection.execute(its.values(**setting_columns(child)))
    connection.execute(delete(chat_undos).where(chat_undos.c.key == key))
    write(connection, [Entry(by, "undo_del_mon", monitor.label, monitor.id)])
    return _unsay(connection, monitor.id, record["since"])


def _unsay(connection: Connection, monitor_id: str, since: float) -> list[tuple[int, int]]:
    waits = outbox.c.sent_at.is_(None) & (outbox.c.created_at >= since - 1.0)
    query = select(outbox.c.id, outbox.c.channel_id, outbox.c.event)
    rows = connection.execute(query.where(outbox.c.monitor_id == monitor_id, waits)).all()
    gone = [(row.id, row.channel_id) for row in rows if row.event.get("kind") == CLOSED]
    for some in chunks([number for number, _ in gone]):
        connection.execute(delete(outbox).where(outbox.c.id.in_(some)))
    return gone


def has_expired(connection: Connection, now: float) -> bool:
    query = select(chat_undos.c.key).where(chat_undos.c.expires <= now)
    return connection.execute(query.limit(1)).first() is not None


def forget_expired(connection: Connection, now: float) -> list[str]:
    """The IDs of monitors whose deletion can't be undone any more."""
    query = select(chat_undos.c.key, chat_undos.c.monitor_id).where(chat_undos.c.expires <= now)
    rows = connection.execute(query).all()
    for some in chunks([row.key for row in rows]):
        connection.execute(delete(chat_undos).where(chat_undos.c.key.in_(some)))
    return [row.monitor_id for row in rows]
