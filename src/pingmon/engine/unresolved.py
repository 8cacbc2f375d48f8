"""Targets of names that were never resolved: their results are what the resolver says."""

import threading
import time
from collections.abc import Callable, Mapping

from pingmon.model.name_schedule import Resolved
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.prober_protocols import Deliver, Pace


class UnresolvedTarget:
    """See model.prober_protocols.Target. address: the name, see model.monitor.name_key."""

    __slots__ = ("_all", "_deliver", "address", "certificate_ends", "last_reply", "last_rtt", "note")

    def __init__(self, address: str, everything: "UnresolvedTargets", deliver: Deliver) -> None:
        self.address, self._all, self._deliver = address, everything, deliver
        self.last_rtt: float | None = None
        self.last_reply = float("-inf")
        self.note = ""
        self.certificate_ends: float | None = None

    @property
    def deliver(self) -> Deliver:
        return self._deliver

    def start(self, pace: Pace) -> None:
        self._all.put(self)
        self.probe_now()

    def stop(self) -> None:
        self._all.pop(self)
        self._deliver = _nobody

    def set_pace(self, pace: Pace) -> None:
        """The resolver is asked when it is due."""

    def probe_now(self) -> None:
        self._all.hurry(self.address)

    def counts(self) -> Mapping[str, int]:
        return {}


def _nobody(_results: object) -> None:
    pass


class UnresolvedTargets:
    """Thread-safe. hurry: is told a name of which word is wanted now."""

    def __init__(self) -> None:
        self.hurry: Callable[[str], None] = lambda _: None
        self._lock = threading.Lock()
        self._targets: dict[str, list[UnresolvedTarget]] = {}

    def new_target(self, name: str, deliver: Deliver) -> UnresolvedTarget:
        """Not started yet. name: see model.monitor.name_key."""
        return UnresolvedTarget(name, self, deliver)

    def put(self, target: UnresolvedTarget) -> None:
        with self._lock:
            self._targets.setdefault(target.address, []).append(target)

    def pop(self, target: UnresolvedTarget) -> None:
        with self._lock:
            left = [one for one in self._targets.get(target.address, ()) if one is not target]
            if left:
                self._targets[target.address] = left
            else:
                self._targets.pop(target.address, None)

    def deliver(self, name: str, answer: Resolved) -> None:
        """There is no address: the name is wrong, or the resolver failed, which says nothing of it."""
        with self._lock:
            targets = list(self._targets.get(name, ()))
        outcome = Outcome.LOCAL_ERROR if answer.kind else Outcome.ERROR
        for one in targets:
            one.deliver([ProbeResult(outcome, time.time(), None, answer.problem, answer.kind)])
