"""What neighbours teach: python -m benchmarks.neighbours [SEEDS], or … known FRESH [WORDS]

Two hundred devices behind one way out that were clean for ten minutes and turn bad together, with and
without a pool, defaults: false alarms of all until 22 min, and how late five deaths are told.
`known`: FRESH devices that join 20 which have lived on such a path for a day: false alarms of their first
hour and day, each as if it was the only one to join. WORDS: only paths whose names have one of them.
"""

import sys
from functools import partial
from random import Random

from benchmarks.real_paths import rate
from benchmarks.virtual_device import VirtualDevice
from benchmarks.virtual_paths import DAY, HOUR, PATHS, SAME_HOURS, Path, Segments, chain_after, turning
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.loss_model import PathPrior
from pingmon.model.pool import Pool

DEVICES, AFTER, SLICE = 200, 600.0, 0.5  # s
KNOWN, ALONG = 20, 30.0  # devices; s
CASES: dict[str, Segments] = {
    "20 % independent": partial(turning, AFTER, 0.2),
    "30 % independent": partial(turning, AFTER, 0.3),
    "bursts of 2 s, 1 %": partial(chain_after, AFTER, 2, 0.01),
    "bursts of 5 s, 1 %": partial(chain_after, AFTER, 5, 0.01),
    "bursts of 10 s, 1 %": partial(chain_after, AFTER, 10, 0.01),
}


def turned(
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


class Listening:
    """A pool to which a device that joins does not report: none teaches another one."""

    def __init__(self, pool: Pool, since: float) -> None:
        self._pool, self._since = pool, since

    def add_probes(self, *_: object) -> None:
        pass

    def add_ended_run(self, *_: object) -> None:
        pass

    def prior(self, member: str, now: float) -> PathPrior | None:
        return self._pool.prior(member, now + self._since)


def joined(path: Path, interval: float, fresh: int, seed: int) -> tuple[int, int]:
    """False alarms of devices that join KNOWN others after a day: of their first hour, and day."""
    pool, detection = Pool(), DetectionSettings(interval=interval)
    others = [
        VirtualDevice(path, detection, Random(f"{seed} {n} {path.name}"), (), pool, f"old {n}")
        for n in range(KNOWN)
    ]
    listening = Listening(pool, DAY)
    joining = [
        VirtualDevice(path, detection, Random(f"{seed} fresh {n} {path.name}"), (), listening, f"{n}")
        for n in range(fresh)
    ]
    at = 0.0
    while at < 2 * DAY:
        at += ALONG
        for one in others:
            one.live(at)
        for one in joining if at > DAY else ():
            one.live(at - DAY)
    alarms = [alarm for one in joining for alarm in one.life.alarms]
    return sum(alarm < HOUR for alarm in alarms), len(alarms)


def known(fresh: int, words: list[str]) -> None:
    for path in (*PATHS, SAME_HOURS):
        if path.answers_every or (words and not any(word in path.name for word in words)):
            continue
        for interval in (1.0, 10.0):
            count = max(10, round(fresh * path.share))
            hour, day = (rate(one, count) for one in joined(path, interval, count, 1))
            print(f"| {path.name} | {interval:g} s | {hour} | {day} | {count} fresh |", flush=True)


def main() -> None:
    if sys.argv[1:2] == ["known"]:
        known(int(sys.argv[2]), sys.argv[3:])
        return
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    for name, segments in CASES.items():
        for interval in (1.0, 10.0):
            for pooled in (False, True):
                found = [turned(segments, interval, pooled, seed, 1100.0, 1300.0, 5) for seed in seeds]
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
