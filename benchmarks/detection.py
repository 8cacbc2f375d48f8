"""False alarms and delays of detection: python -m benchmarks.detection [YEARS] [SEED] [PROCESSES]

YEARS device-years of literal traces for each path (a second a step, see traces.py), fewer where losses
are so many that it would take too long; on the very same traces pingmon's own code learns and
decides, and fixed rules count. Alarms are counted, with the 95 % interval of a Poisson count. Where
they are too rare to be counted, the exact probability that a run of losses becomes an alarm, given
what was learned before it, is added up as well (of every 16th run, of all on a device's first day).
"""

import os
import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from math import ceil, inf, log, log10, sqrt
from statistics import fmean, quantiles, stdev

import numpy as np

from benchmarks.traces import Chain, alarms, runs, traces
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector import SOON
from pingmon.model.down_threshold import forecast, losses_needed, most_losses
from pingmon.model.loss_model import YEAR, After, LossModel

DAY = 86400  # s; a new device's first day is counted apart
INTERVAL = 10  # s
LOOK_EVERY = 16  # runs
INDEPENDENT = [Chain(f"{loss:g} % independent", loss / 100, loss / 100) for loss in (0, 1, 5, 10, 20, 30)]
BURSTS = [Chain(f"bursts of {mean} s, 1 %", 0.01 / 0.99 / mean, 1 - 1 / mean) for mean in (2, 5, 10)]
SHARES = {0.05: 0.06, 0.1: 0.03, 0.2: 0.02, 0.3: 0.012}  # of YEARS, by loss: the others have all
DEVICES = 100  # of each path, at most; a year each at least
RULES: list[tuple[str, int, int, int]] = [
    ("1 loss, 60 s", 60, 1, 60),
    ("3 in a row, 10 s", 10, 3, 10),
    ("3 in a row, 60 s", 60, 3, 60),
    ("Nagios: 3, 300 s then 60 s", 300, 3, 60),
]


@dataclass
class Life:
    """What happened to one device. first_day, later: alarms; likely_*: the same by probability."""

    years: float
    first_day: int = 0
    later: int = 0
    likely_first_day: float = 0.0
    likely_later: float = 0.0
    fixed: list[int] = field(default_factory=lambda: [0] * (len(RULES) + 1))
    needed: list[int] = field(default_factory=list)
    limited_by: str = ""
    unsure: int = 0  # times that what is needed fell by half between two looks


