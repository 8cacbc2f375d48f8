"""Whether this process is alive and sees something: what a heartbeat vouches for."""

import time

from pingmon.engine.blindness_reports import BlindnessReports
from pingmon.engine.health import Health
from pingmon.engine.probers import Probers
from pingmon.engine.way_watch import WayWatch
from pingmon.engine.worker_pool import WorkerPool
from pingmon.model.errors import PingmonError
from pingmon.storage.store import Store

HOUSEKEEPING_STUCK_AFTER = 60.0  # s; it may wait for the database


class SignsOfLife:
    """`missing` is for one thread."""

    def __init__(
        self,
        health: Health,
        store: Store,
        probers: Probers,
        worker_pool: WorkerPool,
        way_watch: WayWatch,
        reports: BlindnessReports,
    ) -> None:
        self._health, self._store, self._probers = health, store, probers
        self._worker_pool, self._way_watch, self._reports = worker_pool, way_watch, reports
        self._replies, self._answered = 0, float("-inf")  # monotonic, when replies were seen to grow
        self.housekept = time.monotonic()  # when the main thread found that all threads move

    def missing(self, every: float) -> str:
        """Why this process may not be called alive, empty if it may. It may block for a minute.

        every: seconds; what answered before is no proof any more.
        """
        if stuck := self._health.find_stuck_thread():
            return stuck
        if time.monotonic() - self.housekept > HOUSEKEEPING_STUCK_AFTER:
            return "the housekeeping has not moved"
        try:
            self._store.check_writing()
        except PingmonError:  # the store has said why
            return "the database can't be written"
        watched = len(self._worker_pool.monitors)
        unseen = sum(self._reports.unseen().values())
        if watched and unseen >= watched:
            return "no device can be seen"
        return "" if not watched or self._has_answer(every) else "nothing answers"

    def _has_answer(self, every: float) -> bool:
        now, replies = time.monotonic(), self._probers.replies()
        if replies > self._replies:
            self._replies, self._answered = replies, now
        return now - self._answered < every or self._way_watch.has_answer(every)
