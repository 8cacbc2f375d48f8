"""Finds threads, workers and senders that are stuck."""

import time

from pingmon.engine.evidence_watch import EvidenceWatch
from pingmon.engine.probers import Probers
from pingmon.engine.recorder import Recorder
from pingmon.engine.sender_pool import SenderPool
from pingmon.engine.worker_pool import WorkerPool

STUCK_AFTER = 30.0  # s without a sign of life
RECORDER_STUCK_AFTER = 60.0  # s; it may wait for the database
CHECK_EVERY = 1.0  # s; between two looks at all workers for `status`


class Health:
    """Thread-safe."""

    def __init__(
        self,
        recorder: Recorder,
        probers: Probers,
        senders: SenderPool,
        workers: WorkerPool,
        evidence_watch: EvidenceWatch,
    ) -> None:
        self._recorder, self._probers = recorder, probers
        self._senders, self._workers = senders, workers
        self._evidence_watch = evidence_watch
        self._stuck: str | None = None
        self._next_check = 0.0

    def not_stored(self) -> int:
        """Decisions that are not in the outbox yet: for milliseconds, or while nothing can be written."""
        return self._recorder.not_stored

    def find_stuck_thread(self) -> str | None:
        """The name of a stuck thread; None if there is none."""
        now = time.monotonic()
        moving = [
            ("recorder", self._recorder.heartbeat, RECORDER_STUCK_AFTER),
            ("evidence", self._evidence_watch.heartbeat, STUCK_AFTER),
        ]
        moving += [(name, heartbeat, STUCK_AFTER) for name, heartbeat in self._probers.heartbeats()]
        senders = self._senders.all()
        moving += [(f"sender-{account}", one.heartbeat, one.stuck) for account, one in senders]
        for name, heartbeat, limit in moving:
            if now - heartbeat > limit:
                return f"{name} has not moved for {now - heartbeat:.0f} s"
        for account, sender in senders:
            if not sender.is_alive():
                return f"sender-{account} ended"
        for worker in self._workers.workers():
            busy = worker.busy_since
            if busy is not None and now - busy > STUCK_AFTER:
                return f"the worker of {worker.address} has not moved for {now - busy:.0f} s"
        return None

    def stuck_thread(self) -> str | None:
        """As find_stuck_thread, a second old at most: clients may ask as often as they like."""
        now = time.monotonic()
        if now >= self._next_check:
            self._next_check, self._stuck = now + CHECK_EVERY, self.find_stuck_thread()
        return self._stuck
