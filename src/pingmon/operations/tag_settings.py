"""Settings that tags give, as the configuration has them now, come into force for live monitors."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from pingmon.model.errors import Conflict, InvalidValue, PingmonError
from pingmon.model.monitor import Monitor
from pingmon.model.tag_settings import ByTag, in_force
from pingmon.operations.context import Context
from pingmon.operations.journal import edited_entry
from pingmon.operations.monitor_request import check_options
from pingmon.storage.change_monitors import MonitorChanges

log = logging.getLogger(__name__)

BY = "the configuration"  # who changed them, for the journal


def with_tag_settings(context: Context, monitor: Monitor, by_tag: ByTag) -> Monitor:
    """As it is with these settings of tags. Raises Conflict, InvalidValue, which name it."""
    if not monitor.options.tags:
        return monitor
    try:
        found = in_force(monitor.given, monitor.options.tags, by_tag, monitor.options.parent)
        check_options(context.worker_pool, found.options)
    except Conflict as error:
        raise Conflict(f"{monitor.label}: {error}", error.field) from None
    except InvalidValue as error:
        raise InvalidValue(f"{monitor.label}: {error}", error.field) from None
    if (found.detection, found.options) == (monitor.detection, monitor.options):
        return monitor
    # What was given is kept from now on: what is in force does not tell it any more.
    return replace(monitor, detection=found.detection, options=found.options, own=monitor.given)


def use_tags(context: Context, by_tag: ByTag) -> int:
    """After a reload; how many monitors changed. Raises PingmonError; then nothing is changed."""
    pool, before = context.worker_pool, context.configuration.tags
    changes = MonitorChanges(by=BY)

    def find() -> None:
        _fill(changes, _changed(context, pool.monitors.all(), by_tag))
        context.configuration.tags = by_tag  # while nobody else changes anything

    try:
        pool.change(changes, find, context.sender_pool.start_sender)
    except BaseException:
        context.configuration.tags = before
        raise
    if changes.edited:
        log.info("%s changed %d monitors by their tags", BY, len(changes.edited))
        context.sender_pool.wake(None)
    return len(changes.edited)


def use_tags_at_start(context: Context, by_tag: ByTag) -> None:
    """Before anything is watched. A monitor whose tags differ keeps what was in force, which is told."""
    context.configuration.tags = by_tag
    edited, refused = list[tuple[Monitor, Monitor]](), list[str]()
    for old, _ in context.store.load():
        try:
            new = with_tag_settings(context, old, by_tag)
        except PingmonError as error:
            refused.append(str(error))
            continue
        if new is not old:
            edited.append((old, new))
    for words in refused:
        log.error("%s; it keeps the settings that it had", words)
    if refused:
        more = f"; and {len(refused) - 1} more" if len(refused) > 1 else ""
        context.configuration.refused = refused[0] + more
    if edited:
        changes = MonitorChanges(by=BY)
        _fill(changes, edited)
        context.store.change(changes)


def setting_sources(context: Context, monitor: Monitor) -> dict[str, str]:
    """Setting → `given`, `tag site=berlin` or `default`."""
    tags, by_tag = monitor.options.tags, context.configuration.tags
    try:
        settings = in_force(monitor.given, tags, by_tag).settings
    except PingmonError:  # what was in force is kept, wherever it came from
        settings = in_force(monitor.given, (), {}).settings
    return {name: one.source for name, one in settings.items()}


def _changed(
    context: Context, monitors: Iterable[Monitor], by_tag: ByTag
) -> list[tuple[Monitor, Monitor]]:
    pairs = ((old, with_tag_settings(context, old, by_tag)) for old in monitors)
    return [(old, new) for old, new in pairs if new is not old]


def _fill(changes: MonitorChanges, edited: list[tuple[Monitor, Monitor]]) -> None:
    changes.edited, changes.entries = edited, [edited_entry(BY, old, new) for old, new in edited]
