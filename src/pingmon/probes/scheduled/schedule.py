"""When the next probe of each target leaves. Pure: time is passed in.

A settled target is probed on a grid of its own; its silence hurries the next probe. While a change is
being confirmed probes are a second apart. Starts are spread, and all intervals are stretched alike
when probes leave late for long.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from pingmon.model.interval_stretch import Backpressure
from pingmon.model.prober_protocols import Pace
from pingmon.probes.scheduled.target import ScheduledProbe, ScheduledTarget

CONFIRM_INTERVAL = 1.0  # s; losses less than 1 s apart are correlated
PROBE_NOW_SPACING = 0.2  # s
FIRST_SPACING = 0.01  # s; new targets are started at this distance, within their interval
BURST = 250  # probes in a row, before whoever sends them has to look at what came back

T = TypeVar("T", bound=ScheduledTarget[Any])


class Schedule(Generic[T]):
    """Not thread-safe. All times are monotonic seconds."""

    def __init__(self, send: Callable[[T, float], ScheduledProbe | None]) -> None:
        """send: a probe of that target leaves now; None when it could not leave."""
        self.backpressure = Backpressure()
        self._send = send
        self._heap: list[tuple[float, int, T]] = []
        self._tickets = itertools.count(1)
        self._quiet: deque[ScheduledProbe] = deque()  # of settled targets, until they are a second old
        self._next_start = 0.0

    def targets(self) -> Iterator[T]:
        """Those that were not removed; some of them twice."""
        return (target for _, _, target in self._heap if not target.removed)

    def next_due(self) -> float:
        """When there is something to do; infinite when never."""
        due = self._heap[0][0] if self._heap else float("inf")
        return min(due, self._quiet[0].sent_mono + CONFIRM_INTERVAL) if self._quiet else due

    def late_now(self, turn_due: float, now: float) -> float:
        """Seconds: of the latest probe, or since whoever sends should have looked here again."""
        try:
            latest = self.backpressure.lateness[-1]
        except IndexError:  # also as another thread takes them meanwhile
            latest = 0.0
        return max(latest, now - turn_due)

    def start(self, target: T, now: float) -> None:
        ahead = max(self._next_start, now) - now
        self._next_start = now + ahead + min(FIRST_SPACING, target.interval / 2)
        self._put(target, now + ahead % target.interval)

    def change_pace(self, target: T, pace: Pace, now: float) -> None:
        if target.removed or target.pace is pace:
            return
        target.pace = pace
        if pace is Pace.CONFIRMING:
            # Not sooner, though its interval may be shorter: the latest probe may be silent, too.
            self._put(target, max(now, target.last_sent + CONFIRM_INTERVAL))
        elif target.started:
            self._put(target, self._regular(target, now))

    def probe_now(self, target: T, now: float) -> None:
        """Probe now, not at its next turn, and hand the result over at once."""
        if target.removed or target.result_wanted:
            return
        target.result_wanted = True
        is_confirming = target.pace is Pace.CONFIRMING or target.outstanding
        spacing = CONFIRM_INTERVAL if is_confirming else PROBE_NOW_SPACING
        soonest = max(now, target.last_sent + spacing)
        if soonest < target.due:
            self._put(target, soonest)

    def probe_silent_targets(self, now: float) -> None:
        """A settled target that is silent for a second is probed again, before its timeout."""
        quiet, old = self._quiet, now - CONFIRM_INTERVAL
        while quiet and (quiet[0].answered or quiet[0].sent_mono <= old):
            probe = quiet.popleft()
            target = probe.target
            silent = probe.result is None and not (probe.answered or target.removed)
            if silent and target.pace is Pace.SETTLED and target.due > now:
                self._put(target, now)

    def send_due(self, now: float, most: int = BURST) -> bool:
        """Send what is due, so many at a time; whether more is due."""
        heap, left, late = self._heap, most, self.backpressure.lateness.append
        while heap and heap[0][0] <= now:
            due, ticket, target = heap[0]
            if target.removed or ticket != target.ticket:
                heapq.heappop(heap)
                continue
            if left <= 0:
                return True
            left -= 1
            settled = target.pace is Pace.SETTLED
            # Silence of a settled target: hold back until it is old enough to confirm, whoever asks. Also
            # once its probe is lost: whoever decides hears of it and sets the pace a moment later.
            if settled and (target.outstanding or target.last_reply < target.last_sent):
                earliest = target.last_sent + CONFIRM_INTERVAL
                if now < earliest:
                    self._replace(target, earliest)
                    continue
            late(now - due)
            target.last_sent = now
            probe = self._send(target, now)
            if probe is not None:
                target.last_sent = probe.sent_mono  # after `now`: many others left first
                if settled and target.interval > CONFIRM_INTERVAL:
                    self._quiet.append(probe)
            confirming = target.pace is Pace.CONFIRMING
            next_due = target.last_sent + CONFIRM_INTERVAL if confirming else self._regular(target, now)
            self._replace(target, next_due)
        return False

    def _regular(self, target: T, now: float) -> float:
        """The next point on the target's own grid: spread over the interval, stable for ever."""
        interval = target.interval * self.backpressure.stretch
        gap = interval - (now - target.phase * interval) % interval
        return now + (gap if gap > 1e-6 else gap + interval)

    def _put(self, target: T, due: float) -> None:
        target.due, target.ticket = due, next(self._tickets)
        heapq.heappush(self._heap, (due, target.ticket, target))

    def _replace(self, target: T, due: float) -> None:
        """As _put, for the target at the head of the heap."""
        target.due, target.ticket = due, next(self._tickets)
        heapq.heapreplace(self._heap, (due, target.ticket, target))
