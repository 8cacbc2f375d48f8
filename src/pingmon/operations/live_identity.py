"""Is what somebody asks for watched already? One look at all monitors answers it for thousands."""

from collections.abc import Iterable, Sequence
from typing import Any

from pingmon.model.errors import Conflict
from pingmon.model.monitor import Monitor, MonitorRequest
from pingmon.operations.context import Context


class LiveIdentities:
    """The monitors as they are now, by what makes each of them this one and no other."""

    def __init__(self, context: Context) -> None:
        """Raises StorageUnavailable."""
        pool = context.worker_pool
        accounts = context.store.channels.accounts()
        self._accounts = {(one.kind, one.secret): one.id for one in accounts}
        found = pool.monitors.all()
        if pool.unwatched:  # stored, but not among them
            found = [monitor for monitor, _ in context.store.load()]
            found = [pool.monitors.get(one.id) or one for one in found]
        self._known = {_key(one): one for one in found}

    def all(self) -> list[Monitor]:
        return list(self._known.values())

    def find(self, request: MonitorRequest) -> Monitor | None:
        channel = request.channel
        account = self._accounts.get((channel.kind, channel.secret))
        target = (request.address, request.mon_type, request.probe_options)
        return self._known.get((*target, account, channel.address, channel.topic or None))


def refuse_twins(monitors: Iterable[Monitor], edited: Sequence[tuple[Monitor, Monitor]]) -> None:
    """edited: before and after. Raises Conflict when one of these becomes what another one is."""
    after = {old.id: new for old, new in edited if _key(old) != _key(new)}
    if not after:
        return
    known = dict[tuple[Any, ...], Monitor]()
    for one in (after.get(one.id, one) for one in monitors):
        twin = known.setdefault(_key(one), one)
        if twin is not one:
            words = f"{one.label} would tell chat {one.channel} twice: {twin.id} and {one.id}"
            raise Conflict(f"{words}; delete one of them first", "chat_id")


def _key(monitor: Monitor) -> tuple[Any, ...]:
    channel = monitor.channel
    target = (monitor.address, monitor.mon_type, monitor.probe_options)
    return (*target, channel.account_id, channel.address, channel.topic or None)
