"""What the neighbours of a device teach about its path: devices that are reached by the same way out.

A pool counts runs of losses that *ended*, so that a mass death teaches nobody that long runs are
harmless. What ended together counts as one event or little more: a switch that reboots for a minute
does not teach two hundred devices a patience of a minute. Pure: time is passed in, seconds.
"""

from collections import deque
from dataclasses import dataclass, field
from math import exp, inf
from typing import Any, NamedTuple

from pingmon.model.detector_state import DetectorState, State
from pingmon.model.loss_model import NO_PRIOR, P_LEAST, PathPrior
from pingmon.model.run_lengths import Counts, class_of
from pingmon.model.run_rate import DOUBT

__all__ = ["NO_PRIOR", "Pool", "ended_losses", "pool_from_json"]

WINDOW = 2.0  # s; what is reported within it is counted together, in any order
MEMORIES = (12.0, 60.0, 3600.0, 86400.0)  # s; the present, and the past
MINUTE, HOUR, DAY = 1, 2, 3  # of them
EVENTS = 2.0  # short runs that a window counts as, at most: a path can't begin more, a second each
LONG = 8  # losses; longer runs, and those told, may be the device's or a switch's
ALIKE = 1.5  # the k-th of long runs that began together counts as k^-ALIKE: all of them as 2.6 at most
TOGETHER = 0.8  # intervals, and a window: what began closer to each other began together
RUNS_MOST = 60.0  # runs that what neighbours taught is worth, at most
LONG_MOST = 300  # groups of long runs that are remembered, to find those that began together
P_MOST = 0.9
LEAST = 0.5  # events, from which a memory says something
KNOWN = 200.0  # probes within an hour, from which also a pool without losses says something
FORGET_EVERY = int(3600 / WINDOW)  # windows
CLEAN_EVERY = int(60 / WINDOW)  # windows
CLEAN_MOST = 20  # members by whose clean time a path without losses is judged
TAUGHT_FOR = 0.2  # s; so long at most what is taught is not worked out again


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

    def add(self, window: "Window", alike: dict["Run", int]) -> None:
        """Many members count as one path: its shares are theirs, its runs as many as one has."""
        runs = sum(window.short.values())
        weight = min(1.0, EVENTS / max(1, runs))
        self.probes += window.probes
        self.losses += runs
        _add(self.short, {at: count * weight for at, count in window.short.items()})
        for run, count in window.long.items():
            _add(self.long, {run.at: count * alike[run] ** -ALIKE})

    def seen(self) -> tuple[float, list[float]] | None:
        """p, and runs by length. Long runs count from when they were more than one event or two."""
        long = sum(self.long)
        again = max(0.0, 1 - DOUBT / long) if long else 0.0
        lengths = [0.0] * max(len(self.short), len(self.long))
        _add(lengths, dict(enumerate(self.short)))
        _add(lengths, {at: count * again for at, count in enumerate(self.long)})
        if sum(lengths) < LEAST:
            return None
        return (self.losses + long * again) / max(self.probes, 1.0), lengths


class Run(NamedTuple):
    """A long one. at: class of length. began: window; within so many windows others began together."""

    at: int
    began: int
    within: int


@dataclass(slots=True)
class Window:
    """What was reported within WINDOW: probes, and runs by class of length."""

    number: int = -1
    probes: int = 0
    short: dict[int, int] = field(default_factory=dict)
    long: dict[Run, int] = field(default_factory=dict)


