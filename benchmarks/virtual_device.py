"""One device in virtual time: pingmon's own detector, paced as worker and pinger pace it.

Probes leave when they would leave (`Pace` in probes/target.py), results come in the order in which
probes were sent, after their timeouts, and late replies when they come. A settled device's replies
are counted as the worker counts them: many at once. `tests/model/test_virtual_device.py` holds it
against the real Worker.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any

from benchmarks.virtual_paths import Path, Segment
from pingmon.model.detection_settings import CONFIRM, DetectionSettings
from pingmon.model.detector import observe
from pingmon.model.detector_state import DetectorState, State, Transition, TransitionKind
from pingmon.model.probe_result import Outcome, ProbeResult

LATE_WINDOW = 60.0  # s; as the pinger has it
DEATH = 600.0  # s


@dataclass
class Life:
    """alarms: when something was told that was not so. delays: from each death to its message.

    untold: deaths of which nothing was told, already: deaths while "down" was told. Seconds.
    """

    alarms: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    untold: int = 0
    already: int = 0


class VirtualDevice:
    """deaths: when the device dies, for DEATH seconds each, rising. pool: it has neighbours."""

    def __init__(
        self,
        path: Path,
        detection: DetectionSettings,
        chance: Random,
        deaths: tuple[float, ...] = (),
        pool: Any = None,
        name: str = "",
    ) -> None:
        self.pool, self.name = pool, name
        self.path, self.detection, self.chance = path, detection, chance
        self.state, self.life, self.now = DetectorState(), Life(), 0.0
        self.transitions: list[Transition] = []
        self._segments = path.segments(chance)
        self._segment = Segment(-math.inf, 0.0)
        self._phase = chance.random() * detection.interval
        self._deaths = deque(deaths)
        self._told = self._was_dead = False
        self._replies = 0  # of the settled device, not in its state yet
        self._last, self._silent = -math.inf, False
        self._due = self._phase
        self._answer_in = 1
        self._pending: deque[tuple[float, ProbeResult]] = deque()
        self._late: list[tuple[float, ProbeResult]] = []

    def live(self, until: float) -> Life:
        while True:
            due = self._next_send()
            late = self._late[0][0] if self._late else math.inf
            result = self._pending[0][0] if self._pending else math.inf
            first = min(late, result, due)
            if first >= until:
                break
            self.now = first
            if first == result:
                self._take(self._pending.popleft()[1])
            elif first == late:
                self._take(heappop(self._late)[1])
            else:
                self._send(due, until)
        self._count()
        return self.life

    @property
    def _dead_since(self) -> float:
        return self._deaths[0] if self._deaths else math.inf

    def _next_send(self) -> float:
        if self._last < 0:
            return self._due
        state = self.state
        if state.confirming or (state.state is State.UP and self._silent):
            return self._last + CONFIRM
        interval = self.detection.interval
        turn = math.floor((self._last - self._phase) / interval + 1e-6) + 1
        regular = self._phase + turn * interval
        return max(regular, self._last + CONFIRM) if state.settled and self._pending else regular

    def _send(self, at: float, until: float) -> None:
        if at >= self._dead_since + DEATH:
            self._deaths.popleft()
            self.life.untold += not self._told
            self._told = False
        dead = at >= self._dead_since
        if dead and not self._was_dead and self.state.told is State.DOWN:
            self._told = True
            self.life.already += 1
        self._was_dead = dead
        while self._segment.until <= at:
            self._segment = next(self._segments)
        segment = self._segment
        if (
            not (dead or self._pending or self._late)
            and self.state.settled
            and not self.path.answers_every
        ):
            at = self._skip(at, min(segment.until, self._dead_since, until), segment)
            if at >= min(segment.until, self._dead_since, until):
                return
            lost = segment.rtt <= self.detection.timeout  # the skip ended at a loss
        else:
            lost = dead or self._is_lost(segment)
        self._last = at
        before = self._pending[-1][0] if self._pending else 0.0
        timeout, rtt = self.detection.timeout, segment.rtt
        self._silent = lost or rtt > min(CONFIRM, timeout)
        if lost or rtt > timeout:
            self._pending.append((max(before, at + timeout), ProbeResult(Outcome.TIMEOUT, at)))
            if not lost and rtt <= LATE_WINDOW:
                heappush(self._late, (at + rtt, ProbeResult(Outcome.LATE, at, rtt)))
        else:
            self._pending.append((max(before, at + rtt), ProbeResult(Outcome.REPLY, at, rtt)))

    def _skip(self, at: float, until: float, segment: Segment) -> float:
        """Count replies from `at` on; returns when the first loss or the first beyond `until` leaves."""
        if segment.rtt > self.detection.timeout:
            return at
        interval = self.detection.interval
        left = max(0, math.ceil((until - at) / interval)) if until < math.inf else math.inf
        good = left
        if segment.loss:
            loss = segment.loss
            drawn = 0 if loss >= 1 else math.log(1 - self.chance.random()) / math.log(1 - loss)
            good = min(left, int(drawn))
        assert good < math.inf
        if good:
            self._replies += int(good)
            self._last, self._silent = at + (good - 1) * interval, False
        return at + good * interval

    def _is_lost(self, segment: Segment) -> bool:
        if self.path.answers_every:
            self._answer_in -= 1
            if self._answer_in:
                return True
            self._answer_in = self.chance.randint(*self.path.answers_every)
            return False
        return segment.loss > 0 and self.chance.random() < segment.loss

    def _count(self) -> None:
        if self._replies:
            if self.pool:
                self.pool.add_probes(self.name, self._replies, self.now)
            self.state = self.state.with_replies(self._replies, self.now)
            self._replies = 0

    def _take(self, result: ProbeResult) -> None:
        self._count()
        before = self.state
        if self.pool is None:
            self.state, transition = observe(before, result, self.now, self.detection)
        else:
            self.state, transition = self._observe_with_neighbours(before, result)
        if transition is None:
            return
        self.transitions.append(transition)
        if not transition.announce:
            return
        began = transition.after is State.DOWN and transition.kind is TransitionKind.CHANGE
        if not began and transition.kind is not TransitionKind.FLAPPING:
            return
        if not self._dead_since <= self.now < self._dead_since + DEATH:
            self.life.alarms.append(self.now)
        elif not self._told:
            self._told = True
            self.life.delays.append(self.now - self._dead_since)

    def _observe_with_neighbours(
        self, before: DetectorState, result: ProbeResult
    ) -> tuple[DetectorState, Transition | None]:
        from pingmon.model.pool import NO_PRIOR, ended_losses  # other revisions have no pools

        prior = self.pool.prior(self.name, self.now) if result.is_loss and before.run else None
        after, transition = observe(before, result, self.now, self.detection, prior or NO_PRIOR)
        if losses := ended_losses(before, after, self.detection.timeout):
            told, interval = before.state is State.DOWN, self.detection.interval
            self.pool.add_ended_run(self.name, losses, self.now, told, interval)
        elif result.outcome is Outcome.REPLY:
            self.pool.add_probes(self.name, 1, self.now)
        return after, transition
