"""What the configuration gives to monitors comes into force: settings of tags, groups, escalations."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from pingmon.kinds import defaults_of
from pingmon.model.errors import Conflict, InvalidValue, PingmonError
from pingmon.model.monitor import Monitor
from pingmon.model.tag_settings import ByTag, in_force
from pingmon.operations.configuration_state import Configured
from pingmon.operations.context import Context
from pingmon.operations.journal import edited_entry
from pingmon.operations.live_identity import refuse_twins
from pingmon.operations.monitor_channels import with_channels
from pingmon.operations.monitor_request import check_options
from pingmon.storage.change_monitors import MonitorChanges

log = logging.getLogger(__name__)

BY = "the configuration"  # who changed them, for the journal


def with_tag_settings(context: Context, monitor: Monitor, by_tag: ByTag) -> Monitor:
    """As it is with these settings of tags. Raises Conflict, InvalidValue, which name the monitor."""
    options = monitor.options
    if not (options.tags or options.group or options.escalation):
        return monitor
    try:
        parent, usual = options.parent, defaults_of(monitor.mon_type)
        found = in_force(monitor.given, options.tags, by_tag, parent, monitor.is_channel_own, usual)
        check_options(context.worker_pool, found.options)
        told = with_channels(context.worker_pool, monitor, found)
    except Conflict as error:
        raise Conflict(f"{monitor.label}: {error}", error.field) from None
    except InvalidValue as error:
        raise InvalidValue(f"{monitor.label}: {error}", error.field) from None
    if told is monitor and (found.detection, found.options) == (monitor.detection, options):
        return monitor
    # What was given is kept from now on: what is in force does not tell it any more.
    return replace(told, detection=found.detection, options=found.options, own=monitor.given)


def use_configured(context: Context, configured: Configured) -> int:
    """After a reload; how many monitors changed. Raises PingmonError; then nothing is changed."""
    pool, before = context.worker_pool, context.configuration.configured
    changes = MonitorChanges(by=BY)

    def find() -> None:  # while nobody else changes anything
        put_in_force(context, configured)
        _fill(changes, _changed(context, pool.monitors.all(), configured.tags))
        refuse_twins(pool.monitors.all(), changes.edited)

    try:
        pool.change(changes, find, context.sender_pool.start_sender)
    except BaseException:
        put_in_force(context, before)
        raise
    if changes.edited:
        log.info("%s changed %d monitors by their tags", BY, len(changes.edited))
        context.sender_pool.wake(None)
    return len(changes.edited)


def put_in_force(context: Context, configured: Configured) -> None:
    """For what is asked from now on; live monitors stay as they are."""
    context.configuration.configured = configured
    context.worker_pool.escalations = configured.escalations
    context.worker_pool.groups = configured.groups
    if audiences := configured.audiences:
        store = context.store
        store.audience = audiences.of
        store.chat_rules = lambda channel: audiences.rules_of_chat(store.channels.address_of(channel))


def use_at_start(context: Context, configured: Configured) -> None:
    """Before anything is watched. A monitor whose tags differ keeps what was in force, which is told."""
    put_in_force(context, configured)
    edited, refused = list[tuple[Monitor, Monitor]](), list[str]()
    stored = [one for one, _ in context.store.load()]
    for old in stored:
        try:
            new = with_tag_settings(context, old, configured.tags)
        except PingmonError as error:
            refused.append(str(error))
            continue
        if new is not old:
            edited.append((old, new))
    try:
        refuse_twins(stored, edited)
    except Conflict as error:  # a chat that tags give: all keep what they had
        edited, refused = [], [*refused, str(error)]
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
    usual = defaults_of(monitor.mon_type)
    try:
        found = in_force(monitor.given, tags, by_tag, None, monitor.is_channel_own, usual)
    except PingmonError:  # what was in force is kept, wherever it came from
        found = in_force(monitor.given, (), {}, defaults=usual)
    return {name: one.source for name, one in found.settings.items()}


def _changed(
    context: Context, monitors: Iterable[Monitor], by_tag: ByTag
) -> list[tuple[Monitor, Monitor]]:
    pairs = ((old, with_tag_settings(context, old, by_tag)) for old in monitors)
    return [(old, new) for old, new in pairs if new is not old]


def _fill(changes: MonitorChanges, edited: list[tuple[Monitor, Monitor]]) -> None:
    changes.edited, changes.entries = edited, [edited_entry(BY, old, new) for old, new in edited]
