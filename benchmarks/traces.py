"""Literal traces of Gilbert's chain, second by second, and what fixed rules make of them.

A trace is kept as its bursts: from which second until which (exclusive) everything is lost. That is
the whole trace, seconds without loss only take no room.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

Seconds = npt.NDArray[np.int64]
AT_ONCE = 400_000  # bursts in memory


@dataclass(frozen=True)
class Chain:
    """P(loss after a reply), P(loss after a loss), a second apart."""

    name: str
    p: float
    q: float


def traces(chain: Chain, seconds: int, chance: np.random.Generator) -> Iterator[tuple[Seconds, Seconds]]:
    """Starts and ends of all bursts, a stretch of time after the other."""
    if not chain.p:
        return
    cycle = 1 / chain.p + 1 / (1 - chain.q)  # mean seconds from burst to burst
    begin = 0
    while begin < seconds:
        number = int(min(AT_ONCE, (seconds - begin) / cycle + 8 * sqrt(seconds / cycle) + 50))
        good = chance.geometric(chain.p, number)
        bad = chance.geometric(1 - chain.q, number)
        ends = begin + np.cumsum(good + bad)
        begin = int(ends[-1])
        keep = ends <= seconds
        yield (ends - bad)[keep], ends[keep]


def runs(starts: Seconds, ends: Seconds, interval: int) -> tuple[Seconds, Seconds]:
    """Losses that probes every `interval` see: when each run begins, and how many seconds it lasts."""
    first = -(-starts // interval) * interval
    seen = first < ends
    return first[seen], (ends - first)[seen]


def alarms(starts: Seconds, ends: Seconds, interval: int, losses: int, retry: int) -> int:
    """How often so many probes are lost in a row: the first in its turn, the others `retry` apart."""
    count = (ends - 1) // interval - (starts - 1) // interval  # regular probes in each burst
    of = np.repeat(np.arange(len(starts)), count)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    at = (-(-starts[of] // interval) + nth) * interval

    def lost(when: Seconds) -> npt.NDArray[np.bool_]:
        before = np.searchsorted(starts, when, "right") - 1
        found: npt.NDArray[np.bool_] = (before >= 0) & (ends[before] > when)
        return found

    hit = np.ones(len(at), dtype=bool)
    for number in range(1, losses):
        hit[hit] = lost(at[hit] + number * retry)
    if retry == interval:  # a longer run is one alarm
        hit[hit] = ~lost(at[hit] - interval)
    return int(hit.sum())
