"""Rows become monitors, and monitors rows."""

from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import select

from pingmon.model.monitor import Channel, Monitor, MonitorRequest, ProbeOptions, probe_options_from
from pingmon.model.settings import DetectionSettings, Options, interned
from pingmon.storage.tables import bots, channels, monitors

PROBE = "probe"  # the key in the column `options` for settings of the probe kind


def live_monitors() -> Any:
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
        .where(monitors.c.deleted.is_(False))
    )


def monitor_of(row: Any, known: dict[int, Channel] | None = None) -> Monitor:
    """known: channels that were read already; thousands of monitors share a few."""
    channel = known.get(row.channel_id) if known is not None else None
    if channel is None:
        channel = Channel(
            row.channel_id, row.channel_kind, row.bot_id, row.bot, row.chat_id, row.thread_id or None
        )
        if known is not None:
            known[row.channel_id] = channel
    detection, plain_options = interned(DetectionSettings, row.settings), row.options
    probe_options = probe_options_of(plain_options)
    if probe_options:
        plain_options = {name: value for name, value in plain_options.items() if name != PROBE}
    options = interned(Options, plain_options)
    return Monitor(
        row.id,
        row.address,
        row.mon_type,
        channel,
        detection,
        row.name,
        options,
        probe_options,
        tuple(row.tags) if row.tags else (),
        None if row.own is None else tuple(sorted(row.own.items())),
    )


def probe_options_of(options: dict[str, Any]) -> ProbeOptions:
    """options: the column."""
    found = options.get(PROBE)
    return probe_options_from(found) if found else ()


def tag_columns(item: Monitor | MonitorRequest) -> dict[str, Any]:
    """Its tags, and what was given for it."""
    return {"tags": list(item.tags), "own": None if item.own is None else dict(item.own)}


def options_column(options: Options, probe_options: ProbeOptions) -> dict[str, Any]:
    """Options; and settings of the probe kind, if there are any, under a key of their own."""
    return plain(options) | ({PROBE: dict(probe_options)} if probe_options else {})


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def plain(item: Any) -> dict[str, Any]:
    """A flat dataclass as a dict. dataclasses.asdict takes ten times as long, for deep ones."""
    return {name: getattr(item, name) for name in _names(item.__class__)}
