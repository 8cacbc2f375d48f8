"""Ends states whose evidence is too old, and counts probes that the kernel refuses to send.

A thread of its own, so that a database that hangs does not keep a device `up`.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pingmon.engine.probe_group import ProbeGroup, Refusal
from pingmon.engine.system_clock import SYSTEM
from pingmon.engine.worker import Worker

log = logging.getLogger(__name__)

TURN = 1.0  # s
SHARE = 4000  # workers of one turn: 10 ms of one processor
SUSPENDED = 0.5  # s that CLOCK_BOOTTIME gained on CLOCK_MONOTONIC
LOGGED_AFTER = 5.0  # s
STALL = 5.0  # s; who did not move for so long saw nothing meanwhile


_Refused = tuple[ProbeGroup, Refusal]  # what is not probed, and why


@dataclass(frozen=True, slots=True)
class LocalError:
    """What keeps probes from leaving this machine.

    kind: the name of the kernel's error. words: of one of them. targets: how many are concerned.
    since: of the first, by Clock.steady.
    """

    kind: str
    words: str
    targets: int
    since: float


class EvidenceWatch:
    """heartbeats: when the threads that probe last moved. stretch: of intervals."""

    def __init__(
        self,
        workers: Callable[[], list[Worker]],
        heartbeats: Callable[[], Sequence[tuple[str, float]]],
        stretch: Callable[[], float],
    ) -> None:
        self.heartbeat = self.began_anew = time.monotonic()
        self._workers, self._heartbeats, self._stretch = workers, heartbeats, stretch
        self._slept = _slept()
        self._refused: list[_Refused] = []  # of the last round
        self._found: list[_Refused] = []  # of this one so far
        self._logged: dict[str, LocalError] = {}  # of which the log says that they began
        self._left: list[Worker] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="evidence", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(3.0)

    def begin_anew(self) -> None:
        """Let all bounds count from now: this process did not run for a while."""
        self.began_anew = time.monotonic()

    @property
    def local_errors(self) -> list[LocalError]:
        """By kind, as the last round found them; none of what was deleted since."""
        return list(_by_kind(self._refused).values())

    def run_once(self) -> None:
        """One turn: a share of all workers."""
        now = time.monotonic()
        slept, self._slept = self._slept, _slept()
        stalled = now - self.heartbeat > STALL or any(
            now - beat > STALL for _, beat in self._heartbeats()
        )
        if stalled or self._slept - slept > SUSPENDED:
            self.begin_anew()
        self.heartbeat = now
        if not self._left:
            self._publish()
            self._left = self._workers()
        mine, self._left = self._left[:SHARE], self._left[SHARE:]
        stretch = self._stretch()
        for worker in mine:
            worker.check_evidence(now, self.began_anew, stretch)
            self._found += [(one, one.refusal) for one in worker.groups if one.refusal is not None]

    def _publish(self) -> None:
        """What a whole round found; one line in the log when a kind begins, one when it ends.

        The first waits until it is known how many targets are concerned; what is over by then has none.
        """
        now, found = SYSTEM.steady(), _by_kind(self._found)
        for kind, error in found.items():
            if kind not in self._logged and now - error.since >= LOGGED_AFTER:
                log.error("%s: %s", counted(error.targets), error.words)
                self._logged[kind] = error
        for kind in self._logged.keys() - found.keys():
            error = self._logged.pop(kind)
            log.warning("over after %.0f s for all targets: %s", now - error.since, error.words)
        self._refused, self._found = self._found, []

    def _run(self) -> None:
        while not self._stop.wait(TURN):
            try:
                self.run_once()
            except Exception:
                log.exception("could not look at the age of evidence; trying again")


def _by_kind(refused: Iterable[_Refused]) -> dict[str, LocalError]:
    """Of those that have a monitor still."""
    found: dict[str, LocalError] = {}
    for group, refusal in refused:
        if not group.monitors:
            continue
        known = found.get(refusal.kind)
        found[refusal.kind] = LocalError(
            refusal.kind,
            refusal.words,
            1 + (known.targets if known else 0),
            min(refusal.since, known.since) if known else refusal.since,
        )
    return found


def counted(targets: int) -> str:
    return "1 target" if targets == 1 else f"{targets} targets"


def _slept() -> float:
    """Seconds that the machine has been suspended since it booted (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
