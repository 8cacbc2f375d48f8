"""The wall clock was set while messages wait, or while pingmond did not run: times move along."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection

from pingmon.model.clock_jumps import ClockSet
from pingmon.storage import tables
from pingmon.storage.tables import channels, outbox

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


def boot() -> str:
    """Which boot of the machine this is (random(4)); empty if that can't be known."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def remembered(connection: Connection) -> float | None:
    """What the wall clock was ahead when that was last remembered in this boot."""
    query = select(tables.clock.c.ahead).where(tables.clock.c.boot == boot())
    found = connection.execute(query).scalar()
    return None if found is None else float(found)


def remember(connection: Connection, ahead: float) -> None:
    """Part of the transaction that restates what is stored: a restart must not do so again."""
    if which := boot():
        connection.execute(delete(tables.clock))
        connection.execute(insert(tables.clock).values(boot=which, ahead=ahead))


def restate_floods(connection: Connection, clock: ClockSet) -> None:
    """Until when addresses are left alone: as long as was said, from the moment when it was said."""
    query = select(channels.c.id, channels.c.flood_until, channels.c.flood_seconds)
    for row in connection.execute(query.where(channels.c.flood_until > 0)).all():
        said = row.flood_until - row.flood_seconds
        if (moved := clock.restated(said)) != said:
            values = {"flood_until": moved + row.flood_seconds}
            connection.execute(update(channels).where(channels.c.id == row.id).values(**values))


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
