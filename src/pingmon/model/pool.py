"""What the neighbours of a device teach about its path: devices that are reached by the same way out.

A pool counts runs of losses that *ended*, so that a mass death teaches nobody that long runs are
harmless. Runs of a like length that overlap in time are one event: a switch that reboots for a minute
does not teach two hundred devices a patience of a minute. Pure: time is passed in, seconds.
"""

from dataclasses import dataclass, field
from math import exp
from typing import Any

from pingmon.model.detector import DetectorState, State
from pingmon.model.loss_model import NO_PRIOR, P_LEAST, PathPrior
from pingmon.model.run_lengths import STARTS, class_of

__all__ = ["NO_PRIOR", "Pool", "ended_losses", "pool_from_json"]

WINDOW = 2.0  # s; what is reported within it is counted together, in any order
MEMORIES = (60.0, 3600.0, 86400.0)  # s; the present, and the past
EVENTS = 2.0  # runs that a window counts as, at most: a path can't begin more, a second each
PROBES = 20.0  # probes that a window counts as, at most
RUNS_MOST = 20.0  # runs that what neighbours taught is worth, at most
LEAST = 0.5  # events, from which a memory says something


@dataclass(slots=True)
class Memory:
    """Counts that fade with `seconds`. lengths: events, by class of length."""

    seconds: float
    probes: float = 0.0
    losses: float = 0.0
    lengths: list[float] = field(default_factory=list)

    def fade(self, passed: float) -> None:
        left = exp(-passed / self.seconds)
        self.probes *= left
        self.losses *= left
        self.lengths = [one * left for one in self.lengths]

    def add(self, probes: float, losses: float, lengths: dict[int, float]) -> None:
        self.probes += probes
        self.losses += losses
        if lengths:
            self.lengths += [0.0] * (max(lengths) + 1 - len(self.lengths))
        for at, count in lengths.items():
            self.lengths[at] += count


class Pool:
    """The order in which members report within WINDOW does not matter."""

    def __init__(self) -> None:
        self.memories = [Memory(seconds) for seconds in MEMORIES]
        self._window = -1
        self._runs: dict[int, int] = {}  # of the window that is open, by class
        self._probes = 0
        self._counted: dict[int, float] = {}  # class → events of late, leaking at one in its own length
        self._reporters: dict[str, int] = {}  # member → window of its latest run

    def add_probes(self, count: int, now: float) -> None:
        """Probes of any member that were answered."""
        self._close(now)
        self._probes += count

    def add_ended_run(self, member: str, losses: int, now: float) -> None:
        """A reply ended a member's run of losses, told or not."""
        self._close(now)
        at = class_of(losses)
        self._runs[at] = self._runs.get(at, 0) + 1
        self._probes += 1
        self._reporters[member] = self._window

    def prior(self, member: str, now: float) -> PathPrior | None:
        """What the others have taught, the worst memory counts; None if nobody else reported."""
        self._close(now)
        oldest = self._window - MEMORIES[-1] / WINDOW
        if not any(one != member and at >= oldest for one, at in self._reporters.items()):
            return None
        found = [self._of(memory) for memory in (self._present(), *self.memories[1:])]
        known = [one for one in found if one is not None]
        return max(known, key=lambda one: (one.p, one.lengths)) if known else None

    def _present(self) -> Memory:
        """The last minute, with the window that is open: a path that turns bad is believed at once."""
        memory = self.memories[0]
        runs = sum(self._runs.values())
        if not runs:
            return memory
        weight, share = min(1.0, EVENTS / runs), min(1.0, PROBES / self._probes)
        present = Memory(memory.seconds, memory.probes, memory.losses, list(memory.lengths))
        lengths = {at: max(0.0, min(count * weight, self._room(at))) for at, count in self._runs.items()}
        present.add(self._probes * share, runs * share, lengths)
        return present

    def _room(self, at: int) -> float:
        """Runs of one length that end within it overlap: together they are one event at most."""
        return max(1.0, WINDOW / STARTS[at]) - self._counted.get(at, 0.0)

    def lost_lately(self, now: float) -> tuple[int, float]:
        """How many members lost something within a minute, and the share of probes that began a run."""
        self._close(now)
        since = self._window - MEMORIES[0] / WINDOW
        members = sum(at >= since for at in self._reporters.values())
        memory = self.memories[0]
        return members, memory.losses / memory.probes if memory.probes else 0.0

    def to_json(self) -> dict[str, Any]:
        """What is known, without the window that is open."""
        return {
            "window": self._window,
            "memories": [[one.probes, one.losses, one.lengths] for one in self.memories],
            "counted": list(self._counted.items()),
            "reporters": self._reporters,
        }

    def _close(self, now: float) -> None:
        window = int(now / WINDOW)
        if window <= self._window:
            return
        passed = (window - self._window) * WINDOW if self._window >= 0 else 0.0
        if self._runs or self._probes:
            self._fold()
        for memory in self.memories:
            memory.fade(passed)
        for at, events in list(self._counted.items()):
            left = events - passed / STARTS[at]
            self._counted[at] = left
            if left <= 0:
                del self._counted[at]
        if self._window >= 0 and window // 1000 != self._window // 1000:
            oldest = window - MEMORIES[-1] / WINDOW
            self._reporters = {one: at for one, at in self._reporters.items() if at >= oldest}
        self._window = window

    def _fold(self) -> None:
        """Many members count as one path: its shares are theirs, its weight that of one."""
        runs, probes = sum(self._runs.values()), max(1, self._probes)
        weight, share = min(1.0, EVENTS / max(1, runs)), min(1.0, PROBES / probes)
        events = dict[int, float]()
        for at, count in self._runs.items():
            events[at] = max(0.0, min(count * weight, self._room(at)))
            self._counted[at] = self._counted.get(at, 0.0) + events[at]
        for memory in self.memories:
            memory.add(probes * share, runs * share, events)
        self._runs, self._probes = {}, 0

    @staticmethod
    def _of(memory: Memory) -> PathPrior | None:
        events = sum(memory.lengths)
        if events < LEAST:
            return None
        scale = RUNS_MOST / (RUNS_MOST + events)
        lengths = tuple(round(one * scale, 6) for one in memory.lengths)
        return PathPrior(max(P_LEAST, memory.losses / max(memory.probes, 1.0)), lengths)


def pool_from_json(saved: dict[str, Any]) -> Pool:
    """What `Pool.to_json` gave."""
    pool = Pool()
    pool._window = saved["window"]
    for memory, (probes, losses, lengths) in zip(pool.memories, saved["memories"], strict=True):
        memory.add(probes, losses, dict(enumerate(lengths)))
    pool._counted = dict(saved["counted"])
    pool._reporters = dict(saved["reporters"])
    return pool


def ended_losses(before: DetectorState, after: DetectorState, timeout: float) -> int:
    """Losses of the run that a result ended, which made `after` of `before`; 0 if it ended none."""
    if after.loss_model is before.loss_model or after.loss_model.replies:
        return 0
    if before.state is State.DOWN and after.state is State.UP:
        return before.decided_run + max(0, int(after.told_since - before.decided_at + timeout - 1))
    return before.run if before.run_is_loss else before.lost
