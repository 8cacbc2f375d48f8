"""Which monitors tell a channel, be it their first one, one of a group, or a step of an escalation."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from pingmon.storage.tables import alarms, monitors


def live_monitors_of(connection: Connection, channel_id: int) -> set[str]:
    """IDs of the live monitors that tell it."""
    alive = monitors.c.deleted.is_(False)
    found = _by_first_channel(connection, channel_id, alive)
    rows = connection.execute(_alarms_of(channel_id).where(alive))
    return found | {row.monitor_id for row in rows if not row.alarm.get("closed")}


def all_monitors_of(connection: Connection, channel_id: int) -> set[str]:
    """IDs of all that tell or told it, deleted ones, too."""
    rows = connection.execute(_alarms_of(channel_id))
    return _by_first_channel(connection, channel_id) | {row.monitor_id for row in rows}


def _by_first_channel(connection: Connection, channel_id: int, *which: Any) -> set[str]:
    """Those that have no alarm yet are among them."""
    query = select(monitors.c.id).where(monitors.c.channel_id == channel_id, *which)
    return set(connection.execute(query).scalars())


def _alarms_of(channel_id: int) -> Any:
    query = select(alarms.c.monitor_id, alarms.c.alarm)
    query = query.join(monitors, monitors.c.id == alarms.c.monitor_id)
    return query.where(alarms.c.channel_id == channel_id)
