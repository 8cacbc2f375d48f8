"""When probes are overdue. Pure: time is passed in."""

from collections import deque
from collections.abc import Iterator

from pingmon.probes.paced.target import PacedProbe


class Deadlines:
    """A queue for each timeout: probes of one are overdue in the order in which they left."""

    def __init__(self) -> None:
        self._queues: dict[float, deque[PacedProbe]] = {}

    def add(self, probe: PacedProbe) -> None:
        timeout = probe.target.timeout
        queue = self._queues.get(timeout)
        if queue is None:
            queue = self._queues[timeout] = deque()
        queue.append(probe)

    def next(self) -> float:
        """Monotonic seconds; infinite when nothing is under way."""
        first = float("inf")
        for timeout, queue in self._queues.items():
            while queue and _is_over(queue[0]):
                queue.popleft()
            if queue:
                first = min(first, queue[0].sent_mono + timeout)
        return first

    def overdue(self, now: float) -> Iterator[PacedProbe]:
        for timeout, queue in self._queues.items():
            while queue and (_is_over(queue[0]) or queue[0].sent_mono + timeout <= now):
                probe = queue.popleft()
                if not _is_over(probe):
                    yield probe

    def take_all(self) -> Iterator[PacedProbe]:
        """All that are under way; they are not overdue any more."""
        return self.overdue(float("inf"))


def _is_over(probe: PacedProbe) -> bool:
    return probe.answered or probe.result is not None or probe.target.removed
