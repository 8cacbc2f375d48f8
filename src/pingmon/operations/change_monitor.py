"""Edits or deletes a live monitor."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pingmon.engine.worker_pool import WorkerPool
from pingmon.model.errors import Conflict, InvalidValue, PingmonError
from pingmon.model.monitor import Channel, Monitor
from pingmon.operations.accounts import check_newer_secret, use_secret
from pingmon.operations.changes import describe_changes
from pingmon.operations.context import Context
from pingmon.operations.holds import rules_changed
from pingmon.operations.import_plan_parents import in_loops
from pingmon.operations.journal import edited_entry
from pingmon.operations.live_identity import refuse_twins
from pingmon.operations.monitor_request import edited_monitor
from pingmon.operations.other_channels import other_channels
from pingmon.storage.change_monitors import MonitorChanges
from pingmon.storage.journal import Entry

log = logging.getLogger(__name__)


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

    def edited(monitor: Monitor) -> Monitor:
        return edited_monitor(pool, monitor, changes, names, context.configuration.tags)

    token = changes.pop("token", None)
    if token is not None:
        monitor = pool.find_monitor(monitor_id)
        edited(monitor)  # what is wrong is said before anybody is asked
        token = check_newer_secret(context, monitor.channel, token)
    chats = {name: changes.pop(name, ()) for name in ("add_chat_id", "remove_chat_id")}
    others: tuple[Channel, ...] | None = None
    if any(chats.values()):
        others = other_channels(
            context, pool.find_monitor(monitor_id), chats["add_chat_id"], chats["remove_chat_id"]
        )

    def change(monitor: Monitor) -> Monitor:
        found = edited(monitor)
        return found if others is None else replace(found, others=others)

    old, new = pool.edit(monitor_id, change, partial(edited_entry, actor))
    if new != old:
        with suppress(PingmonError):  # the edit is done; the rules are looked at again later
            rules_changed(context, [new])
        log.info("%s changed %s: %s [%s]", actor, old.label, describe_changes(context, old, new), old.id)
    renewed = token is not None and use_secret(context, old.channel.kind, token)
    if renewed:
        context.store.journal.add(Entry(actor, "renew_token", old.channel.account))
    return old, new, renewed


def edit_monitors(
    context: Context,
    actor: str,
    monitors: Sequence[Monitor],
    changes: Mapping[str, Any],
    unset: Iterable[str] = (),
    dry_run: bool = False,
) -> list[tuple[Monitor, Monitor]]:
    """Before and after: all in one transaction, or none. Raises PingmonError."""
    pool, names = context.worker_pool, tuple(unset)
    if {"add_chat_id", "remove_chat_id"} & changes.keys():
        raise InvalidValue("channels are changed of one monitor: name that monitor alone", "id")
    if "token" in changes:
        raise InvalidValue("a token is given to one monitor's bot: name that monitor alone", "token")
    by_tag = context.configuration.tags
    found = [(old, edited_monitor(pool, old, changes, names, by_tag)) for old in monitors]
    edited = [(old, new) for old, new in found if new != old]
    if edited and not dry_run:
        entries = [edited_entry(actor, old, new) for old, new in edited]
        done = MonitorChanges(edited=edited, by=actor, entries=entries)

        def check() -> None:
            if any(pool.monitors.get(old.id) != old for old, _ in edited):
                raise Conflict("one of them was changed meanwhile; run this again", "id")
            _check_parents(pool, edited)
            refuse_twins(pool.monitors.all(), edited)

        pool.change(done, check, context.sender_pool.start_sender)
        context.sender_pool.wake(None)
        log.info("%s changed %d monitors", actor, len(edited))
    return found


def _check_parents(pool: WorkerPool, edited: Sequence[tuple[Monitor, Monitor]]) -> None:
    """What they were judged by may be otherwise since: two edits must not make a loop together."""
    above = {one.id: one.options.parent for one in pool.monitors.all()}
    given = {
        new.id: new.options.parent for old, new in edited if new.options.parent != old.options.parent
    }
    if any(parent and parent not in above for parent in given.values()):
        raise Conflict("was deleted meanwhile; run this again", "parent")
    if in_loops(above | given, given):
        raise Conflict("a monitor can't be its own parent, nor above it", "parent")


def delete_monitor(context: Context, actor: str, text: str) -> Deletion:
    """Raises NotFound, InvalidValue."""
    pool = context.worker_pool
    try:
        monitor: Monitor | None = pool.find_monitor(text)
    except PingmonError:
        monitor = None  # `delete` knows whether it was deleted before, or never was
    children = pool.monitors.children_of(monitor.id) if monitor else []
    found, deleted = pool.delete(monitor.id if monitor else text, actor)
    if not deleted or monitor is None:
        return Deletion(found)
    dropped = 0
    with suppress(PingmonError):  # it is deleted; the sender finds out itself
        dropped = context.store.waiting.drop_undeliverable(found)
    context.sender_pool.wake({monitor.channel.account_id})
    log_deletion(actor, monitor, len(children), dropped)
    return Deletion(found, monitor, len(children), dropped)


def log_deletion(actor: str, monitor: Monitor, children: int, dropped: int = 0) -> None:
    behind = f"; monitors behind it: {children}" if children else ""
    lost = f"; undeliverable messages dropped: {dropped}" if dropped else ""
    log.info("%s deleted %s%s%s [%s]", actor, monitor.label, behind, lost, monitor.id)
