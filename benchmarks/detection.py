"""False alarms and delays of detection, in virtual time: python -m benchmarks.detection [RUNS] [SEED]

A path is Gilbert's chain with steps of one second. pingmon's own code learns and decides, run of
losses by run of losses; the replies between two runs are drawn at once (their number is geometric).
A false alarm is rare, so it is not waited for: at each run its exact probability, given what has
been learned so far, is added up. The other rules are fixed, and their rates follow from the chain.
"""

import random
import sys
from dataclasses import dataclass
from math import ceil, inf, log, log10, sqrt
from statistics import fmean, quantiles, stdev

from pingmon.model.monitor import Plan
from pingmon.model.path import YEAR, Path
from pingmon.model.policy import forecast, losses_needed

LEARNING = 86400.0  # s; a new device's first day is counted apart
DEVICES = 20


@dataclass(frozen=True)
class Chain:
    """P(loss after a reply), P(loss after a loss), a second apart."""

    name: str
    p: float
    q: float

    def apart(self, seconds: float) -> tuple[float, float]:
        """The same for probes so many seconds apart."""
        share, memory = self.p / (1 - self.q + self.p), (self.q - self.p) ** seconds
        return share * (1 - memory), share + (1 - share) * memory


INDEPENDENT = [Chain(f"{loss:g} % independent", loss / 100, loss / 100) for loss in (0, 1, 5, 10, 20, 30)]
BURSTS = [Chain(f"bursts of {mean} s, 1 %", 0.01 / 0.99 / mean, 1 - 1 / mean) for mean in (2, 5, 10)]


@dataclass
class Cell:
    """learning: false alarms of a device's first day; alarms: a year later on, with its error."""

    years: float
    learning: float
    alarms: float
    error: float
    delays: list[float]
    named: str


def pingmon(chain: Chain, plan: Plan, runs: int, chance: random.Random) -> Cell:
    p, q = chain.apart(plan.interval)[0], chain.q
    first, later, delays, years, path = [], [], list[float](), 0.0, Path()
    for _ in range(DEVICES):
        path, seconds, expected, learning = Path(), 0.0, 0.0, 0.0
        for number in range(max(1, runs // DEVICES)):
            replies = int(log(1 - chance.random()) / log(1 - p)) if p else int(50 * YEAR / plan.interval)
            path = path.replied(replies)
            seconds += (replies + 1) * plan.interval
            needed = losses_needed(path, plan)
            if number % 16 == 0:
                delays.append(death(plan.interval, needed, 1.0, plan.timeout, chance))
            if not p:
                break
            if seconds < LEARNING:
                learning += q ** (needed - 1)
            else:
                expected += q ** (needed - 1)
            length = int(log(1 - chance.random()) / log(q)) + 1
            told = length >= needed
            if not told or length - needed <= 15:
                path = path.run_ended(min(length, needed) if told else length, plan.interval, told)
        first.append(learning)
        later.append(expected / (seconds - LEARNING) * YEAR)
        years += seconds / YEAR
    said = forecast(path, plan)
    error = stdev(later) / sqrt(DEVICES)
    return Cell(years, fmean(first), fmean(later), error, delays, said.limited_by)


def fixed(
    chain: Chain, interval: float, losses: int, retry: float, chance: random.Random
) -> tuple[float, list[float]]:
    p, again = chain.apart(interval)[0], chain.apart(retry)[1]
    alarms = YEAR / interval * p * again ** (losses - 1)
    return alarms, [death(interval, losses, retry, 2.0, chance) for _ in range(2000)]


def smoothed(chain: Chain, interval: float) -> int:
    """Losses that a phi of independent losses asks for with the same budget."""
    p = max(chain.apart(interval)[0], 3e-5)
    return max(2, ceil(log10(YEAR / interval) / -log10(p)))


def death(interval: float, losses: int, retry: float, timeout: float, chance: random.Random) -> float:
    """Seconds from the device's death to the decision."""
    return chance.random() * interval + (losses - 1) * retry + timeout


def changing(chance: random.Random, years: int = 50) -> float:
    """False alarms per device-year when a clean week is followed by bursts of 5 s, 20 % lost."""
    plan, chain, alarms = Plan(), Chain("", 0.2 / 0.8 / 5, 0.8), 0
    p = chain.apart(plan.interval)[0]
    for _ in range(years):
        path, at = Path().replied(int(7 * 86400 / plan.interval)), 7 * 86400.0
        while at < 10 * 86400:  # what comes later adds next to nothing, and takes long
            replies = int(log(1 - chance.random()) / log(1 - p))
            at += (replies + 1) * plan.interval
            path = path.replied(replies)
            needed, length = losses_needed(path, plan), int(log(1 - chance.random()) / log(0.8)) + 1
            alarms += length >= needed
            if length < needed or length - needed <= 15:
                path = path.run_ended(min(length, needed), plan.interval, length >= needed)
    return alarms / years


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rules: list[tuple[str, float, int, float]] = [
        ("1 loss, 60 s", 60, 1, 60),
        ("3 in a row, 10 s", 10, 3, 10),
        ("3 in a row, 60 s", 60, 3, 60),
        ("Nagios: 3, 300 s then 60 s", 300, 3, 60),
    ]
    print(f"seed {seed}; false alarms per device-year, delay median / 99th percentile in seconds\n")
    names = [name for name, *_ in rules]
    print(f"| path | device-years | pingmon, 1/year | | {' | '.join(names)} | phi, no bursts |")
    print("|" + "---|" * (5 + len(rules)))
    for chain in INDEPENDENT + BURSTS:
        chance = random.Random(seed)
        cell = pingmon(chain, Plan(), runs, chance)
        row = [chain.name, f"{cell.years:.0f}", f"{cell.alarms:.2g} ± {1.96 * cell.error:.1g}"]
        row[-1] += f", first day {cell.learning:.2g}, {words(cell.delays)}"
        row.append({"max_delay": "explain: max_delay limits"}.get(cell.named, ""))
        for _, interval, losses, retry in rules:
            alarms, delays = fixed(chain, interval, losses, retry, chance)
            row.append(f"{alarms:.2g}, {words(delays)}")
        alarms, delays = fixed(chain, 10.0, smoothed(chain, 10.0), 1.0, chance)
        row.append(f"{alarms:.2g}, {words(delays)}")
        print("| " + " | ".join(row) + " |", flush=True)
    alarms = changing(random.Random(seed))
    print(f"\na clean week, then bursts of 5 s with 20 % lost: {alarms:.2f} false alarms per device-year")


def words(delays: list[float]) -> str:
    cuts = quantiles(delays, n=100) if len(delays) > 1 else [inf] * 99
    return f"{cuts[49]:.0f} / {cuts[98]:.1f} s"


if __name__ == "__main__":
    main()
