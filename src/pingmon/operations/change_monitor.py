"""Edits or deletes a live monitor."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pingmon.kinds.monitor_settings import NAME, SETTINGS
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import Monitor
from pingmon.model.settings import format_rate
from pingmon.operations.accounts import check_newer_secret, use_secret
from pingmon.operations.context import Context
from pingmon.operations.monitor_request import edited_monitor

log = logging.getLogger(__name__)
_UNITS = {one.name: " s" for one in SETTINGS if one.metavar == "S"}


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a deletion did. monitor: None when it was deleted before.

    children: how many monitors were behind it. dropped: messages that went with it, because nothing
    reaches their channel.
    """

    id: str
    monitor: Monitor | None = None
    children: int = 0
    dropped: int = 0


def edit_monitor(
    context: Context, actor: str, monitor_id: str, changes: Mapping[str, Any], unset: Iterable[str] = ()
) -> tuple[Monitor, Monitor, bool]:
    """Before, after, and whether its bot has another token. What is known of the device stays.

    changes: with `token`, all monitors of the bot use it. unset: settings that return to their defaults.
    """
    pool, names, changes = context.worker_pool, tuple(unset), dict(changes)
    token = changes.pop("token", None)
    if token is not None:
        monitor = pool.find_monitor(monitor_id)
        edited_monitor(pool, monitor, changes, names)  # what is wrong is said before anybody is asked
        token = check_newer_secret(context, monitor.channel, token)
    old, new = pool.edit(monitor_id, lambda monitor: edited_monitor(pool, monitor, changes, names))
    if new != old:
        log.info("%s changed %s: %s [%s]", actor, old.label, describe_changes(context, old, new), old.id)
    renewed = token is not None and use_secret(context, old.channel.kind, token)
    return old, new, renewed


def delete_monitor(context: Context, actor: str, text: str) -> Deletion:
    """Raises NotFound, InvalidValue."""
    pool = context.worker_pool
    try:
        monitor: Monitor | None = pool.find_monitor(text)
    except PingmonError:
        monitor = None  # `delete` knows whether it was deleted before, or never was
    children = pool.monitors.children_of(monitor.id) if monitor else []
    found, deleted = pool.delete(monitor.id if monitor else text)
    if not deleted or monitor is None:
        return Deletion(found)
    dropped = context.store.waiting.drop_undeliverable(found)
    behind = f"; monitors behind it: {len(children)}" if children else ""
    lost = f"; undeliverable messages dropped: {dropped}" if dropped else ""
    log.info("%s deleted %s%s%s [%s]", actor, monitor.label, behind, lost, found)
    return Deletion(found, monitor, len(children), dropped)


def describe_changes(context: Context, old: Monitor, new: Monitor) -> str:
    """ "interval 10 s → 5 s, name none → printer, parent none → router"."""
    before, after = _values(old), _values(new)
    for values in (before, after):
        parent = context.worker_pool.monitors.get(str(values.get("parent")))
        values["parent"] = parent.label if parent else values.get("parent")
    return ", ".join(
        f"{name} {_shown(name, before.get(name))} → {_shown(name, after.get(name))}"
        for name in before | after
        if before.get(name) != after.get(name)
    )


def _values(monitor: Monitor) -> dict[str, Any]:
    sources = (monitor, monitor.detection, monitor.options)
    found = dict(monitor.probe_options)
    for setting in (NAME, *SETTINGS):
        source = next((one for one in sources if hasattr(one, setting.name)), None)
        found[setting.name] = getattr(source, setting.name, None)
    return found


def _shown(name: str, value: Any) -> str:
    if value in (None, ""):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "false_alarms":
        return format_rate(value)
    return f"{value:g}{_UNITS.get(name, '')}" if isinstance(value, int | float) else str(value)
