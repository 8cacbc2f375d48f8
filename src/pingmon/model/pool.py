"""What the neighbours of a device teach about its path: devices that are reached by the same way out.

A pool counts runs of losses that *ended*, so that a mass death teaches nobody that long runs are
harmless. What ended together counts as one event or little more: a switch that reboots for a minute
does not teach two hundred devices a patience of a minute. Pure: time is passed in, seconds.
"""

from collections import deque
from dataclasses import dataclass, field
from math import exp
from typing import Any

from pingmon.model.detector_state import DetectorState, State
from pingmon.model.loss_model import NO_PRIOR, P_LEAST, PathPrior
from pingmon.model.run_lengths import STARTS, class_of
from pingmon.model.run_rate import DOUBT

__all__ = ["NO_PRIOR", "Pool", "ended_losses", "pool_from_json"]

WINDOW = 2.0  # s; what is reported within it is counted together, in any order
MEMORIES = (60.0, 3600.0, 86400.0)  # s; the present, and the past
EVENTS = 2.0  # short runs that a window counts as, at most: a path can't begin more, a second each
PROBES = 20.0  # probes that a window counts as, at most
LONG = 8  # losses; longer runs, and those told, may be the device's or a switch's
ALIKE = 1.5  # the k-th of long runs that overlap counts as k^-ALIKE: all of them as 2.6 at most
RUNS_MOST = 20.0  # runs that what neighbours taught is worth, at most
LEAST = 0.5  # events, from which a memory says something


@dataclass(slots=True)
class Memory:
    """Counts that fade with `seconds`. short, long: events by class of length."""

    seconds: float
    probes: float = 0.0
    losses: float = 0.0
    short: list[float] = field(default_factory=list)
    long: list[float] = field(default_factory=list)

    def fade(self, passed: float) -> None:
        left = exp(-passed / self.seconds)
        self.probes *= left
        self.losses *= left
        self.short = [one * left for one in self.short]
        self.long = [one * left for one in self.long]

    def add(self, window: "Window", overlapping: dict[int, int]) -> None:
        """Many members count as one path: its shares are theirs, its weight that of one."""
        runs = sum(window.short.values())
        share = min(1.0, PROBES / max(1, window.probes))
        weight = min(1.0, EVENTS / max(1, runs))
        self.probes += window.probes * share
        self.losses += runs * share
        _add(self.short, {at: count * weight for at, count in window.short.items()})
        _add(self.long, {at: n * overlapping[at] ** -ALIKE for at, n in window.long.items()})

    def prior(self) -> PathPrior | None:
        """Long runs count from when they were more than one event or two."""
        long = sum(self.long)
        again = max(0.0, 1 - DOUBT / long) if long else 0.0
        lengths = [0.0] * max(len(self.short), len(self.long))
        _add(lengths, dict(enumerate(self.short)))
        _add(lengths, {at: count * again for at, count in enumerate(self.long)})
        events = sum(lengths)
        if events < LEAST:
            return None
        scale = RUNS_MOST / (RUNS_MOST + events)
        p = (self.losses + sum(self.long) * again) / max(self.probes, 1.0)
        return PathPrior(
            round(max(P_LEAST, min(0.9, p)), 9), tuple(round(one * scale, 6) for one in lengths)
        )


@dataclass(slots=True)
class Window:
    """What was reported within WINDOW: probes, and runs by class of length."""

    number: int = -1
    probes: int = 0
    short: dict[int, int] = field(default_factory=dict)
    long: dict[int, int] = field(default_factory=dict)


