"""One thread per monitored IP: takes its target's results in order and decides."""

import _thread
import queue
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from pingmon.daemon.clock import SYSTEM, Clock
from pingmon.daemon.threads import LightThread
from pingmon.daemon.watch import Minutes, Watch
from pingmon.model.clock import Timeline
from pingmon.model.detector import (
    DetectorState,
    Kind,
    State,
    Transition,
    hold,
    observe,
    postpone,
    release,
    shifted,
)
from pingmon.model.monitor import Monitor, Plan
from pingmon.model.policy import most_losses
from pingmon.model.reach import Verdict
from pingmon.model.result import ProbeResult, Replies
from pingmon.model.statistics import Minute
from pingmon.probes.pinger import Pinger
from pingmon.probes.probed import Probed

Decide = Callable[[Monitor, DetectorState, Transition], None]
Tally = Callable[[State | None, State | None], None]  # a monitor's state before and after


class Doubt(Protocol):
    """What may speak against believing in silence."""

    def verdict(self, monitor: Monitor, since: float, overdue: bool) -> Verdict: ...
    def suspect(self, monitor: Monitor) -> None: ...
    def silent(self, monitor: Monitor, sent_at: float) -> None: ...
    def heard(self, monitor: Monitor) -> None: ...


class Worker(LightThread):
    """Decides for all monitors of one address. `step` is the loop body, callable without a thread.

    Written to be light: there are thousands of them.
    """

    __slots__ = (
        "_clock", "_decide", "_doubt", "_lock", "_mailbox", "_minutes", "_pinger", "_tally", "_time",
        "address", "busy_since", "watches",
    )  # fmt: skip

    def __init__(
        self,
        address: str,
        pinger: Pinger,
        decide: Decide,
        doubt: Doubt,
        tally: Tally = lambda *_: None,
        clock: Clock = SYSTEM,
    ) -> None:
        super().__init__(address)
        self.address, self._doubt, self._clock = address, doubt, clock
        self._time = Timeline(clock.offset(), clock.steady())
        self.watches: list[Watch] = []  # rarely more than one
        self.busy_since: float | None = None  # monotonic; None while it waits for results
        self._pinger, self._decide, self._tally = pinger, decide, tally
        self._mailbox: queue.SimpleQueue[tuple[Watch, Replies | list[ProbeResult]] | None]
        self._mailbox = queue.SimpleQueue()
        self._lock = _thread.allocate_lock()
        self._minutes = Minutes(address)

    def stop(self) -> None:
        """Returns at once; `join` waits until what was in the mailbox is decided."""
        for watch in self.watches:
            self._pinger.remove(watch.probed)
        self._mailbox.put(None)

    def add(self, monitor: Monitor, state: DetectorState) -> None:
        with self._lock:
            self._keep_time()
            watch = self.watch_of(monitor)
            fresh = watch is None
            if watch is None:
                watch = self._new_watch(monitor.plan)
            watch.fold()
            watch.monitors[monitor.id] = monitor
            watch.states[monitor.id] = state
            self._tally(None, state.state)
            self._set_pace(watch)
            if fresh:
                watch.probed.pace = watch.pace
                self._pinger.add(watch.probed)

    def remove(self, monitor: Monitor) -> bool:
        """Whether the address has no monitor left."""
        with self._lock:
            watch = self.watch_of(monitor)
            assert watch is not None
            del watch.monitors[monitor.id]
            self._tally(watch.states.pop(monitor.id).state, None)
            if not watch.monitors:
                self._pinger.remove(watch.probed)
                self.watches.remove(watch)
            else:
                self._set_pace(watch)
            return not self.watches

    def replace(self, old: Monitor, new: Monitor) -> None:
        """Other settings for the same monitor; what is known of the device stays."""
        with self._lock:
            self._keep_time()
            watch = self.watch_of(old)
            assert watch is not None
            if old.plan == new.plan:
                watch.monitors[new.id] = new
                return
            watch.fold()
            state, rtt, loss = watch.states[old.id], watch.probed.last_rtt, watch.loss
        self.add(new, state)
        self.remove(old)
        fresh = self.watch_of(new)
        assert fresh is not None
        fresh.probed.last_rtt, fresh.loss = fresh.probed.last_rtt or rtt, fresh.loss or loss

    def watch_of(self, monitor: Monitor) -> Watch | None:
        for watch in self.watches:
            if watch.plan == monitor.plan:
                return watch
        return None

    def seen(self, monitor_id: str) -> tuple[DetectorState, float] | None:
        """The monitor's state, and when the latest probe that was answered left, epoch seconds."""
        for watch in list(self.watches):
            state = watch.states.get(monitor_id)
            if state is not None:
                state = state.replied(watch.replies) if watch.replies else state
                return state, watch.answered + self._clock.offset()
        return None

    def ask(self, monitor: Monitor) -> None:
        watch = self.watch_of(monitor)
        if watch is not None:
            self._pinger.poke(watch.probed)

    def hold(self, monitor_ids: Iterable[str], reason: str) -> None:
        """Nothing can be said of these for now."""
        now = self._clock.wall()
        self._change(monitor_ids, lambda state: hold(state, state.held or reason, now))

    def release(self, monitor_ids: Iterable[str], reason: str) -> None:
        self._change(monitor_ids, lambda state: release(state) if state.held == reason else state)

    def states(self) -> list[tuple[str, DetectorState]]:
        with self._lock:
            self._keep_time()
            for watch in self.watches:
                watch.fold()
            return [item for watch in self.watches for item in watch.states.items()]

    def take_minutes(self, until: int) -> list[Minute]:
        """Minutes (epoch // 60) below `until` that nobody took yet."""
        with self._lock:
            return self._minutes.take(until)

    def step(self) -> bool:
        """Wait for the next results and take them into account; False when told to stop."""
        item = self._mailbox.get()
        if item is None:
            return False
        self.busy_since = time.monotonic()
        watch, batch = item
        with self._lock:
            self._keep_time()
            if isinstance(batch, Replies) and self._time.is_even:
                self._take_replies(watch, batch)
            else:
                results = batch.results() if isinstance(batch, Replies) else batch
                self._take(watch, self._time.restamped(results))
        self.busy_since = None
        return True

    # Inside

    def _keep_time(self) -> None:
        """When the wall clock was set, what is remembered moves along."""
        jumped = self._time.look(self._clock.offset(), self._clock.steady())
        if jumped:
            for watch in self.watches:
                watch.states = {one: shifted(state, jumped) for one, state in watch.states.items()}

    def _take_replies(self, watch: Watch, batch: Replies) -> None:
        self._minutes.add_replies(batch)
        watch.count_replies(batch, self._time.offset)
        if watch.is_settled:
            watch.replies += len(batch)
            return
        watch.fold()
        for result in batch.results():
            self._observe(watch, result)
        self._set_pace(watch)

    def _take(self, watch: Watch, results: list[ProbeResult]) -> None:
        watch.fold()
        for result in results:
            if watch.count(result, self._time.offset):
                self._minutes.add(result)
            self._observe(watch, result)
        self._set_pace(watch)

    def _observe(self, watch: Watch, result: ProbeResult) -> None:
        now = self._clock.wall()
        for monitor_id, before in watch.states.items():
            monitor = watch.monitors[monitor_id]
            after, transition = observe(before, result, now, watch.plan)
            if result.is_loss and after.run == 1 and not after.held:
                self._doubt.suspect(monitor)
                if before.told is State.UP:
                    self._doubt.silent(monitor, result.sent_at)
            elif before.run and before.run_is_loss and not after.run:
                self._doubt.heard(monitor)
            silent = transition is not None and transition.kind in (Kind.CHANGE, Kind.FLAPPING)
            if silent and transition is not None and transition.after is State.DOWN:
                overdue = before.run + 1 >= most_losses(watch.plan)
                verdict = self._doubt.verdict(monitor, transition.at, overdue)
                if verdict is not Verdict.TELL:
                    transition = None
                    wait = verdict is Verdict.WAIT
                    after = postpone(before, result) if wait else hold(before, verdict, result.sent_at)
            if transition is not None:
                self._decide(monitor, after, transition)  # first: who sees the state can count on it
            if after is not before:
                watch.states[monitor_id] = after
                if after.state is not before.state:
                    self._tally(before.state, after.state)

    def _change(
        self, monitor_ids: Iterable[str], change: Callable[[DetectorState], DetectorState]
    ) -> None:
        wanted = set(monitor_ids)
        with self._lock:
            self._keep_time()
            for watch in self.watches:
                watch.fold()
                for monitor_id in wanted & set(watch.states):
                    before = watch.states[monitor_id]
                    after = watch.states[monitor_id] = change(before)
                    if after.state is not before.state:
                        self._tally(before.state, after.state)
                self._set_pace(watch)

    def _new_watch(self, plan: Plan) -> Watch:
        def deliver(results: Replies | list[ProbeResult]) -> None:
            self._mailbox.put((watch, results))

        watch = Watch(Probed(self.address, plan.interval, plan.timeout, deliver), plan)
        self.watches.append(watch)
        return watch

    def _set_pace(self, watch: Watch) -> None:
        pace = watch.wanted_pace()
        if pace is not watch.pace:
            watch.pace = pace
            self._pinger.set_pace(watch.probed, pace)
