"""The budget on paths as they are: python -m benchmarks.real_paths [--scale X] [--json FILE] [WORDS]

Each path (virtual_paths.py) is lived through by devices in virtual time (virtual_device.py), at an
interval of 1 s and of 10 s, with default settings. Fresh devices live for a day; others for 60 days,
die about every four days and come back. A false alarm is an announced "down" or "flapping" of a
device that is not dead. --against REVISION runs the same with the model of another revision beside it.
WORDS: only paths whose names have one of them.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path as File
from random import Random
from typing import Any

from benchmarks.virtual_device import VirtualDevice
from benchmarks.virtual_paths import DAY, HOUR, PATHS, Path
from pingmon.model.detection_settings import DetectionSettings

FRESH, DEVICES, DAYS = 500, 50, 60
DEATH_EVERY = 4 * DAY
ROOT = File(__file__).resolve().parents[1]


def cell(path: Path, interval: float, scale: float, seed: int) -> dict[str, Any]:
    """Counts of one path at one interval."""
    detection, share = DetectionSettings(interval=interval), path.share * scale
    fresh = math.ceil(FRESH * share)
    hour = day = 0
    for number in range(fresh):
        device = VirtualDevice(path, detection, Random(f"{seed} fresh {number} {path.name}"))
        alarms = device.live(DAY).alarms
        hour += sum(at < HOUR for at in alarms)
        day += len(alarms)
    days = min(DAYS, max(5.0, DEVICES * DAYS * share / 4))
    devices = math.ceil(DEVICES * DAYS * share / days)
    later, delays, untold, already = 0, list[float](), 0, 0
    for number in range(devices):
        chance = Random(f"{seed} old {number} {path.name}")
        device = VirtualDevice(path, detection, chance, deaths(chance, days))
        life = device.live(days * DAY)
        later += sum(at >= DAY for at in life.alarms)
        delays += life.delays
        untold, already = untold + life.untold, already + life.already
    return {
        "path": path.name, "interval": interval, "fresh": fresh, "hour": hour, "day": day,
        "days": devices * (days - 1), "later": later, "delays": sorted(delays),
        "untold": untold, "already": already,
    }  # fmt: skip


def deaths(chance: Random, days: float) -> tuple[float, ...]:
    """After the first day, none on the heels of another."""
    at, found = DAY, list[float]()
    while (at := at + HOUR + chance.expovariate(1 / DEATH_EVERY)) < days * DAY - HOUR:
        found.append(at)
    return tuple(found)


def rate(count: int, units: float) -> str:
    """Per unit, with the 95 % interval of a Poisson count (chi-square by Wilson and Hilferty)."""

    def quantile(freedom: int, z: float) -> float:
        return freedom * (1 - 2 / (9 * freedom) + z * math.sqrt(2 / (9 * freedom))) ** 3 / 2

    low = quantile(2 * count, -1.96) if count else 0.0
    high = quantile(2 * count + 2, 1.96) if count else -math.log(0.025)
    return f"{count / units:.2g} ({max(0.0, low) / units:.1g}-{high / units:.1g})"


def line(found: dict[str, Any]) -> str:
    delays, fresh = found["delays"], found["fresh"]
    told = "-"
    if delays:
        at = (delays[int(share * (len(delays) - 1))] for share in (0.5, 0.95, 1.0))
        told = "/".join(f"{one:.0f}" for one in at)
    told += f", {found['untold']} of {len(delays) + found['untold']} untold" if found["untold"] else ""
    counts = rate(found["hour"], fresh), rate(found["day"], fresh), rate(found["later"], found["days"])
    return " | ".join((f"{found['interval']:g} s", *counts, told))


def run(options: argparse.Namespace) -> list[dict[str, Any]]:
    cells = []
    for path in PATHS:
        if options.words and not any(word in path.name for word in options.words):
            continue
        for interval in options.intervals:
            began = time.monotonic()
            cells.append(cell(path, interval, options.scale, options.seed))
            words = f"{options.label} | {path.name} | {line(cells[-1])}"
            print(f"| {words} | took {time.monotonic() - began:.0f} s", flush=True)
    return cells


def run_against(revision: str, arguments: list[str]) -> None:
    """The same benchmark, with the model of another revision."""
    with tempfile.TemporaryDirectory() as there:
        command = ["git", "-C", str(ROOT), "archive", revision, "src"]
        archive = subprocess.run(command, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", there], input=archive, check=True)
        environment = os.environ | {"PYTHONPATH": f"{there}/src:{ROOT}"}
        command = [sys.executable, "-m", "benchmarks.real_paths", *arguments, "--label", revision]
        subprocess.run(command, check=True, env=environment)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--intervals", type=float, nargs="+", default=[1.0, 10.0])
    parser.add_argument("--label", default="now")
    parser.add_argument("--json", type=File)
    parser.add_argument("--against")
    options = parser.parse_args()
    if options.against:
        scale = ["--scale", str(options.scale), "--seed", str(options.seed)]
        run_against(options.against, [*options.words, *scale])
    cells = run(options)
    if options.json:
        options.json.write_text(json.dumps(cells))


if __name__ == "__main__":
    main()
