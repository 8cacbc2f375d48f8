"""Deletes live monitors: one by its name, or all that somebody selected in one transaction."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pingmon.model.errors import Conflict, PingmonError
from pingmon.model.monitor import Monitor
from pingmon.operations.context import Context
from pingmon.operations.journal import deleted_entry
from pingmon.storage.change_monitors import MonitorChanges

log = logging.getLogger(__name__)

LOGGED_SINGLY = 20


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a deletion did. monitors: that were there until now.

    children: how many other monitors were behind them. dropped: messages that went with them, because
    nothing reaches their channel.
    """

    monitors: Sequence[Monitor] = ()
    children: int = 0
    dropped: int = 0


def delete_monitor(context: Context, actor: str, text: str) -> tuple[str, Deletion]:
    """Its full ID; it may have been deleted before. Raises NotFound, InvalidValue."""
    pool = context.worker_pool
    try:
        monitor = pool.find_monitor(text)
    except PingmonError:
        found, _ = pool.delete(text, actor)  # knows whether it was deleted before, or never was
        return found, Deletion()
    try:
        return monitor.id, delete_monitors(context, actor, [monitor])
    except Conflict:  # somebody else was quicker
        return monitor.id, Deletion()


def delete_monitors(
    context: Context, actor: str, monitors: Sequence[Monitor], dry_run: bool = False
) -> Deletion:
    """All of them in one transaction, or none. Raises PingmonError."""
    pool, gone = context.worker_pool, {one.id for one in monitors}
    behind = {child.id for one in monitors for child in pool.monitors.children_of(one.id)} - gone
    if dry_run or not monitors:
        return Deletion(monitors, len(behind))

    def check() -> None:
        if not all(one in pool.monitors for one in gone):
            raise Conflict("one of them was deleted meanwhile; run this again", "id")

    entries = [deleted_entry(actor, one) for one in monitors]
    changes = MonitorChanges(deleted=monitors, by=actor, entries=entries)
    pool.change(changes, check, context.sender_pool.start_sender)
    dropped = 0
    with suppress(PingmonError):  # they are deleted; the sender finds out itself
        dropped = context.store.waiting.drop_undeliverable(*gone)
    context.sender_pool.wake({its.account_id for one in monitors for its in one.channels})
    log_deletion(actor, monitors, len(behind), dropped)
    return Deletion(monitors, len(behind), dropped)


def log_deletion(actor: str, monitors: Sequence[Monitor], children: int, dropped: int = 0) -> None:
    for one in monitors[:LOGGED_SINGLY]:
        log.info("%s deleted %s [%s]", actor, one.label, one.id)
    if len(monitors) > LOGGED_SINGLY:
        log.info("%s deleted %d more", actor, len(monitors) - LOGGED_SINGLY)
    if children:
        log.info("monitors that were behind what was deleted: %d", children)
    if dropped:
        log.info("undeliverable messages dropped: %d", dropped)