class Pool:
    """The order in which members report within WINDOW does not matter. Not thread-safe.

    Replies may be reported late and many at once: only their share of all probes counts.
    """

    def __init__(self) -> None:
        self._memories = [Memory(seconds) for seconds in MEMORIES]
        self._window = Window()
        self._long: deque[tuple[int, int]] = deque()  # windows in which long runs began, and how many
        self._reporters: dict[str, int] = {}  # member → window of its latest run
        self._heard: list[tuple[int, str]] = []  # window and name of the two latest members that answered
        self._taught: PathPrior | None = None
        self._taught_at = -inf
        self._clean: tuple[float, ...] = ()
        self._clean_at = -1

    def add_probes(self, member: str, count: int, now: float) -> None:
        """Probes of a member that were answered."""
        self._close(now)
        self._window.probes += count
        if self._heard and self._heard[-1][1] == member:
            self._heard.pop()
        self._heard = [*self._heard[-1:], (self._window.number, member)]

    def add_ended_run(
        self, member: str, losses: int, now: float, told: bool = False, interval: float = 1.0
    ) -> None:
        """A reply ended a member's run of losses. told: it was announced as an outage.

        interval: of the member, seconds, by which the first loss may be later than what caused it.
        """
        self._close(now)
        window, at = self._window, class_of(losses)
        if told or losses > LONG:
            within = 1 + round(TOGETHER * interval / WINDOW)
            run = Run(at, int((now - losses) / WINDOW), within)
            window.long[run] = window.long.get(run, 0) + 1
        else:
            window.short[at] = window.short.get(at, 0) + 1
        window.probes += 1
        self._reporters[member] = window.number

    def prior(self, member: str, now: float) -> PathPrior | None:
        """What is taught, the worst memory counts; None if nobody but the member reported."""
        self._close(now)
        oldest = self._window.number - MEMORIES[DAY] / WINDOW
        if not any(one != member and at >= oldest for one, at in self._reporters.items()):
            return None
        if not 0 <= now - self._taught_at < TAUGHT_FOR:
            self._taught, self._taught_at = self._teach(), now
        return self._taught

    def _teach(self) -> PathPrior | None:
        """The worst p of all memories; of run lengths each has its share, however few the present has."""
        present = [one for one in (self._present(0).seen(), self._present(MINUTE).seen()) if one]
        older = [one for one in (memory.seen() for memory in self._memories[HOUR:]) if one]
        if not (present or older):
            return None
        p = max(P_LEAST, min(P_MOST, max(one for one, _ in (*present, *older))))
        older_p = min((one for one, _ in older), default=0.0)
        return PathPrior(
            round(p, 9), _shared(present), _shared(older), round(older_p, 9), self._clean_times()
        )

    def _clean_times(self) -> tuple[float, ...]:
        """See PathPrior.clean; worked out once a minute, of some members: there may be thousands."""
        last = self._window.number
        if last // CLEAN_EVERY != self._clean_at:
            self._clean_at = last // CLEAN_EVERY
            ages = sorted((last - at) * WINDOW for at in self._reporters.values())
            ages = [one for one in ages if one <= MEMORIES[DAY]]
            self._clean = tuple(ages[:: max(1, len(ages) // CLEAN_MOST)])
        return self._clean

    def is_known(self, member: str, now: float) -> bool:
        """Whether others than the member answered so often within an hour that no loss says something."""
        self._close(now)
        oldest = self._window.number - MEMORIES[HOUR] / WINDOW
        is_heard = any(one != member and at >= oldest for at, one in self._heard)
        return is_heard and self._memories[HOUR].probes >= KNOWN

    def lost_lately(self, member: str, now: float) -> tuple[int, float]:
        """How many others lost something within a minute, and the share of probes that began a run."""
        self._close(now)
        since = self._window.number - MEMORIES[MINUTE] / WINDOW
        memory = self._present(MINUTE)
        members = sum(one != member and at >= since for one, at in self._reporters.items())
        return members, memory.losses / memory.probes if memory.probes else 0.0

    def is_alive(self, now: float) -> bool:
        """Whether anybody answered within an hour, or lost something within a day."""
        self._close(now)
        if any(at >= self._window.number - MEMORIES[HOUR] / WINDOW for at, _ in self._heard):
            return True
        oldest = self._window.number - MEMORIES[DAY] / WINDOW
        return any(at >= oldest for at in self._reporters.values())

    def to_json(self) -> dict[str, Any]:
        """What is known, without the window that is open."""
        return {
            "window": self._window.number,
            "memories": [[one.probes, one.losses, one.short, one.long] for one in self._memories],
            "long": [list(one) for one in self._long],
            "reporters": self._reporters,
            "heard": [list(one) for one in self._heard],
        }

    def _present(self, which: int) -> Memory:
        """That memory with the window that is open: a path that turns bad is believed at once."""
        memory = self._memories[which]
        known = Memory(memory.seconds, memory.probes, memory.losses, [*memory.short], [*memory.long])
        known.add(self._window, self._alike())
        return known

    def _alike(self) -> dict[Run, int]:
        """Of long runs that end now: how many began when they did and have ended."""
        ended = [(run.began, count) for run, count in self._window.long.items()]
        return {
            run: sum(count for at, count in (*ended, *self._long) if abs(at - run.began) <= run.within)
            for run in self._window.long
        }

    def _close(self, now: float) -> None:
        number, window = int(now / WINDOW), self._window
        if number <= window.number:
            return
        if number // FORGET_EVERY != window.number // FORGET_EVERY:
            oldest = number - MEMORIES[DAY] / WINDOW
            self._reporters = {one: at for one, at in self._reporters.items() if at >= oldest}
        if window.probes:
            alike = self._alike()
            for memory in self._memories:
                memory.add(window, alike)
            self._long.extend((run.began, count) for run, count in window.long.items())
        while len(self._long) > LONG_MOST:
            self._long.popleft()
        if window.number >= 0:
            for memory in self._memories:
                memory.fade((number - window.number) * WINDOW)
        self._window = Window(number)


def _shared(found: list[tuple[float, list[float]]]) -> Counts:
    """Runs by length, of each memory a share of what neighbours are worth."""
    lengths = [0.0] * max((len(counts) for _, counts in found), default=0)
    for _, counts in found:
        share = min(1.0, RUNS_MOST / len(MEMORIES) / sum(counts))
        _add(lengths, {at: count * share for at, count in enumerate(counts)})
    return tuple(round(one, 6) for one in lengths)


def _add(counts: list[float], more: dict[int, float]) -> None:
    if more:
        counts += [0.0] * (max(more) + 1 - len(counts))
    for at, count in more.items():
        counts[at] += count


def pool_from_json(saved: dict[str, Any], now: float) -> Pool:
    """What `Pool.to_json` gave. A clock that was set back since then stops nothing."""
    pool = Pool()
    pool._window = Window(min(saved["window"], int(now / WINDOW)))
    for memory, counts in zip(pool._memories, saved["memories"], strict=True):
        memory.probes, memory.losses, memory.short, memory.long = counts
    pool._long = deque((number, count) for number, count in saved["long"])
    pool._reporters = dict(saved["reporters"])
    pool._heard = [(at, member) for at, member in saved["heard"]]
    return pool


def ended_losses(before: DetectorState, after: DetectorState, timeout: float) -> int:
    """Losses of the run that a result ended, which made `after` of `before`; 0 if it ended none."""
    if after.loss_model is before.loss_model or after.loss_model.replies:
        return 0
    if before.state is State.DOWN and after.state is State.UP:
        return before.decided_run + max(0, int(after.told_since - before.decided_at + timeout - 1))
    return before.run if before.run_is_loss else before.lost
