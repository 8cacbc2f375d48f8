"""Who carries probes out on the event loop: as tasks, the general way."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from pingmon.model.probe_result import Outcome
from pingmon.probes.paced.answer import TIMEOUT, Answer
from pingmon.probes.paced.target import PacedProbe

log = logging.getLogger(__name__)

Finished = Callable[[PacedProbe, Answer], None]


class Runner(Protocol):
    """In the loop's thread only.

    under_way: connections that are open. hears_all: `drain` makes known all that arrived so far,
    so that a loop that was late makes no loss. grace: seconds by which a probe may outlive its timeout,
    to say what it waited for.
    """

    hears_all: bool
    grace: float

    @property
    def under_way(self) -> int: ...

    def launch(self, probe: PacedProbe) -> None:
        """It is told as finished, from here or later; unless it is cancelled before."""

    def cancel(self, probe: PacedProbe) -> None: ...

    def overdue(self, probe: PacedProbe) -> Answer:
        """Cancel it, as its time is over; what that means."""

    def drain(self) -> None: ...

    def close(self) -> None: ...


class TaskRunner:
    """See Runner. A task for each probe."""

    hears_all = False
    grace = 0.1

    def __init__(self, loop: asyncio.AbstractEventLoop, finished: Finished) -> None:
        self._loop, self._finished = loop, finished
        self._tasks: set[asyncio.Task[Answer]] = set()
        self._logged: set[str] = set()

    @property
    def under_way(self) -> int:
        return len(self._tasks)

    def launch(self, probe: PacedProbe) -> None:
        target = probe.target
        task = self._loop.create_task(target.conversation.run(target.timeout))
        probe.handle = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(probe, done))

    def cancel(self, probe: PacedProbe) -> None:
        if probe.handle is not None:
            probe.handle.cancel()
            probe.handle = None

    def overdue(self, probe: PacedProbe) -> Answer:
        self.cancel(probe)
        return TIMEOUT

    def drain(self) -> None:
        """Tasks go on when the loop turns, not here."""

    def close(self) -> None:
        waiting = list(self._tasks)
        for task in waiting:
            task.cancel()
        if waiting:
            self._loop.run_until_complete(asyncio.wait(waiting, timeout=1.0))

    def _done(self, probe: PacedProbe, task: asyncio.Task[Answer]) -> None:
        self._tasks.discard(task)
        probe.handle = None
        if task.cancelled():
            return  # by us: it was overdue, or is not wanted any more
        error = task.exception()
        if error is None:
            self._finished(probe, task.result())
            return
        words = f"the probe failed: {type(error).__name__}: {error}"
        if words not in self._logged and len(self._logged) < 100:  # a mistake of ours
            self._logged.add(words)
            log.error("%s: %s", probe.target.address, words, exc_info=error)
        self._finished(probe, Answer(Outcome.LOCAL_ERROR, None, words))
