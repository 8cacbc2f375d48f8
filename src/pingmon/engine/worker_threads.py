"""The threads of workers, by address, as many as the machine allows."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pingmon.engine.breather import Breather
from pingmon.engine.probers import Probers
from pingmon.engine.worker import Worker
from pingmon.model.errors import LimitReached


class WorkerLimit(NamedTuple):
    """workers: how many threads may watch addresses. what: the setting of the machine that says so."""

    workers: int
    what: str


class WorkerThreads:
    """Changed by one at a time, under the worker pool's lock; read without a lock."""

    def __init__(self, new_worker: Callable[[str], Worker], limit: WorkerLimit, probers: Probers) -> None:
        self._new_worker, self._probers, self.limit = new_worker, probers, limit
        self._workers: dict[str, Worker] = {}

    def __len__(self) -> int:
        return len(self._workers)

    def all(self) -> list[Worker]:
        """A copy made in one step: the recorder must not wait while thousands of monitors are added."""
        return list(self._workers.values())

    def __getitem__(self, address: str) -> Worker:
        """Raises KeyError."""
        return self._workers[address]

    def of(self, address: str) -> Worker | None:
        return self._workers.get(address)

    def check_room(self, addresses: Iterable[str]) -> set[str]:
        """Those that are not watched yet. Raises LimitReached when they are too many."""
        fresh = set(addresses) - set(self._workers)
        if len(self._workers) + len(fresh) > self.limit.workers:
            raise self._too_many(self.limit.what)
        return fresh

    def start(self, addresses: Iterable[str]) -> dict[str, Worker]:
        """Started workers, all or none, that nobody watches with yet. Raises LimitReached."""
        started: dict[str, Worker] = {}
        breather = Breather(self._probers)
        try:
            for address in addresses:
                breather.step()
                worker = self._new_worker(address)
                worker.start()
                started[address] = worker
        except RuntimeError:
            for worker in started.values():
                worker.stop()
            raise self._too_many("TasksMax= of the unit or LimitNPROC=") from None
        return started

    def keep(self, worker: Worker) -> None:
        """It watches its address from now on."""
        self._workers[worker.address] = worker

    def drop(self, worker: Worker) -> None:
        """It watches nothing any more, and ends; `join` waits for that."""
        del self._workers[worker.address]
        worker.stop()

    def _too_many(self, what: str) -> LimitReached:
        return LimitReached(
            f"{len(self._workers)} addresses are watched and {what} allows no more threads; "
            "raise it, or delete some",
            "ip_address",
        )
