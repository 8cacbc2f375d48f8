"""Devices behind one way out that all turn bad, with and without a pool: python -m benchmarks.neighbours

Two hundred devices that were clean for ten minutes, defaults. Counted are false alarms of all within
an hour; then one of them dies, and the delay until it is told is compared.
"""

import sys
from functools import partial
from random import Random

from benchmarks.virtual_device import VirtualDevice
from benchmarks.virtual_paths import Path, Segments, chain_after, turning
from pingmon.model.pool import Pool
from pingmon.model.settings import DetectionSettings

DEVICES, AFTER, SLICE = 200, 600.0, 0.5  # s
CASES: dict[str, Segments] = {
    "20 % independent": partial(turning, AFTER, 0.2),
    "30 % independent": partial(turning, AFTER, 0.3),
    "bursts of 2 s, 1 %": partial(chain_after, AFTER, 2, 0.01),
    "bursts of 5 s, 1 %": partial(chain_after, AFTER, 5, 0.01),
    "bursts of 10 s, 1 %": partial(chain_after, AFTER, 10, 0.01),
}


def hour(
    segments: Segments, interval: float, pooled: bool, seed: int, dies: float, until: float, few: int
) -> tuple[int, list[float]]:
    """False alarms of all; delays of the first `few` devices, which die at `dies`."""
    pool = Pool() if pooled else None
    path, detection = Path("", segments), DetectionSettings(interval=interval)
    devices = [
        VirtualDevice(path, detection, Random(f"{seed} {n}"), (dies,) if n < few else (), pool, str(n))
        for n in range(DEVICES)
    ]
    at = 0.0
    while at < until:
        at += SLICE
        for device in devices:
            device.live(at)
    return sum(len(one.life.alarms) for one in devices), [
        delay for one in devices for delay in one.life.delays
    ]


def main() -> None:
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    for name, segments in CASES.items():
        for interval in (1.0, 10.0):
            for pooled in (False, True):
                found = [hour(segments, interval, pooled, seed, 1100.0, 1300.0, 5) for seed in seeds]
                alarms = ", ".join(str(count) for count, _ in found)
                delays = sorted(delay for _, some in found for delay in some)
                middle = delays[len(delays) // 2] if delays else float("nan")
                print(
                    f"| {name} | {interval:g} s | {'pool' if pooled else 'alone'} | {alarms} "
                    f"| {middle:.0f}/{max(delays, default=0):.0f} s, {len(delays)} told |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
