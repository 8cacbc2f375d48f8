"""The budget on paths as they are: python -m benchmarks.real_paths [--scale X] [--json FILE] [WORDS]

Each path (virtual_paths.py) is lived through by devices in virtual time (virtual_device.py), at an
interval of 1 s and of 10 s, with default settings. Fresh devices live for a day; others for 60 days,
die about every four days and come back. A false alarm is an announced "down" or "flapping" of a
device that is not dead. Every four hours after the first day it is noted what `explain` would say: how
many alarms a year at most (the budget, or more where max_delay forbids to keep it), and whether it is
not known yet how long losses last (UNSURE alarms are announced for the time until then). A row is kept
when at most as many came (their 95 % interval reaches down to that). --against REVISION runs the same
with another revision beside it, from 7165696 on, which has the rules of before. --processes N: devices
are shared out among so many. WORDS: only paths whose names have one of them.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path as File
from random import Random
from typing import Any, NamedTuple

from benchmarks.virtual_device import VirtualDevice
from benchmarks.virtual_paths import DAY, HOUR, PATHS, Path
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import DetectorState
from pingmon.model.down_threshold import forecast, path_knowledge
from pingmon.model.loss_model import YEAR

BY_NAME = {path.name: path for path in PATHS}
FRESH, DEVICES, DAYS = 500, 50, 60
UNSURE = 2  # alarms; see LENGTHS_UNKNOWN in pingmon.handlers.serializers
DEATH_EVERY, ASKED_EVERY = 4 * DAY, 4 * HOUR
ROOT = File(__file__).resolve().parents[1]


class Lived(NamedTuple):
    """What became of one device after its first day.

    unsure: alarms that came while explain said that it can't know yet, was_unsure: whether it did. said:
    alarms that it would have said for the rest of the time.
    """

    later: int
    unsure: int
    was_unsure: bool
    said: float
    delays: list[float]
    untold: int
    already: int


def cell(path: Path, interval: float, scale: float, seed: int, pool: Executor | None) -> dict[str, Any]:
    """Counts of one path at one interval."""
    share = path.share * scale
    fresh = math.ceil(FRESH * share)
    days = min(DAYS, max(5.0, DEVICES * DAYS * share / 4))
    devices = math.ceil(DEVICES * DAYS * share / days)
    mapped = partial(pool.map, chunksize=4) if pool else map
    new = list(mapped(first_day, [(path.name, interval, seed, n) for n in range(fresh)]))
    old = list(mapped(later_days, [(path.name, interval, seed, n, days) for n in range(devices)]))
    return {
        "path": path.name, "interval": interval, "fresh": fresh,
        "hour": sum(hour for hour, _ in new), "day": sum(day for _, day in new),
        "days": devices * (days - 1), "later": sum(one.later for one in old),
        "unsure": sum(one.unsure for one in old), "were_unsure": sum(one.was_unsure for one in old),
        "said": sum(one.said for one in old),
        "delays": sorted(delay for one in old for delay in one.delays),
        "untold": sum(one.untold for one in old), "already": sum(one.already for one in old),
    }  # fmt: skip


def first_day(of: tuple[str, float, int, int]) -> tuple[int, int]:
    """False alarms of a fresh device: in its first hour, on its first day."""
    name, interval, seed, number = of
    chance = Random(f"{seed} fresh {number} {name}")
    alarms = VirtualDevice(BY_NAME[name], DetectionSettings(interval=interval), chance).live(DAY).alarms
    return sum(at < HOUR for at in alarms), len(alarms)


def later_days(of: tuple[str, float, int, int, float]) -> Lived:
    name, interval, seed, number, days = of
    chance, detection = Random(f"{seed} old {number} {name}"), DetectionSettings(interval=interval)
    device = VirtualDevice(BY_NAME[name], detection, chance, deaths(chance, days))
    said, at, unsure, was_unsure = 0.0, DAY, 0, False
    life = device.live(at)
    first = len(life.alarms)
    while at < days * DAY:
        before, at = len(life.alarms), at + ASKED_EVERY
        hint = path_knowledge(device.state.loss_model, detection, 0)
        is_unsure = hint.little or getattr(hint, "unsure", False)  # older revisions say less
        was_unsure |= is_unsure
        said += 0.0 if is_unsure else said_a_year(device.state, detection) * ASKED_EVERY / YEAR
        device.live(at)
        unsure += is_unsure * (len(life.alarms) - before)
    later = len(life.alarms) - first
    return Lived(later, unsure, was_unsure, said, life.delays, life.untold, life.already)


def said_a_year(state: DetectorState, detection: DetectionSettings) -> float:
    """False alarms a year that are announced for a path: the budget, or what explain says instead."""
    budget, found = detection.false_alarms or 0.0, forecast(state.loss_model, detection)
    is_said = found.limited_by in ("max_delay", "longest")
    return max(budget, found.false_alarms_per_year) if is_said else budget


def deaths(chance: Random, days: float) -> tuple[float, ...]:
    """After the first day, none on the heels of another."""
    at, found = DAY, list[float]()
    while (at := at + HOUR + chance.expovariate(1 / DEATH_EVERY)) < days * DAY - HOUR:
        found.append(at)
    return tuple(found)


def interval_of(count: int) -> tuple[float, float]:
    """The 95 % interval of a Poisson count (chi-square by Wilson and Hilferty)."""

    def quantile(freedom: int, z: float) -> float:
        return freedom * (1 - 2 / (9 * freedom) + z * math.sqrt(2 / (9 * freedom))) ** 3 / 2

    low = quantile(2 * count, -1.96) if count else 0.0
    return max(0.0, low), quantile(2 * count + 2, 1.96) if count else -math.log(0.025)


def rate(count: int, units: float) -> str:
    """Per unit, with its 95 % interval."""
    low, high = interval_of(count)
    return f"{count / units:.2g} ({low / units:.1g}-{high / units:.1g})"


def is_kept(found: dict[str, Any]) -> bool:
    """Whether no more false alarms came after the first day than explain would have said."""
    is_said: bool = interval_of(found["later"] - found["unsure"])[0] <= found["said"]
    return is_said and interval_of(found["unsure"])[0] <= UNSURE * found["were_unsure"]


def line(found: dict[str, Any]) -> str:
    delays, fresh = found["delays"], found["fresh"]
    told = "-"
    if delays:
        at = (delays[int(share * (len(delays) - 1))] for share in (0.5, 0.95, 1.0))
        told = "/".join(f"{one:.0f}" for one in at)
    told += f", {found['untold']} of {len(delays) + found['untold']} untold" if found["untold"] else ""
    counts = rate(found["hour"], fresh), rate(found["day"], fresh), rate(found["later"], found["days"])
    said = f"{found['unsure']} of {found['later']} while unsure ({found['were_unsure']} devices), "
    said += f"{found['said']:.2g} said for the rest{'' if is_kept(found) else ': not kept'}"
    return " | ".join((f"{found['interval']:g} s", *counts, said, told))


@contextmanager
def shared_out(processes: int) -> Iterator[Executor | None]:
    if processes < 2:
        yield None
        return
    with ProcessPoolExecutor(processes) as pool:
        yield pool


def run(options: argparse.Namespace, pool: Executor | None) -> list[dict[str, Any]]:
    chosen = [
        path for path in PATHS if not options.words or any(word in path.name for word in options.words)
    ]
    cells = []
    for path in chosen:
        for interval in options.intervals:
            began = time.monotonic()
            cells.append(cell(path, interval, options.scale, options.seed, pool))
            words = f"{options.label} | {path.name} | {line(cells[-1])}"
            print(f"| {words} | took {time.monotonic() - began:.0f} s", flush=True)
            if options.json:
                options.json.write_text(json.dumps(cells))
    return cells


def run_against(revision: str, arguments: list[str]) -> None:
    """The same rows, devices and seeds by another revision, with its own benchmark."""
    with tempfile.TemporaryDirectory() as there:
        command = ["git", "-C", str(ROOT), "archive", revision, "src", "benchmarks"]
        archive = subprocess.run(command, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", there], input=archive, check=True)
        environment = os.environ | {"PYTHONPATH": f"{there}/src:{there}"}
        command = [sys.executable, "-m", "benchmarks.real_paths", *arguments, "--label", revision]
        subprocess.run(command, check=True, env=environment, cwd=there)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--intervals", type=float, nargs="+", default=[1.0, 10.0])
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--label", default="now")
    parser.add_argument("--json", type=File)
    parser.add_argument("--against")
    options = parser.parse_args()
    if options.against:
        more = ["--scale", str(options.scale), "--seed", str(options.seed)]
        more += ["--intervals", *map(str, options.intervals)]
        run_against(options.against, [*options.words, *more])
    with shared_out(options.processes) as pool:
        run(options, pool)


if __name__ == "__main__":
    main()
