"""The recorder: commits decisions in groups, then has them told. Nobody is told before that."""

import logging
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable

from pingmon.daemon.sight import Sight
from pingmon.daemon.worker import Worker
from pingmon.model.detector import DetectorState, Transition
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import Monitor
from pingmon.model.statistics import Minute
from pingmon.probes.flights import BATCH_AGE
from pingmon.storage.decisions import Decision
from pingmon.storage.store import Store

log = logging.getLogger(__name__)

MINUTES_EVERY = 60.0  # s
MINUTES_MOST = 100_000  # rows (25 MB) that may wait for the database
MINUTES_LAG = 2 * BATCH_AGE + 5.0  # s; after which all results of a minute have come


class Recorder:
    """One thread between the workers and the store, so that a storm costs few transactions."""

    def __init__(
        self,
        store: Store,
        told: Callable[[set[int] | None], None],
        workers: Callable[[], list[Worker]],
        sight: Sight,
    ) -> None:
        self.heartbeat = time.monotonic()
        self._store, self._told, self._workers, self._sight = store, told, workers, sight
        self._decisions: deque[Decision] = deque()
        self._wake = threading.Event()
        self._stop = False
        self._minutes: list[Minute] = []  # taken from workers, not stored yet
        self._turn = 0
        self._next_minutes = time.monotonic() + MINUTES_EVERY
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop = True
        self._wake.set()
        self._thread.join(3.0)

    def decide(self, monitor: Monitor, state: DetectorState, transition: Transition) -> None:
        self._decisions.append(Decision(monitor, state, transition))
        self._wake.set()

    def _run(self) -> None:
        while not self._stop:
            self._wake.wait(1.0)
            self._wake.clear()
            self.heartbeat = time.monotonic()
            try:
                if self._sight.turn():
                    self.flush()  # what was decided meanwhile goes out in the same message
                    self._told(None)
                self.flush()
                if time.monotonic() >= self._next_minutes:
                    self._next_minutes = time.monotonic() + MINUTES_EVERY
                    self.write_minutes(int((time.time() - MINUTES_LAG) // 60))
                    self._save_some()
            except PingmonError:  # the store has said why, and says when it is well again
                time.sleep(1.0)
            except Exception:
                log.exception("could not write to the database; nothing is dropped, trying again")
                time.sleep(1.0)

    def flush(self) -> None:
        """Commit what was decided so far; it stays queued when that fails."""
        decisions = list(self._decisions)
        if not decisions:
            return
        self._store.record(decisions, self._sight.not_before())
        for decision in decisions:
            self._decisions.popleft()
            _log(decision)
            self._sight.settle(decision.monitor, decision.transition)
        self._told({d.monitor.channel.bot_id for d in decisions if d.transition.announce})

    def write_minutes(self, until: int) -> None:
        """Statistics of minutes below `until`; when that fails they are kept for the next time."""
        self._minutes += [m for worker in self._workers() for m in worker.take_minutes(until)]
        del self._minutes[:-MINUTES_MOST]
        self._store.add_minutes(self._minutes)
        self._minutes = []

    def _save_some(self) -> None:
        """What was learned of paths, of a sixtieth of the addresses each minute."""
        some = [w for w in self._workers() if zlib.crc32(w.address.encode()) % 60 == self._turn % 60]
        self._turn += 1
        self._store.save_states([state for worker in some for state in worker.states()])


def _log(decision: Decision) -> None:
    change, monitor = decision.transition, decision.monitor
    label = f"{monitor.name} ({monitor.address})" if monitor.name else monitor.address
    level = logging.INFO if change.after == "up" else logging.WARNING
    if change.before == "unknown" and not change.announce:
        level = logging.DEBUG  # what was found out first, of thousands perhaps
    reason = f": {change.reason}" if change.reason else ""
    log.log(level, "%s is %s (was %s)%s [%s]", label, change.after, change.before, reason, monitor.id)
