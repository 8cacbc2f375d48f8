"""Which worker watches which monitor: it begins, changes and ends with what is stored."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from pingmon.engine.breather import Breather
from pingmon.engine.live_monitors import LiveMonitors
from pingmon.engine.probers import Probers
from pingmon.engine.worker import Worker
from pingmon.engine.worker_threads import WorkerThreads
from pingmon.model.detector_state import DetectorState
from pingmon.model.monitor import Monitor, MonitorRequest
from pingmon.storage.change_monitors import MonitorChanges, Stored

log = logging.getLogger(__name__)

OnAccountUsed = Callable[[int, str, str], None]  # an account, its kind and secret


class Watching:
    """Changed by one at a time, under the worker pool's lock.

    unwatched: how many monitors are stored, but beyond the limit, or of a kind that this machine can't
    probe. why: of the first of them.
    """

    def __init__(
        self,
        probers: Probers,
        threads: WorkerThreads,
        on_parent_changed: Callable[[Iterable[Monitor]], None],
    ) -> None:
        """on_parent_changed: is told of those that have another parent now, or none."""
        self.monitors, self.threads = LiveMonitors(), threads
        self.freed = on_parent_changed
        self.unwatched, self.why_unwatched = 0, ""
        self._probers = probers

    def cannot_be_watched(self, why: str) -> None:
        self.unwatched += 1
        self.why_unwatched = self.why_unwatched or why

    def begin(
        self,
        stored: Stored,
        changes: MonitorChanges,
        started: dict[str, Worker],
        on_account_used: OnAccountUsed,
    ) -> list[Worker]:
        """Of what is stored already: nothing may keep it from being watched. Workers to be joined."""
        breather, stopped = Breather(self._probers), list[Worker]()
        for monitor, asked in zip(stored.added, changes.added, strict=True):
            self.prepare(monitor, asked, started, on_account_used)
            with self._even_if_it_fails(monitor):
                self.watch(monitor, DetectorState(since=time.time()))
            changes.done += 1
            breather.step()
        for number, channel in stored.channels.items():
            on_account_used(channel.account_id, channel.kind, changes.channels[number].secret)
        for old, new in stored.edited:
            if new.id in self.monitors:  # else it is beyond the limit
                with self._even_if_it_fails(new):
                    if old.watched_at == new.watched_at:
                        self.change(old, new)
                    elif worker := self._move(old, new, changes.states[new.id], started):
                        stopped.append(worker)
            changes.done += 1
            breather.step()
        self.freed([new for old, new in stored.edited if new.options.parent != old.options.parent])
        return stopped

    def end(self, changes: MonitorChanges) -> list[Worker]:
        """Workers to be joined."""
        stopped, breather = [], Breather(self._probers)
        for monitor in changes.deleted:
            if worker := self.forget(monitor.id):
                stopped.append(worker)
            changes.done += 1
            breather.step()
        for monitor in changes.deleted:
            self.free_children(monitor.id)
        return stopped

    def prepare(
        self,
        monitor: Monitor,
        asked: MonitorRequest,
        started: dict[str, Worker],
        on_account_used: OnAccountUsed,
    ) -> None:
        """A sender and a worker for one that was stored."""
        requests = zip((monitor.channel, *monitor.others), (asked.channel, *asked.others), strict=True)
        for channel, request in {its.account_id: (its, wanted) for its, wanted in requests}.values():
            on_account_used(channel.account_id, channel.kind, request.secret)
        if worker := started.pop(monitor.watched_at, None):
            self.threads.keep(worker)

    def watch(self, monitor: Monitor, state: DetectorState) -> None:
        """Its worker is there."""
        self.threads[monitor.watched_at].add(monitor, state)
        self.monitors.put(monitor)

    def change(self, old: Monitor, new: Monitor) -> None:
        """Other settings at the same address."""
        self.threads[old.watched_at].replace(old, new)
        self.monitors.put(new)

    def forget(self, monitor_id: str) -> Worker | None:
        """The worker that has to be joined, if that was its last monitor."""
        if monitor_id not in self.monitors:
            self.unwatched -= 1
            return None
        monitor = self.monitors.pop(monitor_id)
        worker = self.threads[monitor.watched_at]
        if not worker.remove(monitor):
            return None
        self.threads.drop(worker)
        return worker

    def free_children(self, monitor_id: str) -> None:
        """Children of a deleted monitor are judged without a parent."""
        on_parent_changed = []
        for old in self.monitors.children_of(monitor_id):
            new = replace(old, options=replace(old.options, parent=None))
            self.change(old, new)
            on_parent_changed.append(new)
        self.freed(on_parent_changed)

    def _move(
        self, old: Monitor, new: Monitor, state: DetectorState, started: dict[str, Worker]
    ) -> Worker | None:
        """To another address. The worker that has to be joined, if that was its last monitor."""
        if worker := started.pop(new.watched_at, None):
            self.threads.keep(worker)
        self.watch(new, state)
        before = self.threads[old.watched_at]
        if not before.remove(old):
            return None
        self.threads.drop(before)
        return before

    def follow(
        self, old: Monitor, new: Monitor, state: DetectorState | None, started: dict[str, Worker]
    ) -> Worker | None:
        """Its name has another address. state: None: what is known of it now goes on being so.

        The worker that has to be joined, if that was its last monitor.
        """
        with self._even_if_it_fails(new):
            if state is None:
                seen = self.threads[old.watched_at].seen(old.id)
                state = seen[0] if seen else DetectorState(since=time.time())
            return self._move(old, new, state, started)
        return None

    @contextmanager
    def _even_if_it_fails(self, monitor: Monitor) -> Iterator[None]:
        """Such as when an interface went away since its target was checked: a restart tries again."""
        try:
            yield
        except Exception as error:
            log.exception("%s is not watched", monitor.id)
            self.unwatched += monitor.id not in self.monitors
            self.why_unwatched = self.why_unwatched or str(error)
