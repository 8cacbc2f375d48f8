"""Paths in virtual time: what becomes of a probe that leaves at a given second.

A path is a sequence of segments, each with one loss probability and one round-trip time, so that a
long stretch without loss costs nothing. Seconds are counted from when the device was added.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import NamedTuple

HOUR, DAY = 3600.0, 86400.0
RTT = 0.01  # s


class Segment(NamedTuple):
    """Until `until`, each probe is lost with probability `loss`, and else answered after `rtt`."""

    until: float
    loss: float
    rtt: float = RTT


Segments = Callable[[Random], Iterator[Segment]]


@dataclass(frozen=True)
class Path:
    """share: of the devices and days that others get, where probes are many.

    answers_every: a device that answers one of so many probes only (least and most).
    """

    name: str
    segments: Segments
    share: float = 1.0
    answers_every: tuple[int, int] | None = None


def gaps(
    every: float,
    length: Callable[[Random], float],
    chance: Random,
    loss: float = 1.0,
    jitter: float = -1.0,
) -> Iterator[Segment]:
    """Bad stretches; `jitter` seconds around a regular time, or at any time if it is negative."""
    at, count = 0.0, 0
    while True:
        count += 1
        start = at + chance.expovariate(1 / every)
        if jitter >= 0:
            start = max(at, count * every + chance.uniform(-jitter, jitter))
        at = start + length(chance)
        yield Segment(start, 0.0)
        yield Segment(at, loss)


def pareto(chance: Random, alpha: float = 1.5, least: float = 1.0, most: float = 60.0) -> float:
    """Seconds: Pareto's distribution between two bounds, by its inverse."""
    cut = (least / most) ** alpha
    whole: float = least * (1 - chance.random() * (1 - cut)) ** (-1 / alpha)
    return whole


def constant(seconds: float, chance: Random) -> float:
    return seconds


def exponential(seconds: float, chance: Random) -> float:
    return chance.expovariate(1 / seconds)


def gilbert(burst: float, loss: float, chance: Random) -> Iterator[Segment]:
    """Gilbert's chain with steps of a second: bursts of `burst` seconds on average."""
    good, at = burst * (1 - loss) / loss, 0.0
    while True:
        for mean, lost in ((good, 0.0), (burst, 1.0)):
            at += 1 + int(math.log(1 - chance.random()) / math.log(1 - 1 / mean))
            yield Segment(at, lost)


def steady(loss: float, chance: Random) -> Iterator[Segment]:
    yield Segment(math.inf, loss)


def rtt_jumps(chance: Random, hour: float | None = None) -> Iterator[Segment]:
    """From 18 to 22 o'clock replies take 8 s, for 20 s about every 5 min. hour: at which it begins."""
    day = chance.uniform(-DAY, 0) if hour is None else -hour * HOUR
    while True:
        at, day = day + 18 * HOUR, day + DAY
        if at + 4 * HOUR < 0:
            continue
        for _ in range(48):
            start = at + chance.uniform(0, 280)
            yield Segment(start, 0.0)
            yield Segment(start + 20, 0.0, 8.0)
            at += 300


def evenings(chance: Random) -> Iterator[Segment]:
    """15 % for three hours one evening a week, 0.5 % else."""
    at = -chance.uniform(0, 7) * DAY
    while True:
        at += 7 * DAY
        yield Segment(at, 0.005)
        yield Segment(at + 3 * HOUR, 0.15)


def rhythm(chance: Random) -> Iterator[Segment]:
    """Loss that follows the day: none at night, 10 % in the evening."""
    hour, phase = 0, chance.uniform(0, 24)
    while True:
        hour += 1
        yield Segment(hour * HOUR, max(0.0, 0.1 * math.sin((hour + phase) / 24 * math.tau)))


def creeping(chance: Random) -> Iterator[Segment]:
    """0 to 30 % and back within two weeks."""
    hour = 0
    while True:
        hour += 1
        along = hour * HOUR / (14 * DAY) % 1
        yield Segment(hour * HOUR, 0.6 * min(along, 1 - along))


def turning(after: float, loss: float, chance: Random) -> Iterator[Segment]:
    yield Segment(after, 0.0)
    yield Segment(math.inf, loss)


def chain_after(after: float, burst: float, loss: float, chance: Random) -> Iterator[Segment]:
    yield Segment(after, 0.0)
    for segment in gilbert(burst, loss, chance):
        yield segment._replace(until=after + segment.until)


def off(seconds: float, chance: Random) -> Iterator[Segment]:
    """A device that is really off for so long, every ten minutes."""
    at = 0.0
    while True:
        at += 600
        yield Segment(at, 0.0)
        yield Segment(at + seconds, 1.0)


PATHS = [
    Path("gap of 3 s every minute", partial(gaps, 60, partial(constant, 3.0), jitter=5.0), 0.1),
    Path("Pareto bursts, one per 10 min", partial(gaps, 600, pareto)),
    Path("Pareto bursts, one per hour", partial(gaps, HOUR, pareto)),
    Path("RTT of 8 s for 20 s every 5 min, evenings", rtt_jumps, 0.5),
    Path("15 % for 3 h one evening a week", evenings, 0.5),
    Path("gap of 12 s every hour", partial(gaps, HOUR, partial(constant, 12.0), jitter=60.0)),
    Path(
        "state that loses 80 %, 30 s per 20 min", partial(gaps, 1170, partial(exponential, 30), loss=0.8)
    ),
    *(Path(f"Gilbert bursts of {n} s, 1 %", partial(gilbert, n, 0.01), 0.3) for n in (2, 5, 10)),
    *(Path(f"really off for {n} s, every 10 min", partial(off, float(n)), 0.1) for n in (8, 20, 60)),
    Path("power save, answers every 3rd to 5th", partial(steady, 0.0), 0.02, (3, 5)),
    Path("no loss", partial(steady, 0.0)),
    *(Path(f"{n} % independent", partial(steady, n / 100), 0.3 / n) for n in (1, 5, 20, 30)),
    Path("0, after 10 min 20 % independent", partial(turning, 600, 0.2), 0.1),
    Path("0, after 7 days 20 % independent", partial(turning, 7 * DAY, 0.2), 0.1),
    Path("a day's rhythm, up to 10 %", rhythm, 0.1),
    Path("creeping, 0 to 30 % and back in two weeks", creeping, 0.02),
]
SAME_HOURS = Path(  # neighbours have their evening together
    "RTT of 8 s for 20 s every 5 min, the same evenings", partial(rtt_jumps, hour=12.0), 0.5
)
