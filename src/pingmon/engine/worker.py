"""One thread per monitored address: takes the results of its targets in order and decides."""

import _thread
import queue
import time
from collections.abc import Callable, Iterable

from pingmon.engine.group_decisions import GroupDecisions
from pingmon.engine.light_thread import LightThread
from pingmon.engine.minute_buffers import NO_STATISTICS, MinuteStatsBuffer
from pingmon.engine.named_options import named_options
from pingmon.engine.neighbours import ALONE, Neighbour
from pingmon.engine.probe_group import Mailbox, ProbeGroup
from pingmon.engine.probers import Probers
from pingmon.model.clock_jumps import ClockJumps
from pingmon.model.detector_state import (
    PAUSED,
    DetectorState,
    State,
    restate_times,
    see_again,
    set_blind,
)
from pingmon.model.evidence import evidence_bound, may_expire
from pingmon.model.light_replace import replace
from pingmon.model.minute_stats import MinuteStats
from pingmon.model.monitor import Monitor
from pingmon.model.probe_result import ProbeResult, ReplyBatch
from pingmon.model.target_label import statistics_key


class Worker(LightThread):
    """Decides for all monitors of one address. `run_once` is the loop body, callable without a thread.

    Small, as there are thousands of them.
    """

    __slots__ = (
        "_decisions",
        "_lock",
        "_mailbox",
        "_minutes",
        "_probers",
        "_time",
        "address",
        "busy_since",
        "groups",
        "neighbour",
    )  # fmt: skip

    def __init__(
        self,
        address: str,
        probers: Probers,
        decisions: GroupDecisions,
        neighbour: Neighbour = ALONE,
    ) -> None:
        super().__init__(address)
        self.address, self._probers, self._decisions = address, probers, decisions
        clock = decisions.clock
        self._time = ClockJumps(clock.offset(), clock.steady())
        self.groups: tuple[ProbeGroup, ...] = ()  # rarely more than one
        self.busy_since: float | None = None  # monotonic; None while it waits for results
        self._mailbox: Mailbox = queue.SimpleQueue()
        self._lock = _thread.allocate_lock()
        self._minutes: tuple[MinuteStatsBuffer, ...] = ()
        self.neighbour = neighbour

    def stop(self) -> None:
        """Returns at once; `join` waits until what was in the mailbox is decided."""
        for group in self.groups:
            group.target.stop()
        self._mailbox.put(None)

    def add(self, monitor: Monitor, state: DetectorState) -> None:
        """Raises InvalidValue when this machine can't probe its target."""
        with self._lock:
            self._keep_time()
            group = self.group_of(monitor)
            fresh = group is None
            if group is None:
                group = self._new_group(monitor)
            group.apply_counted_replies(self._time.offset)
            group.monitors[monitor.id] = monitor
            group.states[monitor.id] = state
            self._decisions.count_state(None, state.state)
            # It may have been unseen at another address, or before the last stop.
            self._decisions.silence_check.on_sight_changed(monitor, state)
            if fresh:
                self.groups += (group,)
            self._probe(group)

    def remove(self, monitor: Monitor) -> bool:
        """Whether the address has no monitor left."""
        with self._lock:
            group = self.group_of(monitor)
            assert group is not None
            del group.monitors[monitor.id]
            self._decisions.count_state(group.states.pop(monitor.id).state, None)
            if not group.monitors:
                group.target.stop()
                self.groups = tuple(one for one in self.groups if one is not group)
            else:
                self._probe(group)
            return not self.groups

    def replace(self, old: Monitor, new: Monitor) -> None:
        """Other settings for the same monitor; what is known of the device stays."""
        with self._lock:
            self._keep_time()
            group = self.group_of(old)
            assert group is not None
            if group.fits(new):
                group.monitors[new.id] = new
                return
            group.apply_counted_replies(self._time.offset)
            state, rtt, loss = group.states[old.id], group.target.last_rtt, group.loss
        self.add(new, state)
        self.remove(old)
        fresh = self.group_of(new)
        assert fresh is not None
        fresh.target.last_rtt, fresh.loss = fresh.target.last_rtt or rtt, fresh.loss or loss

    def group_of(self, monitor: Monitor) -> ProbeGroup | None:
        for group in self.groups:
            if group.fits(monitor):
                return group
        return None

    def seen(self, monitor_id: str) -> tuple[DetectorState, float] | None:
        """The monitor's state, and when the latest probe that was answered left, epoch seconds."""
        for group in self.groups:
            state = group.states.get(monitor_id)
            if state is not None:
                answered = group.answered + self._decisions.clock.offset()
                state = state.with_replies(group.replies, answered) if group.replies else state
                return state, answered
        return None

    def probe_now(self, monitor: Monitor) -> None:
        group = self.group_of(monitor)
        if group is not None and group.is_probed:
            group.target.probe_now()

    def set_blind(
        self,
        monitor_ids: Iterable[str],
        reason: str,
        words: str = "",
        proven: float | None = None,
    ) -> None:
        """Nothing can be said of these for now. words, proven: see detector_state.set_blind."""
        now = self._decisions.clock.wall()

        def blind(state: DetectorState) -> DetectorState:
            if state.blind_reason:
                return state
            return set_blind(state, reason, now, words, proven)

        self._change(monitor_ids, blind)

    def see_again(self, monitor_ids: Iterable[str], reason: str) -> None:
        now = self._decisions.clock.wall()

        def see(state: DetectorState) -> DetectorState:
            return see_again(state, now) if state.blind_reason == reason else state

        self._change(monitor_ids, see)

    def pause(self, monitor_ids: Iterable[str], words: str) -> None:
        """These are not probed any more. words: by whom and since when, for people."""
        now = self._decisions.clock.wall()
        self._change(monitor_ids, lambda state: set_blind(see_again(state), PAUSED, now, words))

    def check_evidence(self, now: float, began_anew: float, stretch: float) -> None:
        """End claims whose evidence is too old. From any thread.

        now, began_anew: monotonic seconds; no bound counts from before the latter. stretch: of intervals.
        """
        for group in self.groups:
            if group.is_fresh(now, began_anew, stretch) or group.is_paused:
                continue
            age = now - max(group.newest_evidence, began_anew)
            is_old = age > evidence_bound(group.detection, stretch) and any(
                may_expire(state) for state in list(group.states.values())
            )
            if is_old or group.refusal:
                with self._lock:
                    self._keep_time()
                    group.apply_counted_replies(self._time.offset)
                    self._decisions.check_evidence(group, is_old)
                    self._set_pace(group)

    def set_told(self, monitor_id: str, told: State, since: float) -> DetectorState | None:
        """Set what people were told of a device. Its state, None if it is not monitored any more."""
        self._change([monitor_id], lambda state: replace(state, told=told, told_since=since))
        seen = self.seen(monitor_id)
        return seen[0] if seen else None

    def states(self) -> list[tuple[str, DetectorState]]:
        with self._lock:
            self._keep_time()
            for group in self.groups:
                group.apply_counted_replies(self._time.offset)
            return [item for group in self.groups for item in group.states.items()]

    def take_minute_stats(self, until: int) -> list[MinuteStats]:
        """Minutes (epoch // 60) below `until` that nobody took yet."""
        with self._lock:
            return [minute for buffer in self._minutes for minute in buffer.take(until)]

    def run_once(self) -> bool:
        """Wait for the next results and take them into account; False when told to stop."""
        item = self._mailbox.get()
        if item is None:
            return False
        self.busy_since = time.monotonic()
        group, batch = item
        with self._lock:
            self._keep_time()
            if isinstance(batch, ReplyBatch) and self._time.is_undisturbed:
                self._take_replies(group, batch)
            else:
                results = batch.results() if isinstance(batch, ReplyBatch) else batch
                self._take(group, self._time.restamped(results))
            if group.target.certificate_ends is not None:
                self._decisions.check_certificate(group, group.target.certificate_ends)
        self.busy_since = None
        return True

    # Inside

    def _keep_time(self) -> None:
        """When the wall clock was set, what is remembered moves along."""
        clock = self._time.update(self._decisions.clock.offset(), self._decisions.clock.steady())
        if clock:
            for group in self.groups:
                group.states = {one: restate_times(state, clock) for one, state in group.states.items()}

    def _take_replies(self, group: ProbeGroup, batch: ReplyBatch) -> None:
        group.minutes.add_replies(batch)
        group.count_replies(batch, self._time.offset)
        if group.is_settled:
            group.replies += len(batch)
            group.neighbour.add_replies(len(batch), group.parent)
            return
        group.apply_counted_replies(self._time.offset)
        for result in batch.results():
            self._decisions.observe(group, result)
        self._set_pace(group)

    def _take(self, group: ProbeGroup, results: list[ProbeResult]) -> None:
        group.apply_counted_replies(self._time.offset)
        for result in results:
            if group.count(result, self._time.offset):
                group.minutes.add(result)
            self._decisions.observe(group, result)
        self._set_pace(group)

    def _change(
        self, monitor_ids: Iterable[str], change: Callable[[DetectorState], DetectorState]
    ) -> None:
        wanted = set(monitor_ids)
        with self._lock:
            self._keep_time()
            for group in self.groups:
                group.apply_counted_replies(self._time.offset)
                self._decisions.change(group, wanted, change)
                self._probe(group)

    def _new_group(self, monitor: Monitor) -> ProbeGroup:
        kind, options, detection = monitor.mon_type, named_options(monitor), monitor.detection
        key = statistics_key(kind, monitor.address, dict(options))
        # Without an address nothing was sent.
        minutes = self._buffer_of(key) if monitor.address else NO_STATISTICS
        neighbour = self.neighbour.of_kind(kind)
        group = ProbeGroup(kind, options, detection, self._mailbox, neighbour, minutes)
        group.target = self._probers.new_target(monitor, group.deliver)
        return group

    def _buffer_of(self, key: str) -> MinuteStatsBuffer:
        """The statistics of a target; they outlive its group until they are taken."""
        for one in self._minutes:
            if one.key == key:
                return one
        fresh = MinuteStatsBuffer(key)
        self._minutes += (fresh,)
        return fresh

    def _probe(self, group: ProbeGroup) -> None:
        """Probe its target at the pace that its monitors want, or not at all."""
        if group.is_paused:
            if group.is_probed:
                group.target.stop()
                group.is_probed, group.refusal = False, None
        elif group.is_probed:
            self._set_pace(group)
        else:
            if group.was_started:
                self._renew_target(group)
            group.pace, group.is_probed, group.was_started = group.wanted_pace(), True, True
            group.target.start(group.pace)

    def _renew_target(self, group: ProbeGroup) -> None:
        """One that was stopped is not started again."""
        before = group.target
        monitor = next(iter(group.monitors.values()))
        group.target = self._probers.new_target(monitor, group.deliver)
        group.target.last_rtt, group.watched_from = before.last_rtt, time.monotonic()

    def _set_pace(self, group: ProbeGroup) -> None:
        pace = group.wanted_pace()
        if pace is not group.pace:
            group.pace = pace
            group.target.set_pace(pace)
