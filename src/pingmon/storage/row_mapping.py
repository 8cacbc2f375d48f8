"""Rows become monitors, and monitors rows."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from pingmon.model.detection_settings import NO_OPTIONS, DetectionSettings, Options, interned
from pingmon.model.host_name import FAMILIES, is_address
from pingmon.model.monitor import Channel, Monitor, MonitorRequest, ProbeOptions, probe_options_from
from pingmon.storage.tables import bots, channels, monitors

_FIRST = ("parent", "tell_slow", "tell_unseen", "language", "quiet")  # options that are always there
OTHERS = "others"  # likewise for channels that are told besides: their numbers
GROUPED = "grouped"  # likewise for those of its group
SHARED = "shared"  # likewise: the first channel was not given for it
PROBE = "probe"  # the key in the column `options` for settings of the probe kind
_KEYS = (PROBE, OTHERS, GROUPED, SHARED)


def stored_monitors() -> Any:
    """Also those that were deleted."""
    return (
        select(
            monitors,
            channels.c.bot_id,
            channels.c.chat_id,
            channels.c.thread_id,
            bots.c.name.label("bot"),
            bots.c.kind.label("channel_kind"),
        )
        .join(channels, channels.c.id == monitors.c.channel_id)
        .join(bots, bots.c.id == channels.c.bot_id)
    )


def live_monitors() -> Any:
    return stored_monitors().where(monitors.c.deleted.is_(False))


def monitor_of(row: Any, known: dict[int, Channel] | None = None) -> Monitor:
    """known: all channels; thousands of monitors share a few."""
    channel = known.get(row.channel_id) if known is not None else None
    if channel is None:
        channel = Channel(
            row.channel_id, row.channel_kind, row.bot_id, row.bot, row.chat_id, row.thread_id or None
        )
        if known is not None:
            known[row.channel_id] = channel
    detection, stored = interned(DetectionSettings, row.settings), row.options
    plain_options = stored
    if not stored.keys().isdisjoint(_KEYS):
        plain_options = {name: value for name, value in stored.items() if name not in _KEYS}
    if tags := plain_options.get("tags"):
        plain_options = plain_options | {"tags": tuple(tags)}
    options = interned(Options, plain_options)
    return Monitor(
        row.id,
        row.address,
        row.mon_type,
        channel,
        detection,
        row.name,
        options,
        probe_options_of(stored),
        _some(known, stored.get(OTHERS)),
        None if row.own is None else tuple(sorted(row.own.items())),
        _some(known, stored.get(GROUPED)),
        not stored.get(SHARED),
        row.host,
        row.family or FAMILIES[0],
    )


def _some(known: dict[int, Channel] | None, numbers: Sequence[int] | None) -> tuple[Channel, ...]:
    return tuple(known[one] for one in numbers if one in known) if numbers and known else ()


def probe_options_of(options: dict[str, Any]) -> ProbeOptions:
    """options: the column."""
    found = options.get(PROBE)
    return probe_options_from(found) if found else ()


def live_equal(connection: Connection, monitor: Monitor) -> str | None:
    """The ID of another live monitor of the same target and first channel."""
    alike = select(monitors.c.id, monitors.c.options).where(
        of_targets([monitor.target]),
        monitors.c.family == family_column(monitor),
        monitors.c.mon_type == monitor.mon_type,
        monitors.c.channel_id == monitor.channel.id,
        monitors.c.deleted.is_(False),
        monitors.c.id != monitor.id,
    )
    rows = connection.execute(alike).all()
    return next((one.id for one in rows if probe_options_of(one.options) == monitor.probe_options), None)


def of_targets(targets: Iterable[str]) -> Any:
    """Monitors of these names and addresses."""
    wanted = list(dict.fromkeys(targets))
    names = [one for one in wanted if not is_address(one)]
    by_address = monitors.c.address.in_(wanted) & (monitors.c.host == "")
    return by_address | monitors.c.host.in_(names) if names else by_address


def target_columns(item: Monitor | MonitorRequest) -> dict[str, Any]:
    """What is watched."""
    return {"address": item.address, "host": item.host, "family": family_column(item)}


def family_column(item: Monitor | MonitorRequest) -> str:
    return "" if item.family == FAMILIES[0] else item.family


def own_column(item: Monitor | MonitorRequest) -> dict[str, Any] | None:
    """What was given for it."""
    return None if item.own is None else dict(item.own)


def all_channels(connection: Connection) -> dict[int, Channel]:
    """By number."""
    query = select(channels, bots.c.name.label("bot"), bots.c.kind.label("kind"))
    rows = connection.execute(query.join(bots, bots.c.id == channels.c.bot_id))
    return {
        row.id: Channel(row.id, row.kind, row.bot_id, row.bot, row.chat_id, row.thread_id or None)
        for row in rows
    }


def options_column(
    options: Options,
    probe_options: ProbeOptions,
    others: Sequence[Channel] = (),
    grouped: Sequence[Channel] = (),
    is_channel_own: bool = True,
) -> dict[str, Any]:
    """Options; settings of the probe kind and what is to be known of channels under keys of their own."""
    found = {
        name: value
        for name, value in plain(options).items()
        if name in _FIRST or value != getattr(NO_OPTIONS, name)
    }
    found |= {PROBE: dict(probe_options)} if probe_options else {}
    found |= {OTHERS: [one.id for one in others]} if others else {}
    found |= {GROUPED: [one.id for one in grouped]} if grouped else {}
    return found | ({} if is_channel_own else {SHARED: True})


def options_of(monitor: Monitor) -> dict[str, Any]:
    """The column `options` of a monitor."""
    return options_column(
        monitor.options,
        monitor.probe_options,
        monitor.others,
        monitor.grouped,
        monitor.is_channel_own,
    )


def setting_columns(monitor: Monitor) -> dict[str, Any]:
    """The columns that an edit may change."""
    return {
        "name": monitor.name,
        "channel_id": monitor.channel.id,
        "settings": plain(monitor.detection),
        "options": options_of(monitor),
        "own": own_column(monitor),
    }


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def plain(item: Any) -> dict[str, Any]:
    """A flat dataclass as a dict. dataclasses.asdict takes ten times as long, for deep ones."""
    return {name: getattr(item, name) for name in _names(item.__class__)}