class Pool:
    """The order in which members report within WINDOW does not matter."""

    def __init__(self) -> None:
        self._memories = [Memory(seconds) for seconds in MEMORIES]
        self._window = Window()
        self._long: deque[tuple[int, int]] = deque()  # window → long runs that ended in it
        self._reporters: dict[str, int] = {}  # member → window of its latest run

    def add_probes(self, count: int, now: float) -> None:
        """Probes of any member that were answered."""
        self._close(now)
        self._window.probes += count

    def add_ended_run(self, member: str, losses: int, now: float, told: bool = False) -> None:
        """A reply ended a member's run of losses. told: it was announced as an outage."""
        self._close(now)
        window, at = self._window, class_of(losses)
        counts = window.long if told or losses > LONG else window.short
        counts[at] = counts.get(at, 0) + 1
        window.probes += 1
        self._reporters[member] = window.number

    def prior(self, member: str, now: float) -> PathPrior | None:
        """What is taught, the worst memory counts; None if nobody but the member reported."""
        self._close(now)
        oldest = self._window.number - MEMORIES[-1] / WINDOW
        if not any(one != member and at >= oldest for one, at in self._reporters.items()):
            return None
        found = [memory.prior() for memory in (self._present(), *self._memories[1:])]
        return max((one for one in found if one), default=None)

    def lost_lately(self, now: float) -> tuple[int, float]:
        """How many members lost something within a minute, and the share of probes that began a run."""
        self._close(now)
        since = self._window.number - MEMORIES[0] / WINDOW
        memory = self._memories[0]
        members = sum(at >= since for at in self._reporters.values())
        return members, memory.losses / memory.probes if memory.probes else 0.0

    def to_json(self) -> dict[str, Any]:
        """What is known, without the window that is open."""
        return {
            "window": self._window.number,
            "memories": [[one.probes, one.losses, one.short, one.long] for one in self._memories],
            "long": [list(one) for one in self._long],
            "reporters": self._reporters,
        }

    def _present(self) -> Memory:
        """The last minute, with the window that is open: a path that turns bad is believed at once."""
        memory = self._memories[0]
        known = Memory(memory.seconds, memory.probes, memory.losses, [*memory.short], [*memory.long])
        known.add(self._window, self._overlapping())
        return known

    def _overlapping(self) -> dict[int, int]:
        """By class of length: how many long runs ended while such a run, which ends now, went on."""
        window, found = self._window, dict[int, int]()
        here = sum(window.long.values())
        for at in window.long:
            since = window.number - (STARTS[at] / WINDOW + 1)
            found[at] = here + sum(count for number, count in self._long if number >= since)
        return found

    def _close(self, now: float) -> None:
        number, window = int(now / WINDOW), self._window
        if number <= window.number:
            return
        if window.probes:
            overlapping = self._overlapping()
            for memory in self._memories:
                memory.add(window, overlapping)
        if window.long:
            self._long.append((window.number, sum(window.long.values())))
        while self._long and self._long[0][0] < number - STARTS[-1] / WINDOW:
            self._long.popleft()
        if window.number >= 0:
            for memory in self._memories:
                memory.fade((number - window.number) * WINDOW)
        self._window = Window(number)


def _add(counts: list[float], more: dict[int, float]) -> None:
    if more:
        counts += [0.0] * (max(more) + 1 - len(counts))
    for at, count in more.items():
        counts[at] += count


def pool_from_json(saved: dict[str, Any]) -> Pool:
    """What `Pool.to_json` gave."""
    pool = Pool()
    pool._window = Window(saved["window"])
    for memory, counts in zip(pool._memories, saved["memories"], strict=True):
        memory.probes, memory.losses, memory.short, memory.long = counts
    pool._long = deque((number, count) for number, count in saved["long"])
    pool._reporters = dict(saved["reporters"])
    return pool


def ended_losses(before: DetectorState, after: DetectorState, timeout: float) -> int:
    """Losses of the run that a result ended, which made `after` of `before`; 0 if it ended none."""
    if after.loss_model is before.loss_model or after.loss_model.replies:
        return 0
    if before.state is State.DOWN and after.state is State.UP:
        return before.decided_run + max(0, int(after.told_since - before.decided_at + timeout - 1))
    return before.run if before.run_is_loss else before.lost
