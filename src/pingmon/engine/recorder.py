"""The recorder: one thread commits decisions in groups, then wakes the senders."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from pingmon.engine.alarm_clock import AlarmClock
from pingmon.engine.blindness_reports import BlindnessReports
from pingmon.engine.neighbours import Neighbours
from pingmon.engine.visibility import Visibility
from pingmon.engine.worker import Worker
from pingmon.model.detector_state import DetectorState, Transition
from pingmon.model.errors import PingmonError
from pingmon.model.minute_stats import MinuteStats
from pingmon.model.monitor import Monitor
from pingmon.model.prober_protocols import REPLIES_HELD
from pingmon.storage.state_changes import Decision, LostSight
from pingmon.storage.store import Store

log = logging.getLogger(__name__)

ROUND = 60.0  # s; in which every worker's statistics are stored once
SHARE, SHARES_MOST = 500, 20  # workers of one transaction, until there are too many of these
FORGET_EVERY = 3600.0  # s
MINUTES_MOST = 100_000  # rows (25 MB) that may wait for the database
MINUTES_LAG = 2 * REPLIES_HELD + 5.0  # s; after which all results of a minute have come


class Recorder:
    """One thread between the workers and the store, so that a storm costs few transactions."""

    def __init__(
        self,
        store: Store,
        told: Callable[[set[int] | None], None],
        workers: Callable[[], list[Worker]],
        visibility: Visibility,
        reports: BlindnessReports,
        alarm_clock: AlarmClock,
        neighbours: Neighbours,
    ) -> None:
        self.heartbeat = time.monotonic()
        self._store, self._told, self._workers, self._visibility = store, told, workers, visibility
        self._reports, self._alarm_clock, self._neighbours = reports, alarm_clock, neighbours
        self._decisions: deque[Decision | LostSight] = deque()
        self._wake = threading.Event()
        self._stop = False
        self._minutes: list[MinuteStats] = []  # taken from workers, not stored yet
        self._share = 0
        self._next_round = time.monotonic() + ROUND
        self._next_forgetting = time.monotonic() + ROUND
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop = True
        self._wake.set()
        self._thread.join(3.0)

    @property
    def not_stored(self) -> int:
        """Decisions that are made; the state shows them, and the outbox has nothing of them yet."""
        return len(self._decisions)

    def enqueue(self, monitor: Monitor, state: DetectorState, transition: Transition) -> None:
        self._decisions.append(Decision(monitor, state, transition))
        self._wake.set()

    def lose_sight(self, monitor: Monitor, why: str) -> None:
        """A device can't be seen from now on. From any thread."""
        self._decisions.append(LostSight(monitor, why, time.time()))
        self._wake.set()

    def _run(self) -> None:
        while not self._stop:
            self._wake.wait(1.0)
            self._wake.clear()
            self.heartbeat = time.monotonic()
            try:
                if self._visibility.run_once():
                    self.commit()  # what was decided meanwhile goes out in the same message
                    self._told(None)
                self.commit()
                if accounts := self._reports.run_once():
                    self._told(accounts)
                self._wake_senders(self._alarm_clock.run_once())
                if time.monotonic() >= self._next_round:
                    self._save_share()
                self._store.check_file()
                self._store.try_again()
            except PingmonError:  # the store has said why, and says when it is well again
                time.sleep(1.0)
            except Exception:
                log.exception("could not write to the database; nothing is dropped, trying again")
                time.sleep(1.0)

    def commit(self) -> None:
        """Commit what was decided so far; it stays queued when that fails."""
        decisions = list(self._decisions)
        if not decisions:
            return
        told = self._store.save_decisions(decisions, self._visibility.not_before())
        for decision in decisions:
            self._decisions.popleft()
            if isinstance(decision, Decision):
                _log(decision)
                self._visibility.on_committed(decision.monitor, decision.transition)
        self._wake_senders(told)

    def _wake_senders(self, channels: set[int]) -> None:
        if channels:
            self._told(self._store.channels.accounts_of(channels))

    def save_statistics(self, workers: Iterable[Worker], until: int, learned: Iterable[Worker]) -> None:
        """Statistics of minutes below `until`, and what some learned; statistics wait when it fails."""
        self._minutes += [minute for worker in workers for minute in worker.take_minute_stats(until)]
        del self._minutes[:-MINUTES_MOST]
        states = [state for worker in learned for state in worker.states()]
        if self._minutes or states:
            self._store.save_statistics(self._minutes, states)
        self._minutes = []

    def _save_share(self) -> None:
        """A share of all workers, so that thousands of rows make no probe late; paths once an hour."""
        workers = self._workers()
        shares = min(SHARES_MOST, len(workers) // SHARE + 1)
        self._next_round = time.monotonic() + ROUND / shares
        turn, share = divmod(self._share, shares)
        self._share += 1
        mine = workers[share::shares]
        self.save_statistics(mine, int((time.time() - MINUTES_LAG) // 60), mine[turn % 60 :: 60])
        if time.monotonic() >= self._next_forgetting:
            self._next_forgetting = time.monotonic() + FORGET_EVERY
            self._store.delete_expired()
            self._store.outbox.remember_time()
            self.save_pools()

    def save_pools(self) -> None:
        """What neighbours taught each other."""
        self._store.pools.save(self._neighbours.to_save())


def _log(decision: Decision) -> None:
    change, monitor = decision.transition, decision.monitor
    level = logging.INFO if change.after == "up" else logging.WARNING
    if change.before == "unknown" and not change.announce:
        level = logging.DEBUG  # what was found out first, of thousands perhaps
    reason = f": {change.reason}" if change.reason else ""
    before = "as before" if change.before == change.after else f"was {change.before}"
    log.log(level, "%s is %s (%s)%s [%s]", monitor.label, change.after, before, reason, monitor.id)
