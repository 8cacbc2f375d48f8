"""The live monitors: by ID in the order in which they were added, and by parent."""

import itertools
from collections.abc import Callable, Iterable, Iterator

from pingmon.engine.monitors_by_key import MonitorsByKey
from pingmon.kinds import PROBE_KINDS
from pingmon.model.monitor import Monitor


class LiveMonitors:
    """Changed under the worker pool's lock; read without a lock.

    A reader may hold the lock of a worker, for which the worker pool waits while it holds its own. So
    everything here is one step of the interpreter, or a copy made in one.
    """

    def __init__(self) -> None:
        self._known: dict[str, Monitor] = {}
        # When thousands go down together each is asked for its children: no look at all of them.
        self._behind = MonitorsByKey[str]()
        # Name, host name, address, URL → those that have it: each row of a file may name a parent.
        self._labelled = MonitorsByKey[str]()
        # Channel → those that tell it: a command from a chat is about these, and may come often.
        self._telling = MonitorsByKey[int]()
        # Name and family of its addresses → those that watch it.
        self._named = MonitorsByKey[tuple[str, str]]()
        self.on_named: Callable[[Monitor], None] = lambda _: None  # one of a name is there, or changed
        self._escalated: dict[str, Monitor] = {}  # those that may tell others, too
        self._places, self._next_place = dict[str, int](), itertools.count()

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, monitor_id: str) -> bool:
        return monitor_id in self._known

    def __getitem__(self, monitor_id: str) -> Monitor:
        return self._known[monitor_id]

    def get(self, monitor_id: str) -> Monitor | None:
        return self._known.get(monitor_id)

    def all(self) -> list[Monitor]:
        return list(self._known.values())

    def ids(self) -> list[str]:
        return list(self._known)

    def children_of(self, monitor_id: str) -> list[Monitor]:
        return self._behind.of(monitor_id)

    def labelled(self, label: str) -> list[Monitor]:
        """Those that have exactly this name, host name, address or URL."""
        return self._labelled.of(label)

    def of_name(self, host: str, family: str) -> list[Monitor]:
        """Those that watch this name, by its addresses of that family."""
        return self._named.of((host, family))

    def that_may_tell(self, channel_ids: Iterable[int]) -> list[Monitor]:
        """Those of these channels, and all that have an escalation, in their order."""
        found = dict(self._escalated)
        for one in channel_ids:
            found |= {its.id: its for its in self._telling.of(one)}
        return sorted(found.values(), key=lambda one: self._places.get(one.id, 0))

    def above(self, monitor: Monitor) -> Iterator[Monitor]:
        """Its parent, and theirs, the nearest first; each once, also if a database has a loop."""
        seen = {monitor.id}
        parent = self.get(monitor.options.parent or "")
        while parent is not None and parent.id not in seen:
            seen.add(parent.id)
            yield parent
            parent = self.get(parent.options.parent or "")

    def below(self, monitor_id: str) -> list[Monitor]:
        """Its children, and theirs, however deep."""
        return self.behind(monitor_id, lambda _: True)

    def behind(self, monitor_id: str, goes_on: Callable[[Monitor], bool]) -> list[Monitor]:
        """Its children, and theirs where `goes_on` is so; each once, also if a database has a loop."""
        found, seen = list[Monitor](), {monitor_id}
        open_ends = [monitor_id]
        for parent in open_ends:  # it grows meanwhile; a chain may be longer than calls may nest
            new = [one for one in self.children_of(parent) if one.id not in seen]
            seen |= {one.id for one in new}
            found += new
            open_ends += [one.id for one in new if goes_on(one)]
        return found

    def put(self, monitor: Monitor) -> None:
        """A new one, or other settings for one that is here; it keeps its place."""
        before = self._known.get(monitor.id)
        self._known[monitor.id] = monitor
        if before:
            self._leave(before, monitor.options.parent)
        self._places.setdefault(monitor.id, next(self._next_place))
        if monitor.options.parent:
            self._behind.put(monitor.options.parent, monitor)
        for channel in monitor.channels:
            self._telling.put(channel.id, monitor)
        if monitor.options.escalation:
            self._escalated[monitor.id] = monitor
        for label in _labels(monitor):
            self._labelled.put(label, monitor)
        if monitor.host:
            self._named.put((monitor.host, monitor.family), monitor)
            self.on_named(monitor)

    def pop(self, monitor_id: str) -> Monitor:
        monitor = self._known.pop(monitor_id)
        self._leave(monitor)
        del self._places[monitor_id]
        return monitor

    def _leave(self, monitor: Monitor, parent: str | None = None) -> None:
        """It is found no more. parent: that it has from now on; among its children it keeps its place."""
        if monitor.options.parent and monitor.options.parent != parent:
            self._behind.discard(monitor.options.parent, monitor)
        self._escalated.pop(monitor.id, None)
        for channel in monitor.channels:
            self._telling.discard(channel.id, monitor)
        for label in _labels(monitor):
            self._labelled.discard(label, monitor)
        self._named.discard((monitor.host, monitor.family), monitor)


def _labels(monitor: Monitor) -> set[str]:
    """Name, host name, address, and what its kind takes in place of one, as a URL."""
    kind = PROBE_KINDS.get(monitor.mon_type)
    given = str(dict(monitor.probe_options).get(kind.target, "")) if kind and kind.target else ""
    return {monitor.name, monitor.host, monitor.address, given} - {""}
