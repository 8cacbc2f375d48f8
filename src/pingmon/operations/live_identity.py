"""Is what somebody asks for watched already? One look at all monitors answers it for thousands."""

from collections.abc import Hashable, Sequence

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
        self._known = {identity_of(one): one for one in found}

    def all(self) -> list[Monitor]:
        return list(self._known.values())

    def find(self, request: MonitorRequest) -> Monitor | None:
        channel = request.channel
        account = self._accounts.get((channel.kind, channel.secret))
        target = (request.address, request.mon_type, request.probe_options)
        return self._known.get((*target, account, channel.address, channel.topic or None))


def refuse_equals(context: Context, edited: Sequence[tuple[Monitor, Monitor]]) -> None:
    """Raises Conflict when an edit would make a monitor another one's equal, or two the same.

    edited: before and after, those that differ.
    """
    others = [(old, new) for old, new in edited if identity_of(old) != identity_of(new)]
    if not others:
        return
    ids = {old.id for old, _ in others}
    known = {identity_of(one): one for one in LiveIdentities(context).all() if one.id not in ids}
    for old, new in others:
        equal = known.setdefault(identity_of(new), new)
        if equal is not new:
            chat = f"{new.address} with chat {new.channel.address}"
            raise Conflict(
                f"{chat} is watched already, as {equal.id}: {old.label} can't become that", "id"
            )


def identity_of(monitor: Monitor) -> Hashable:
    """What makes it this monitor and no other: its target and its first channel, stored or not."""
    channel = monitor.channel
    target = (monitor.address, monitor.mon_type, monitor.probe_options)
    return (*target, channel.account_id, channel.address, channel.topic or None)
