"""The live monitors and the workers that watch them. Every stored monitor is watched."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from pingmon.engine.address_follower import AddressFollower
from pingmon.engine.family import BROUGHT_BACK, family
from pingmon.engine.find_monitor import find_live
from pingmon.engine.probers import Probers
from pingmon.engine.watching import OnAccountUsed, Watching
from pingmon.engine.worker import Worker
from pingmon.engine.worker_threads import WorkerLimit, WorkerThreads
from pingmon.model.detector_state import (
    PAUSED,
    DetectorState,
    State,
    moved_state,
    see_again,
    set_blind,
)
from pingmon.model.errors import InvalidValue, LimitReached, NotFound
from pingmon.model.id_prefix import is_id_prefix
from pingmon.model.monitor import Channel, Monitor, MonitorRequest, ProbeOptions, is_other_target
from pingmon.storage.add_monitors import AddResult
from pingmon.storage.change_monitors import MonitorChanges, Stored
from pingmon.storage.deletion import Remembered, Undo
from pingmon.storage.journal import Entry
from pingmon.storage.store import Store

log = logging.getLogger(__name__)


NOTHING_PAUSED: Mapping[str, str] = {}


class WorkerPool:
    """Thread-safe."""

    def __init__(
        self,
        store: Store,
        probers: Probers,
        new_worker: Callable[[str], Worker],
        limit: WorkerLimit,
        on_parent_changed: Callable[[Iterable[Monitor]], None],
    ) -> None:
        """on_parent_changed: is told of those that have another parent now, or none."""
        self._store, self._probers = store, probers
        self.threads = WorkerThreads(new_worker, limit, probers)
        self._watching = Watching(probers, self.threads, on_parent_changed)
        self._follower = AddressFollower(store, probers, self._watching)
        self.monitors = self._watching.monitors
        self.escalations: Collection[str] = ()  # that monitors may have
        self.on_moved: Callable[[Iterable[Monitor]], None] = lambda _: None  # to other addresses
        self.on_told: Callable[[Iterable[int]], None] = lambda _: None  # channels have something to tell
        self.groups: Mapping[str, tuple[Channel, ...]] = {}  # likewise, and their channels
        self._lock = threading.Lock()
        self._counts_lock = threading.Lock()
        self._counts = dict.fromkeys((State.UP, State.DOWN, State.UNKNOWN), 0)

    # To look at

    @property
    def unwatched(self) -> int:
        """How many are stored and not watched."""
        return self._watching.unwatched

    @property
    def why_unwatched(self) -> str:
        """Of the first of them."""
        return self._watching.why_unwatched

    def workers(self) -> list[Worker]:
        return self.threads.all()

    def worker_of(self, address: str) -> Worker | None:
        return self.threads.of(address)

    def find_monitor(self, text: str, field: str = "id") -> Monitor:
        """By ID, beginning of an ID, exact name or exact address. Raises NotFound, InvalidValue."""
        monitor = find_live(self.monitors, text, field)
        if monitor is None:
            raise NotFound(text, field)
        return monitor

    def state_of(self, monitor_id: str) -> DetectorState | None:
        """None when there is no such live monitor."""
        monitor = self.monitors.get(monitor_id)
        worker = self.threads.of(monitor.watched_at) if monitor else None
        seen = worker.seen(monitor_id) if worker else None
        return seen[0] if seen else None

    def find_id(self, text: str) -> str:
        """Likewise; also of a deleted one, by ID or beginning of it. Raises NotFound, InvalidValue."""
        monitor = find_live(self.monitors, text)
        if monitor is None and not is_id_prefix(text):
            raise NotFound(text)
        return monitor.id if monitor else self._store.resolve_id(text)

    def size(self) -> tuple[int, int]:
        """How many monitors, and how many addresses."""
        return len(self.monitors), len(self.threads)

    def counts(self) -> dict[str, int]:
        with self._counts_lock:
            return {str(state): count for state, count in self._counts.items()}

    def count_state(self, before: State | None, after: State | None) -> None:
        """Count a monitor that was added, removed or changed its state; called by workers."""
        with self._counts_lock:
            if before is not None:
                self._counts[before] -= 1
            if after is not None:
                self._counts[after] += 1

    def check_target(self, address: str, mon_type: str, probe_options: ProbeOptions) -> None:
        """Raises InvalidValue when this machine can't probe such a target."""
        self._probers.check(address, mon_type, probe_options)

    # To change

    def resume(
        self, unseen: frozenset[str] = frozenset(), paused: Mapping[str, str] = NOTHING_PAUSED
    ) -> None:
        """Watch what was stored before.

        unseen: monitors that were told unseen and are still. paused: monitor → by whom and since when.
        """
        for monitor, state in self._store.load():
            state = see_again(state)
            if monitor.id in unseen:
                state = replace(state, state=State.UNKNOWN, expired=True)
            if monitor.id in paused:
                state = set_blind(state, PAUSED, time.time(), paused[monitor.id])
            try:
                self._resume(monitor, state)
            except (LimitReached, InvalidValue) as error:
                limited = isinstance(error, LimitReached)
                words = f"{self.threads.limit.what} allows no more threads" if limited else str(error)
                self._watching.cannot_be_watched(words)
                log.error("%s is not watched: %s", monitor.id, error)

    def add(
        self,
        wanted: Sequence[MonitorRequest],
        on_account_used: OnAccountUsed,
        entry: Callable[[Monitor], Entry] | None = None,
    ) -> list[AddResult]:
        """All of them, or none when one is in conflict. Raises InvalidValue, LimitReached, NotFound.

        on_account_used: is told an account, its kind and secret, before a message for it can come.
        entry: what the journal has of one that was added.
        """
        with self._lock:
            # Channels were checked since parents were looked for.
            for parent in {one.options.parent for one in wanted if one.options.parent}:
                if parent not in self.monitors:
                    raise NotFound(parent, "parent")
            for one in wanted:
                self.check_target(one.address, one.mon_type, one.probe_options)
            fresh = self.threads.check_room(one.watched_at for one in wanted)
            return self._store_and_watch(wanted, self.threads.start(fresh), on_account_used, entry)

    def edit(
        self,
        text: str,
        change: Callable[[Monitor], Monitor],
        entry: Callable[[Monitor, Monitor], Entry] | None = None,
    ) -> tuple[Monitor, Monitor]:
        """A live monitor before and after `change` of its settings; its address and channels stay.

        entry: what the journal has of it. Raises NotFound, InvalidValue, Conflict.
        """
        with self._lock:
            old = self.find_monitor(text)
            new = change(old)
            if new == old:
                return old, new
            self.check_target(new.address, new.mon_type, new.probe_options)
            self._store.edit(new, entries=[entry(old, new)] if entry else [])
            self._watching.change(old, new)
            if new.options.parent != old.options.parent:
                self._watching.freed([new])
        return old, new

    def change(
        self,
        changes: MonitorChanges,
        check: Callable[[], None],
        on_account_used: OnAccountUsed,
    ) -> Stored:
        """Additions, edits and deletions: all in one transaction, or none.

        check: raises when this can't be done any more; nobody changes anything meanwhile. Raises what
        that raises, InvalidValue, LimitReached, Conflict.
        """
        with self._lock:
            check()
            changes.edited = [self._as_watched(*pair) for pair in changes.edited]
            moved = [(old, new) for old, new in changes.edited if old.watched_at != new.watched_at]
            for one in changes.added:
                self.check_target(one.address, one.mon_type, one.probe_options)
            self._check_targets(changes.edited)
            needed = {one.watched_at for one in changes.added}
            needed |= {new.watched_at for old, new in moved if old.id in self.monitors}
            started = self.threads.start(self.threads.check_room(needed))
            changes.states = {old.id: self._state_elsewhere(old) for old, _ in moved}
            try:
                stored = self._store.change(changes)
                stopped = self._watching.begin(stored, changes, started, on_account_used)
            finally:
                for worker in started.values():
                    worker.stop()
            stopped += self._watching.end(changes)
        for worker in stopped:
            worker.join()
        return stored

    def use_address(self, host: str, family: str, address: str) -> str:
        """A name has this address now. See AddressFollower.follow. Why some can't be probed there."""
        with self._lock:
            done = self._follower.follow(host, family, address, self._state_elsewhere)
        for worker in done.left:
            worker.join()
        self.on_moved(done.moved)
        if done.told:
            self.on_told(done.told)
        return done.refused

    def pause(self, monitor: Monitor, words: str) -> None:
        """Not probed any more, if it is watched. words: by whom and since when."""
        with self._lock:
            if worker := self._worker_of(monitor.id):
                worker.pause([monitor.id], words)

    def unpause(self, monitor: Monitor) -> None:
        """Probed again; what is so is found out afresh."""
        with self._lock:
            if worker := self._worker_of(monitor.id):
                worker.see_again([monitor.id], PAUSED)

    def delete(
        self, text: str, by: str = "", undo: Callable[[DetectorState], Undo] | None = None
    ) -> tuple[str, bool]:
        """The full ID and whether it was alive until now. Raises NotFound, InvalidValue. by: who did it.

        Live ones are found as `find_monitor` does, others by ID or the beginning of it. undo: it can be
        undone, if it is watched; is given what is known of the device.
        """
        with self._lock:
            monitor = find_live(self.monitors, text)
            if monitor is None and not is_id_prefix(text):
                raise NotFound(text)
            state = self.state_of(monitor.id) if monitor and undo else None
            kept = undo(state) if undo and state else None
            monitor_id, deleted = self._store.delete(monitor.id if monitor else text, by, kept)
            worker = self._watching.forget(monitor_id) if deleted else None
            self._watching.free_children(monitor_id)
        if worker:
            worker.join()
        return monitor_id, deleted

    def bring_back(self, found: Remembered, key: str, by: str) -> Monitor:
        """A deletion is undone: as after a pause, what is so is found out afresh.

        What was behind it is so again, unless it was put behind something else meanwhile. Raises
        Conflict, InvalidValue, LimitReached.
        """
        with self._lock:
            monitor, children = family(self.monitors, found)
            self.check_target(monitor.address, monitor.mon_type, monitor.probe_options)
            started = self.threads.start(self.threads.check_room([monitor.watched_at]))
            try:
                self._store.bring_back(key, monitor, [new for _, new in children], by)
                for worker in (started.pop(one) for one in list(started)):
                    self.threads.keep(worker)
                self._watching.watch(monitor, set_blind(found.state, PAUSED, found.since, BROUGHT_BACK))
            finally:
                for worker in started.values():
                    worker.stop()
            for old, new in children:
                self._watching.change(old, new)
            self._watching.freed([monitor, *(new for _, new in children)])
        return monitor

    # Inside

    def _worker_of(self, monitor_id: str) -> Worker | None:
        live = self.monitors.get(monitor_id)
        return self.threads.of(live.watched_at) if live else None

    def _check_targets(self, edited: Sequence[tuple[Monitor, Monitor]]) -> None:
        for old, new in edited:
            if (old.address, old.probe_options) != (new.address, new.probe_options):
                self.check_target(new.address, new.mon_type, new.probe_options)

    def _as_watched(self, old: Monitor, new: Monitor) -> tuple[Monitor, Monitor]:
        """With the address that its name has now: it may have moved since the edit was judged."""
        live = self.monitors.get(old.id)
        if not old.host or live is None or live.address == old.address:
            return old, new
        stays = not is_other_target(old, new)
        return replace(old, address=live.address), replace(new, address=live.address) if stays else new

    def _state_elsewhere(self, monitor: Monitor) -> DetectorState:
        """Of one that gets another address: what was told, and whether it is paused."""
        return moved_state(self.state_of(monitor.id) or DetectorState(), time.time())

    def _resume(self, monitor: Monitor, state: DetectorState) -> None:
        self.check_target(monitor.address, monitor.mon_type, monitor.probe_options)
        with self._lock:
            for worker in self.threads.start(self.threads.check_room([monitor.watched_at])).values():
                self.threads.keep(worker)
            self._watching.watch(monitor, state)

    def _store_and_watch(
        self,
        wanted: Sequence[MonitorRequest],
        started: dict[str, Worker],
        on_account_used: OnAccountUsed,
        entry: Callable[[Monitor], Entry] | None,
    ) -> list[AddResult]:
        """Workers come first: what is stored is watched."""
        try:
            added = self._store.add(wanted, entry)
            if not any(one.conflict for one in added):
                for one, asked in zip(added, wanted, strict=True):
                    if one.created:
                        self._watching.prepare(one.monitor, asked, started, on_account_used)
                        self._watching.watch(one.monitor, DetectorState(since=time.time()))
        finally:
            for worker in started.values():
                worker.stop()
        return added