class Device:
    """pingmon's own code on a trace."""

    def __init__(self, chain: Chain, detection: DetectionSettings, life: Life) -> None:
        self.chain, self.detection, self.life = chain, detection, life
        self.loss_model, self.number, self.needed, self.ended = (
            LossModel(),
            0,
            losses_needed(LossModel(), detection),
            -1,
        )

    def run(self, at: int, length: int) -> None:
        """Everything is lost from the regular probe at `at` on, for so many seconds."""
        replies = at // INTERVAL - self.ended // INTERVAL - 1
        if replies > 0:
            self.loss_model = self.loss_model.with_replies(replies)
        new = at < DAY
        # What is needed changes slowly, and to work it out takes long: a run that is not even half
        # as long as was needed at the last look is no alarm.
        look = self.number % LOOK_EVERY == 0
        if new or look or 2 * length >= self.needed:
            fresh = losses_needed(self.loss_model, self.detection)
            self.life.unsure += not new and 2 * fresh < self.needed
            self.needed = fresh
        if new:
            self.life.likely_first_day += self.chain.q ** (self.needed - 1)
        elif look:
            self.life.likely_later += LOOK_EVERY * self.chain.q ** (self.needed - 1)
            self.life.needed.append(self.needed)
        self.number += 1
        self.ended = at + length
        if length < self.needed:
            self.loss_model = self.loss_model.with_ended_run(length, INTERVAL)
            return
        self.life.first_day += new
        self.life.later += not new
        back = -(-self.ended // INTERVAL) * INTERVAL  # the first reply, in its turn
        lasted = back - (at + self.needed - 1 + self.detection.timeout)
        after = After.AT_ONCE
        if lasted > SOON:
            after = After.BEYOND if length > most_losses(self.detection) else After.LONG
        self.loss_model = self.loss_model.with_ended_run(length, INTERVAL, True, after)
        self.ended = back


def live(chain: Chain, years: float, seed: Sequence[int]) -> Life:
    detection, life = DetectionSettings(), Life(years)
    device, patience = Device(chain, detection, life), smoothed(chain)
    for starts, ends in traces(chain, int(years * YEAR), np.random.default_rng(list(seed))):
        begins, lengths = runs(starts, ends, INTERVAL)
        for at, length in zip(begins.tolist(), lengths.tolist(), strict=True):
            device.run(at, length)
        for index, (_, interval, losses, retry) in enumerate(RULES):
            life.fixed[index] += alarms(starts, ends, interval, losses, retry)
        life.fixed[-1] += int((lengths >= patience).sum())
    if not chain.p:
        device.loss_model = device.loss_model.with_replies(int(years * YEAR / INTERVAL))
        life.needed = [losses_needed(device.loss_model, detection)]
    life.limited_by = forecast(device.loss_model, detection).limited_by
    return life


def smoothed(chain: Chain) -> int:
    """Losses that a phi of independent losses asks for with the same budget."""
    share, memory = chain.p / (1 - chain.q + chain.p), (chain.q - chain.p) ** INTERVAL
    p = max(share * (1 - memory), 3e-5)
    return max(2, ceil(log10(YEAR / INTERVAL) / -log10(p)))


def death(interval: float, losses: int, retry: float, timeout: float, chance: random.Random) -> float:
    """Seconds from the device's death to the decision."""
    return chance.random() * interval + (losses - 1) * retry + timeout


def changing(chance: random.Random, devices: int = 50) -> float:
    """False alarms per device in three days of bursts of 5 s, 20 % lost, after a clean week."""
    detection, q, alarmed = DetectionSettings(), 0.8, 0
    share = 0.2
    p = share * (1 - (q - share / (1 - share) / 5) ** INTERVAL)
    for _ in range(devices):
        loss_model, at = LossModel().with_replies(int(7 * DAY / INTERVAL)), 7.0 * DAY
        while at < 10 * DAY:  # what comes later adds next to nothing, and takes long
            replies = int(log(1 - chance.random()) / log(1 - p))
            at += (replies + 1) * INTERVAL
            loss_model = loss_model.with_replies(replies)
            needed, length = (
                losses_needed(loss_model, detection),
                int(log(1 - chance.random()) / log(q)) + 1,
            )
            alarmed += length >= needed
            after = After.AT_ONCE if length - needed <= SOON else After.LONG
            loss_model = loss_model.with_ended_run(length, INTERVAL, length >= needed, after)
    return alarmed / devices


def interval_95(count: int, years: float) -> str:
    """Of a Poisson count, per year: chi-square quantiles by Wilson and Hilferty."""

    if count > 1000:  # the third digit would not change
        return f"{count / years:.3g}"

    def quantile(freedom: int, z: float) -> float:
        return freedom * (1 - 2 / (9 * freedom) + z * sqrt(2 / (9 * freedom))) ** 3 / 2

    low = quantile(2 * count, -1.96) if count else 0.0
    high = quantile(2 * count + 2, 1.96) if count else -log(0.025)
    return f"{count / years:.2g} ({low / years:.2g} to {high / years:.2g})"


def ours(chain: Chain, lives: Sequence[Life], chance: random.Random) -> list[str]:
    years, detection = sum(life.years for life in lives), DetectionSettings()
    later = sum(life.later for life in lives)
    likely = [life.likely_later / (life.years - DAY / YEAR) for life in lives]
    error = 1.96 * stdev(likely) / sqrt(len(likely)) if len(likely) > 1 else inf
    day = fmean(life.likely_first_day for life in lives)
    counted = sum(life.first_day for life in lives) / len(lives)
    needed = [one for life in lives for one in life.needed]
    sample = chance.choices(needed, k=20_000)
    delays = spread([death(INTERVAL, one, 1.0, detection.timeout, chance) for one in sample])
    return [
        chain.name,
        f"{years:.0f}",
        interval_95(later, years - len(lives) * DAY / YEAR),
        f"{fmean(likely):.2g} ± {error:.1g}",
        f"{counted:.2g} / {day:.2g}",
        delays + (" (max_delay limits)" if lives[0].limited_by == "max_delay" else ""),
    ]


def theirs(chain: Chain, lives: Sequence[Life], chance: random.Random) -> list[str]:
    years, cells = sum(life.years for life in lives), [chain.name]
    rules = [*RULES, ("", INTERVAL, smoothed(chain), 1)]
    for index, (_, interval, losses, retry) in enumerate(rules):
        count = sum(life.fixed[index] for life in lives)
        delays = [death(interval, losses, retry, 2.0, chance) for _ in range(20_000)]
        cells.append(f"{interval_95(count, years)}, {spread(delays)}")
    return cells


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def spread(delays: list[float]) -> str:
    cuts = quantiles(delays, n=100)
    return f"{cuts[49]:.0f} / {cuts[98]:.1f} s"


def main() -> None:
    years = float(sys.argv[1]) if len(sys.argv) > 1 else 100.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    processes = int(sys.argv[3]) if len(sys.argv) > 3 else os.cpu_count() or 1
    began = time.monotonic()
    mine, others = list[list[str]](), list[list[str]]()
    with ProcessPoolExecutor(processes) as pool:
        for number, chain in enumerate(INDEPENDENT + BURSTS):
            whole = max(1.0, years * (SHARES.get(chain.p, 1.0) if chain in INDEPENDENT else 1.0))
            devices = max(1, min(DEVICES, int(whole)))
            tasks = [
                pool.submit(live, chain, whole / devices, (seed, number, one)) for one in range(devices)
            ]
            lives = [task.result() for task in tasks]
            mine.append(ours(chain, lives, random.Random(seed)))
            others.append(theirs(chain, lives, random.Random(seed)))
            unsure = sum(life.unsure for life in lives)
            words = f"{unsure} times too few looks" if unsure else "done"
            print(f"{chain.name}: {words}, {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(f"Seed {seed}. False alarms per device-year (95 %), delay median / 99th percentile.\n")
    heads = ["path", "device-years", "1/year, counted", "by probability"]
    print(table([*heads, "first day, counted / by probability", "delay"], mine))
    print(table(["path", *(one[0] for one in RULES), "phi, no bursts"], others))
    alarmed = changing(random.Random(seed))
    print(f"A clean week, then bursts of 5 s, 20 % lost: {alarmed:.2f} per device in three days")
    print(f"took {time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
