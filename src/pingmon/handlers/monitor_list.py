"""list_mon."""

import time
from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple

from pingmon.api.method import Caller, method
from pingmon.api.protocol import PAGE_MAX
from pingmon.handlers.selectors import SELECTORS
from pingmon.handlers.serializers import NO_CHANNEL, described, listed
from pingmon.handlers.shared_schemas import (
    MONITOR,
    or_null,
    result,
)
from pingmon.kinds.declaration import TEXT
from pingmon.model.alarm_state import Alarm
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import Channel, Monitor
from pingmon.operations.accounts import AccountName, account_names
from pingmon.operations.context import Context
from pingmon.operations.holds import shown_holds
from pingmon.operations.selection import select_monitors


@method(
    "The monitors, page by page.",
    {
        "after": or_null(TEXT) | {"description": "cursor: `next` of the last page"},
        "limit": {"type": "integer", "minimum": 1, "maximum": PAGE_MAX},
        **SELECTORS,
    },
    result(monitors={"type": "array", "items": MONITOR}, next=or_null(TEXT)),
)
def list_mon(
    context: Context,
    caller: Caller,
    *,
    after: str | None = None,
    limit: int = PAGE_MAX,
    **which: Any,
) -> dict[str, Any]:
    ids, wanted = context.worker_pool.monitors.ids(), None
    if any(value not in (None, False, []) for value in which.values()):
        wanted = {one.id for one in select_monitors(context, which).monitors}
    try:
        start = ids.index(after) + 1 if after is not None else 0
    except ValueError:
        words = "the list changed at its cursor; start again without `after`"
        raise InvalidValue(words, "after") from None
    left = (one for one in islice(ids, start, None) if wanted is None or one in wanted)
    page = list(islice(left, limit + 1))
    more, page = len(page) > limit, page[:limit]
    names, held = account_names(context), context.store.alarms.of_all(page)
    look = Look(context, context.store.outbox.deliveries(), names, held, time.time())
    rows = [row for one in page if (row := look.row(one))]
    return {"monitors": rows, "next": page[-1] if more else None}


class Look(NamedTuple):
    """What rows of list_mon are made of at a moment. deliveries: by channel. names: by account."""

    context: Context
    deliveries: Mapping[int, str]
    names: Mapping[int, AccountName]
    held: Mapping[str, Mapping[int, Alarm]]
    now: float

    def row(self, monitor_id: str) -> dict[str, Any] | None:
        """None when the monitor was deleted meanwhile."""
        context = self.context
        monitor = context.worker_pool.monitors.get(monitor_id)
        worker = context.worker_pool.worker_of(monitor.watched_at) if monitor else None
        group = worker.group_of(monitor) if worker and monitor else None
        state = group.states.get(monitor_id) if group else None
        if monitor is None or group is None or state is None:
            return None
        channel = described(context, monitor.channel)
        if "bot" in channel and (name := self.names.get(monitor.channel.account_id)):
            channel |= {"bot_id": name.number, "bot_declared": name.declared}
        alarms = self.held.get(monitor_id, {})
        holds = {
            one.id: shown_holds(context, monitor, alarms, self.now, one.id) for one in monitor.channels
        }
        first = monitor.channel.id
        channels = [
            {
                "kind": one.kind,
                **NO_CHANNEL,
                **described(context, one),
                "delivery": self.deliveries.get(one.id, "ok"),
                "held": holds[one.id][0] if holds[one.id] else None,
                "group": _group_of(monitor, one),
            }
            for one in monitor.channels
        ]
        delivery = self.deliveries.get(first, "ok")
        resolver = context.resolver_words(monitor)
        return listed(monitor, channel, group, state, delivery, holds[first], channels, resolver)


def _group_of(monitor: Monitor, channel: Channel) -> str | None:
    """The group that gives a channel, if it was not given otherwise."""
    is_own = channel in monitor.others or (channel == monitor.channel and monitor.is_channel_own)
    is_grouped = any(one.id == channel.id for one in monitor.grouped)
    return monitor.options.group if is_grouped and not is_own else None
