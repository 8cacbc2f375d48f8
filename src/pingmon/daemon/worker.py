"""One thread per monitored IP: takes its target's results in order and decides."""

import _thread
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pingmon.daemon.clock import SYSTEM, Clock
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
from pingmon.model.result import Outcome, ProbeResult
from pingmon.model.statistics import Minute
from pingmon.probes.pinger import Pace, Pinger, Probed

LOSS_MEMORY = 0.05  # weight of the newest result in the recent loss (about 20 probes)

Decide = Callable[[Monitor, DetectorState, Transition], None]


class Doubt(Protocol):
    """What may speak against believing in silence."""

    def verdict(self, monitor: Monitor, since: float, overdue: bool) -> Verdict: ...
    def suspect(self, monitor: Monitor) -> None: ...
    def silent(self, monitor: Monitor, sent_at: float) -> None: ...
    def heard(self, monitor: Monitor) -> None: ...


@dataclass(slots=True, eq=False)
class Watch:
    """The monitors of one address that share a plan, and so their probes and their fate.

    Monitors with other settings have a watch of their own: no monitor's settings change what
    another one sees.
    """

    probed: Probed
    plan: Plan
    monitors: dict[str, Monitor] = field(default_factory=dict)
    states: dict[str, DetectorState] = field(default_factory=dict)
    pace: Pace = Pace.CONFIRMING
    last_rtt: float | None = None
    answered: float = float("-inf")  # when the latest probe with a reply was sent, by Clock.steady
    loss: float = 0.0


