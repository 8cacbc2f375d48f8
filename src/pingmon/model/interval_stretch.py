"""Backpressure: when probes leave late for long, intervals are stretched. Pure.

Then all intervals are stretched by the same factor, so that every target is probed as often as any
other; the factor falls as it rose when there is room again. Lateness never makes a loss: a probe's
timeout begins when it leaves.
"""

from collections import deque

WINDOW = 1.0  # s between looks
LATE, EASY = 0.1, 0.03  # s; of half of the probes
LATE_WINDOWS = 5  # in a row before anything is stretched
STRETCH, EASE, MOST = 1.1, 1.1, 100.0  # a window


class Backpressure:
    """lateness: of the latest probes, seconds. stretch: what intervals are multiplied by."""

    def __init__(self) -> None:
        self.lateness: deque[float] = deque(maxlen=2000)
        self.stretch = 1.0
        self.p99 = 0.0
        self._strikes = 0
        self._next = 0.0

    def adjust(self, now: float) -> str | None:
        """Look at the latest lateness, once per window; what to tell people, if anything."""
        if now < self._next:
            return None
        self._next = now + WINDOW
        latest = sorted(self.lateness)
        self.lateness.clear()
        if not latest:
            return None
        median, self.p99 = latest[len(latest) // 2], latest[int(len(latest) * 0.99)]
        before = self.stretch
        if median > LATE:
            self._strikes += 1
            if self._strikes >= LATE_WINDOWS:
                self.stretch = min(MOST, self.stretch * STRETCH)
        else:
            self._strikes = 0
            if median < EASY:
                self.stretch = max(1.0, self.stretch / EASE)
        if before == 1.0 < self.stretch:
            return (
                f"this machine can't keep up: half of the probes leave {median:.1f} s late; "
                "all intervals are stretched until it can"
            )
        if before > 1.0 == self.stretch:
            return "this machine keeps up again: intervals are as they were set"
        return None
