"""Is what somebody asks for watched already? One look at all monitors answers it for thousands."""

from collections.abc import Hashable, Iterable, Sequence

from pingmon.model.channel_words import channel_words
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
        return self._known.get((request.what, account, channel.address, channel.topic or None))


def refuse_twins(monitors: Iterable[Monitor], edited: Sequence[tuple[Monitor, Monitor]]) -> None:
    """edited: before and after. Raises Conflict when one of these becomes what another one is."""
    after = {old.id: new for old, new in edited if identity_of(old) != identity_of(new)}
    if not after:
        return
    known = dict[Hashable, Monitor]()
    for one in (after.get(one.id, one) for one in monitors):
        twin = known.setdefault(identity_of(one), one)
        if twin is not one:
            mine, its = (one, twin) if one.id in after else (twin, one)
            told = channel_words(mine.channel.kind, mine.channel)
            words = f"{mine.label} would tell {told} twice: it is watched already, as {its.id}"
            raise Conflict(f"{words}; delete that or {mine.id} first", "chat_id")


def identity_of(monitor: Monitor) -> Hashable:
    """What makes it this monitor and no other: its target and its first channel, stored or not."""
    channel = monitor.channel
    return (monitor.what, channel.account_id, channel.address, channel.topic or None)