class Worker:
    """Decides for all monitors of one address. `step` is the loop body, callable without a thread."""

    def __init__(
        self, address: str, pinger: Pinger, decide: Decide, doubt: Doubt, clock: Clock = SYSTEM
    ) -> None:
        self.address, self._doubt, self._clock = address, doubt, clock
        self._time = Timeline(clock.offset(), clock.steady())
        self.watches: dict[Plan, Watch] = {}
        self.busy_since: float | None = None  # monotonic; None while it waits for results
        self._pinger, self._decide = pinger, decide
        self._mailbox: queue.SimpleQueue[tuple[Watch, list[ProbeResult]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._minute = Minute(address, 0)
        self._minutes: list[Minute] = []
        self._running = threading.Lock()  # held while the thread lives

    def start(self) -> None:
        # Not threading.Thread: its start() waits for the new thread to run, which takes a
        # millisecond each when thousands start, and it weighs 2 KiB more.
        self._running.acquire()
        _thread.start_new_thread(self._run, ())

    def stop(self) -> None:
        """Returns at once; `join` waits until what was in the mailbox is decided."""
        for watch in self.watches.values():
            self._pinger.remove(watch.probed)
        self._mailbox.put(None)

    def join(self) -> None:
        with self._running:
            pass

    def is_alive(self) -> bool:
        return self._running.locked()

    def add(self, monitor: Monitor, state: DetectorState) -> None:
        with self._lock:
            self._keep_time([])
            watch = self.watches.get(monitor.plan)
            fresh = watch is None
            if watch is None:
                watch = self._new_watch(monitor.plan)
            watch.monitors[monitor.id] = monitor
            watch.states[monitor.id] = state
            self._set_pace(watch)
            if fresh:
                watch.probed.pace = watch.pace
                self._pinger.add(watch.probed)

    def remove(self, monitor: Monitor) -> bool:
        """Whether the address has no monitor left."""
        with self._lock:
            watch = self.watches[monitor.plan]
            del watch.monitors[monitor.id], watch.states[monitor.id]
            if not watch.monitors:
                self._pinger.remove(watch.probed)
                del self.watches[monitor.plan]
            else:
                self._set_pace(watch)
            return not self.watches

    def replace(self, old: Monitor, new: Monitor) -> None:
        """Other settings for the same monitor; what is known of the device stays."""
        with self._lock:
            self._keep_time([])
            watch = self.watches[old.plan]
            if old.plan == new.plan:
                watch.monitors[new.id] = new
                return
            state, rtt, loss = watch.states[old.id], watch.last_rtt, watch.loss
        self.add(new, state)
        self.remove(old)
        fresh = self.watches[new.plan]
        fresh.last_rtt, fresh.loss = fresh.last_rtt or rtt, fresh.loss or loss

    def seen(self, monitor_id: str) -> tuple[DetectorState, float] | None:
        """The monitor's state, and when the latest probe that was answered left, epoch seconds."""
        for watch in list(self.watches.values()):
            state = watch.states.get(monitor_id)
            if state is not None:
                return state, watch.answered + self._clock.offset()
        return None

    def ask(self, monitor: Monitor) -> None:
        watch = self.watches.get(monitor.plan)
        if watch is not None:
            self._pinger.poke(watch.probed)

    def hold(self, monitor_ids: Iterable[str], reason: str) -> None:
        """Nothing can be said of these for now."""
        now = self._clock.wall()
        self._change(monitor_ids, lambda state: hold(state, state.held or reason, now))

    def release(self, monitor_ids: Iterable[str], reason: str) -> None:
        self._change(monitor_ids, lambda state: release(state) if state.held == reason else state)

    def _change(
        self, monitor_ids: Iterable[str], change: Callable[[DetectorState], DetectorState]
    ) -> None:
        wanted = set(monitor_ids)
        with self._lock:
            self._keep_time([])
            for watch in self.watches.values():
                for monitor_id in wanted & set(watch.states):
                    watch.states[monitor_id] = change(watch.states[monitor_id])
                self._set_pace(watch)

    def states(self) -> list[tuple[str, DetectorState]]:
        with self._lock:
            self._keep_time([])
            return [item for watch in self.watches.values() for item in watch.states.items()]

    def take_minutes(self, until: int) -> list[Minute]:
        """Finished minutes (epoch // 60 below `until`) that nobody took yet."""
        with self._lock:
            if self._minute.probes and self._minute.minute < until:
                self._minutes.append(self._minute)
                self._minute = Minute(self.address, until)
            taken, self._minutes = self._minutes, []
            return taken

    def _new_watch(self, plan: Plan) -> Watch:
        def deliver(results: list[ProbeResult]) -> None:
            self._mailbox.put((watch, results))

        watch = Watch(Probed(self.address, plan.interval, plan.timeout, deliver), plan)
        self.watches[plan] = watch
        return watch

    def _run(self) -> None:
        try:
            name_thread(self.address)
            while self.step():
                pass
        finally:
            self._running.release()

    def step(self) -> bool:
        """Wait for the next results and take them into account; False when told to stop."""
        item = self._mailbox.get()
        if item is None:
            return False
        self.busy_since = time.monotonic()
        with self._lock:
            watch, results = item
            results = self._keep_time(results)
            for result in results:
                self._count(watch, result)
            good = all(result.outcome is Outcome.REPLY for result in results)
            if good and all(state.settled for state in watch.states.values()):
                for monitor_id, state in watch.states.items():
                    watch.states[monitor_id] = state.replied(len(results))
            else:
                for result in results:
                    self._observe(watch, result)
            self._set_pace(watch)
        self.busy_since = None
        return True

    def _keep_time(self, results: list[ProbeResult]) -> list[ProbeResult]:
        """When the wall clock was set, what is remembered moves along, and results that it caught."""
        jumped = self._time.look(self._clock.offset(), self._clock.steady())
        if jumped:
            for watch in self.watches.values():
                watch.states = {one: shifted(state, jumped) for one, state in watch.states.items()}
        return self._time.restamped(results)

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
                    after = postpone(before, result) if wait else hold(before, verdict, now)
            if after is not before:
                watch.states[monitor_id] = after
            if transition is not None:
                self._decide(monitor, after, transition)

    def _count(self, watch: Watch, result: ProbeResult) -> None:
        if result.outcome in (Outcome.REPLY, Outcome.LATE):
            sent = result.sent_at - self._time.offset
            late = result.outcome is Outcome.LATE  # all others come in order
            watch.answered = max(watch.answered, sent) if late else sent
        unseen = result.is_loss and all(state.held for state in watch.states.values())
        if result.outcome is Outcome.LATE or unseen:
            return
        minute = int(result.sent_at // 60)
        if minute != self._minute.minute:
            if self._minute.probes:
                self._minutes.append(self._minute)
            self._minute = Minute(self.address, minute)
        self._minute.add(result)
        if result.outcome is not Outcome.LOCAL_ERROR:
            watch.last_rtt = result.rtt if result.rtt is not None else watch.last_rtt
            watch.loss += (float(result.is_loss) - watch.loss) * LOSS_MEMORY

    def _set_pace(self, watch: Watch) -> None:
        states = watch.states.values()
        if any(state.confirming for state in states):
            pace = Pace.CONFIRMING
        elif all(state.state is State.UP for state in states):
            pace = Pace.SETTLED
        else:
            pace = Pace.SILENT
        if pace is not watch.pace:
            watch.pace = pace
            self._pinger.set_pace(watch.probed, pace)


def name_thread(name: str) -> None:
    """Shown by `top -H`; the kernel keeps 15 bytes, the end of an address tells more."""
    with suppress(OSError):
        comm = Path(f"/proc/self/task/{threading.get_native_id()}/comm")
        comm.write_bytes(os.fsencode(name)[-15:])
