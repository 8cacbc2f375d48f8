"""A monitor is deleted so that it can be brought back for a while, as if it had not been."""

import logging
import time
from contextlib import suppress
from dataclasses import dataclass

from pingmon.model.detector_state import DetectorState
from pingmon.model.errors import Conflict, PingmonError
from pingmon.model.monitor import Monitor
from pingmon.operations.context import Context
from pingmon.operations.delete_monitors import log_deletion
from pingmon.operations.holds import paused_monitors
from pingmon.storage.answers import new_key
from pingmon.storage.deletion import Undo

log = logging.getLogger(__name__)

UNDO_LASTS = 300.0  # s


@dataclass(frozen=True, slots=True)
class UndoableDeletion:
    """monitor: as it was. children: how many monitors were behind it. key: of `undo_deletion`."""

    monitor: Monitor
    children: int
    key: str


def delete_undoably(context: Context, actor: str, monitor: Monitor) -> UndoableDeletion:
    """Messages of it that wait stay until it can't be undone. Raises Conflict when it is gone already."""
    pool, key = context.worker_pool, new_key()
    children = pool.monitors.children_of(monitor.id)

    def undo(state: DetectorState) -> Undo:
        return Undo(key, time.time() + UNDO_LASTS, state)

    _, deleted = pool.delete(monitor.id, actor, undo)
    if not deleted:
        raise Conflict(f"{monitor.label} was deleted before")
    context.sender_pool.wake({monitor.channel.account_id})
    log_deletion(actor, [monitor], len(children))
    return UndoableDeletion(monitor, len(children), key)


def undo_deletion(context: Context, actor: str, key: str) -> Monitor:
    """It has the same ID, and people know of it what they knew. Raises Conflict, LimitReached."""
    found = context.store.find_undo(key, time.time())
    if found is None:
        raise Conflict("that can't be undone any more")
    monitor = context.worker_pool.bring_back(found, key, actor)
    if words := paused_monitors(context).get(monitor.id):
        context.worker_pool.pause(monitor, words)
    else:
        context.worker_pool.unpause(monitor)
    log.info("%s brought %s back [%s]", actor, monitor.label, monitor.id)
    return monitor


def forget_expired_undos(context: Context, now: float) -> None:
    """What can't be brought back any more needs no messages that nobody can get. now: epoch seconds."""
    gone = context.store.forget_expired_undos(now)
    if gone:
        with suppress(PingmonError):  # the sender finds out itself
            context.store.waiting.drop_undeliverable(*gone)
