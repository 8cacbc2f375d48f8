"""The wall clock was set while messages wait: their times move along."""

import time
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from pingmon.model.clock_jumps import ClockSet
from pingmon.storage.tables import outbox

AT_ONCE = 0.01  # s; two readings further apart are taken again
EVENT_TIMES = ("at", "decided_at", "until")  # of events that `notify` turns into words, epoch seconds


def steady() -> float:
    """Seconds since the machine booted, those of sleep included (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall_offset() -> float:
    """What the wall clock is ahead of the steady one, seconds: when the machine booted, by the clock."""
    while True:
        before, wall, after = steady(), time.time(), steady()
        if after - before < AT_ONCE:
            return wall - before


def restate_messages(connection: Connection, clock: ClockSet) -> int:
    """Part of a transaction: the same moments by the clock as it is now; how many messages moved.

    Those that wait, and those with buttons, which are about an outage by the time when it began.
    """
    columns = ("id", "event", "created_at", "not_before", "expires", "sent_at")
    query = select(*(outbox.c[one] for one in columns))
    concerned = query.where(outbox.c.sent_at.is_(None) | outbox.c.key.is_not(None))
    changed = []
    for row in connection.execute(concerned):
        event = {
            key: clock.restated(value) if key in EVENT_TIMES and value else value
            for key, value in row.event.items()
        }
        created = clock.restated(row.created_at)
        if event == row.event and created == row.created_at:
            continue
        times = {
            "created_at": created,
            "not_before": clock.restated(row.not_before) if row.not_before else 0.0,
            "expires": None if row.expires is None else row.expires + created - row.created_at,
            "sent_at": None if row.sent_at is None else clock.restated(row.sent_at),
        }
        new = {f"at_{name}": value for name, value in times.items()}
        changed.append({"which": row.id, "is_event": event, **new})
    if changed:
        change = update(outbox).where(outbox.c.id == bindparam("which"))
        values: dict[str, Any] = {key: bindparam(f"at_{key}") for key in columns[2:]}
        connection.execute(
            change.values(event=bindparam("is_event", type_=outbox.c.event.type), **values), changed
        )
    return len(changed)
