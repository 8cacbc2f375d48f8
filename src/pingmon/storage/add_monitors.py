"""Monitors that somebody asks for: which of them are new, and what stands against the others."""

import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from pingmon.model.detector import DetectorState
from pingmon.model.errors import Conflict
from pingmon.model.monitor import Channel, Monitor
from pingmon.model.settings import NO_OPTIONS, DetectionSettings, Options
from pingmon.storage.channels import ensure_channel
from pingmon.storage.row_mapping import live_monitors, monitor_of, plain
from pingmon.storage.tables import monitors


@dataclass(frozen=True, slots=True)
class MonitorRequest:
    """A monitor that somebody asks for, validated."""

    address: str
    mon_type: str
    token: str
    bot_name: str
    chat_id: str
    thread_id: int | None
    plan: DetectionSettings
    name: str
    options: Options = NO_OPTIONS


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of a `MonitorRequest`: the monitor, whether it is new, what stands against it."""

    monitor: Monitor
    created: bool
    conflict: Conflict | None


def settings_conflict(
    monitor: Monitor, plan: DetectionSettings, name: str, options: Options
) -> Conflict | None:
    """What stands against adding this again, None if it is the same."""
    if (monitor.plan, monitor.name, monitor.options) == (plan, name, options):
        return None
    return Conflict(
        f"this is watched already, as {monitor.id}, with other settings; "
        "change them with edit-mon, or give the same settings",
    )


def add_all(connection: Connection, wanted: Sequence[MonitorRequest]) -> Iterable[AddResult]:
    """Part of a transaction, which the caller undoes when one of them is in conflict."""
    channel_of: dict[tuple[str, str, int | None], Channel] = {}
    for one in wanted:
        key = (one.token, one.chat_id, one.thread_id)
        if key not in channel_of:
            channel_of[key] = ensure_channel(connection, one.token, one.bot_name, *key[1:])
    same_address = monitors.c.address.in_({one.address for one in wanted})
    known = {
        (row.address, row.mon_type, row.channel_id): monitor_of(row)
        for row in connection.execute(live_monitors().where(same_address))
    }
    rows = []
    for one in wanted:
        channel = channel_of[one.token, one.chat_id, one.thread_id]
        existing = known.get((one.address, one.mon_type, channel.id))
        if existing:
            yield AddResult(existing, False, settings_conflict(existing, one.plan, one.name, one.options))
            continue
        number = str(uuid.uuid4())
        monitor = Monitor(number, one.address, one.mon_type, channel, one.plan, one.name, one.options)
        known[one.address, one.mon_type, channel.id] = monitor
        now = time.time()
        rows.append(
            {
                "id": monitor.id,
                "address": one.address,
                "mon_type": one.mon_type,
                "channel_id": channel.id,
                "name": one.name,
                "settings": plain(one.plan),
                "options": plain(one.options),
                "detector": DetectorState(since=now).to_json(),
                "created_at": now,
                "deleted": False,
            }
        )
        yield AddResult(monitor, True, None)
    if rows:
        connection.execute(insert(monitors), rows)
