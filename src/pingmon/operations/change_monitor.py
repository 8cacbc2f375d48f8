"""A live monitor is edited or deleted."""

import logging
from collections.abc import Mapping
from typing import Any

from pingmon.operations.context import Context
from pingmon.operations.monitor_request import edited_monitor

log = logging.getLogger(__name__)


def edit_monitor(
    context: Context, actor: str, monitor_id: str, changes: Mapping[str, Any]
) -> tuple[str, bool]:
    """Other settings; what is known of the device stays. The full ID, and whether anything changed."""
    pool = context.worker_pool
    old, new = pool.edit(monitor_id, lambda monitor: edited_monitor(pool, monitor, changes))
    if new != old:
        log.info("%s edited %s", actor, old.id)
    return old.id, new != old


def delete_monitor(context: Context, actor: str, monitor_id: str) -> tuple[str, bool]:
    """The full ID, and whether it was alive until now. Raises NotFound, InvalidValue."""
    found, deleted = context.worker_pool.delete(monitor_id)
    if deleted:
        log.info("%s deleted %s", actor, found)
    return found, deleted
