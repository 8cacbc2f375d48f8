"""Is what somebody asks for watched already? One look at all monitors answers it for thousands."""

from typing import Any

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


def _key(monitor: Monitor) -> tuple[Any, ...]:
    channel = monitor.channel
    target = (monitor.address, monitor.mon_type, monitor.probe_options)
    return (*target, channel.account_id, channel.address, channel.topic or None)
