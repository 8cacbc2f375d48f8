"""What a chat sees: the monitors that tell it."""

from collections.abc import Iterable
from functools import cached_property

from pingmon.model.monitor import Monitor
from pingmon.operations.context import Context


class Scope:
    """Of one request: what it sees stays as it was at the first look."""

    def __init__(self, context: Context, kind: str, channels: frozenset[int]) -> None:
        """kind: of channel. channels: those that lead to this chat, by any account of the kind."""
        self.context, self.kind, self.channels = context, kind, channels

    def tells(self, monitor: Monitor) -> bool:
        """Whether its alarms come here; as a later step of an escalation, too."""
        if any(one.id in self.channels for one in monitor.channels):
            return True
        return bool(monitor.options.escalation) and not self.channels.isdisjoint(self._audience(monitor))

    @cached_property
    def monitors(self) -> tuple[Monitor, ...]:
        """In the order in which they were added."""
        if not self.channels:
            return ()
        known = self.context.worker_pool.monitors.that_may_tell(self.channels)
        return tuple(one for one in known if self.tells(one))

    def get(self, monitor_id: str) -> Monitor | None:
        monitor = self.context.worker_pool.monitors.get(monitor_id)
        return monitor if monitor and self.tells(monitor) else None

    def by_ids(self, ids: Iterable[str]) -> list[Monitor]:
        """Those that are there still, and tell this chat."""
        return [monitor for one in ids if (monitor := self.get(one))]

    def other_chats(self, monitors: Iterable[Monitor]) -> set[str]:
        """Addresses of other chats that these tell, where they are now."""
        elsewhere = {one for monitor in monitors for one in self._audience(monitor)} - self.channels
        return self.context.store.channels.current_addresses(elsewhere, self.kind) if elsewhere else set()

    def _audience(self, monitor: Monitor) -> Iterable[int]:
        return self.context.store.audience(monitor)


def scope_of(context: Context, kind: str, addresses: Iterable[str]) -> Scope:
    """addresses: the spellings of a chat's address. kind: of channel."""
    return Scope(context, kind, context.store.channels.leading_to(addresses, kind))
