"""Monitors that somebody asks for: which of them are new, and what stands against the others."""

import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from pingmon.model.detection_settings import DetectionSettings, Options
from pingmon.model.detector_state import DetectorState
from pingmon.model.errors import Conflict
from pingmon.model.monitor import Channel, ChannelRequest, Monitor, MonitorRequest
from pingmon.storage.channels import ensure_channel
from pingmon.storage.row_mapping import (
    all_channels,
    live_monitors,
    monitor_of,
    of_targets,
    setting_columns,
    target_columns,
)
from pingmon.storage.tables import monitors


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of a `MonitorRequest`: the monitor, whether it is new, what stands against it."""

    monitor: Monitor
    created: bool
    conflict: Conflict | None


def settings_conflict(
    monitor: Monitor,
    detection: DetectionSettings,
    name: str,
    options: Options,
    others: Sequence[ChannelRequest] | None = None,
) -> Conflict | None:
    """What stands against adding this again, None if it is the same.

    others: channels besides its first; None: these are not looked at.
    """
    wanted = monitor.others if others is None else others
    same_others = {(one.kind, one.address) for one in monitor.others} == {
        (one.kind, one.address) for one in wanted
    }
    if same_others and (monitor.detection, monitor.name, monitor.options) == (detection, name, options):
        return None
    return Conflict(
        f"this is watched already, as {monitor.id}, with other settings; "
        "change them with edit-mon, or give the same settings",
    )


def new_row(monitor: Monitor, now: float) -> dict[str, Any]:
    """Of the table `monitors`, for one that is added at `now`, epoch seconds."""
    return {
        "id": monitor.id,
        **target_columns(monitor),
        "mon_type": monitor.mon_type,
        **setting_columns(monitor),
        "detector": DetectorState(since=now).to_json(),
        "created_at": now,
        "deleted": False,
    }


def monitor_from(asked: MonitorRequest, channel: Channel, others: Sequence[Channel] = ()) -> Monitor:
    """The monitor that was asked for, under the ID that was chosen for it, or a fresh one."""
    return Monitor(
        asked.id or str(uuid.uuid4()),
        asked.address,
        asked.mon_type,
        channel,
        asked.detection,
        asked.name,
        asked.options,
        asked.probe_options,
        tuple(others),
        asked.own,
        asked.grouped,
        asked.is_channel_own,
        asked.host,
        asked.family,
    )


def add_all(connection: Connection, wanted: Sequence[MonitorRequest]) -> Iterable[AddResult]:
    """Part of a transaction, which the caller undoes when one of them is in conflict."""
    channel_of: dict[ChannelRequest, Channel] = {}
    for asked in (channel for one in wanted for channel in (one.channel, *one.others)):
        if asked not in channel_of:
            channel_of[asked] = ensure_channel(connection, asked)
    channels = all_channels(connection)
    same_targets = of_targets(one.target for one in wanted)
    found = (monitor_of(row, channels) for row in connection.execute(live_monitors().where(same_targets)))
    known = {(one.what, one.channel.id): one for one in found}
    rows = []
    for one in wanted:
        channel = channel_of[one.channel]
        key = one.what, channel.id
        existing = known.get(key)
        if existing:
            yield AddResult(
                existing,
                False,
                settings_conflict(existing, one.detection, one.name, one.options, one.others),
            )
            continue
        monitor = monitor_from(one, channel, [channel_of[other] for other in one.others])
        known[key] = monitor
        rows.append(new_row(monitor, time.time()))
        yield AddResult(monitor, True, None)
    if rows:
        connection.execute(insert(monitors), rows)
