"""Targets of kinds that converse, and their results as they come; in this process."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pingmon.model.monitor import probe_options_from
from pingmon.model.probe_result import ProbeResult, ReplyBatch
from pingmon.model.prober_protocols import Pace, Target
from pingmon.probes.registry import PROBERS

Watch = Callable[..., "Watched"]

OURSELVES = "pingmon was late or lost packets itself"


class Watched:
    """A target, and what became of its probes."""

    def __init__(self) -> None:
        self.inbox: queue.SimpleQueue[ReplyBatch | list[ProbeResult]] = queue.SimpleQueue()
        self.target: Target

    def results(self, count: int) -> list[ProbeResult]:
        """Without those that a busy machine spoiled: they say so."""
        got: list[ProbeResult] = []
        while len(got) < count:
            one = self.inbox.get(timeout=20)
            some = one.results() if isinstance(one, ReplyBatch) else one
            got += [each for each in some if each.detail != OURSELVES]
        return got

    def first(self) -> ProbeResult:
        return self.results(1)[0]


@contextmanager
def watching(kind: str) -> Iterator[Watch]:
    """A function that adds a target of that kind: address, interval, timeout, the kind's settings."""
    prober = PROBERS[kind]()
    prober.start()

    def watch(address: str, interval: float = 1.0, timeout: float = 1.0, **settings: Any) -> Watched:
        seen = Watched()
        options = probe_options_from(settings)
        seen.target = prober.new_target(address, options, interval, timeout, seen.inbox.put)
        seen.target.start(Pace.CONFIRMING)
        return seen

    try:
        yield watch
    finally:
        prober.stop()
