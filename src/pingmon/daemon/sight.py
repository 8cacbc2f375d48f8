"""What we can see: parents, our own uplink, and what is told after time without sight."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from pingmon.daemon.uplink import Uplink
from pingmon.model.detector import DetectorState, State, Transition
from pingmon.model.monitor import Monitor
from pingmon.model.reach import Verdict, of_parent, of_uplink
from pingmon.probes.pinger import Pinger
from pingmon.storage.outbox import Outbox

log = logging.getLogger(__name__)

REGAIN = 30.0  # s; so long the message after blindness waits for devices that are not decided yet


class Watcher(Protocol):
    """The part of a worker that is needed here."""

    def seen(self, monitor_id: str) -> tuple[DetectorState, float] | None: ...
    def ask(self, monitor: Monitor) -> None: ...
    def hold(self, monitor_ids: Iterable[str], reason: str) -> None: ...
    def release(self, monitor_ids: Iterable[str], reason: str) -> None: ...


class Sight:
    """Verdicts may be asked for by any worker; `settle` and `turn` run in the recorder's thread."""

    def __init__(
        self,
        outbox: Outbox,
        monitors: dict[str, Monitor],
        worker_of: Callable[[str], Watcher | None],
        uplinks: Iterable[str],
        pingers: dict[int, Pinger],
    ) -> None:
        self._outbox, self._monitors, self._worker_of = outbox, monitors, worker_of
        self._changes: list[tuple[bool, float]] = []
        self._blind_from = 0.0
        self._regaining: set[str] = set()
        self._regain_until = 0.0
        self.uplink = Uplink(uplinks, pingers, lambda *change: self._changes.append(change))

    # Asked by workers

    def verdict(self, monitor: Monitor, since: float, overdue: bool) -> Verdict:
        """May silence since then be told? When it is overdue, nothing is waited for any more."""
        parent = self._monitors.get(monitor.options.parent or "")
        worker = self._worker_of(parent.address) if parent else None
        seen = worker.seen(parent.id) if worker and parent else None
        state, answered = seen or (None, 0.0)
        found = of_parent(state, answered, since)
        if found is Verdict.TELL:
            found = of_uplink(self.uplink.blind, self.uplink.answered(), since)
        if found is Verdict.WAIT:
            if overdue:
                return Verdict.TELL
            self.suspect(monitor)
        return found

    def suspect(self, monitor: Monitor) -> None:
        """A device went silent: have what lies in between probed at once."""
        self.uplink.ask()
        parent = self._monitors.get(monitor.options.parent or "")
        worker = self._worker_of(parent.address) if parent else None
        if parent and worker:
            worker.ask(parent)

    # Called by the recorder

    def not_before(self) -> float:
        """Until when messages wait, to become one with the word about blindness."""
        return self._regain_until if self._regaining else 0.0

    def settle(self, monitor: Monitor, transition: Transition) -> None:
        """A conclusion was committed: it may hide or show what lies behind that device."""
        self._regaining.discard(monitor.id)
        children = [one for one in list(self._monitors.values()) if one.options.parent == monitor.id]
        if not children:
            return
        if transition.after is State.DOWN:
            for one in self._below(monitor.id):
                self._each([one], lambda worker, ids: worker.hold(ids, Verdict.UNREACHABLE))
        else:
            self._each(children, lambda worker, ids: worker.release(ids, Verdict.UNREACHABLE))

    def turn(self) -> bool:
        """Act on what the uplink found; whether messages may go out that could not before."""
        while self._changes:
            blind, at = self._changes.pop(0)
            everything = list(self._monitors.values())
            if blind:
                log.error("no uplink target answers: nothing is decided until one does")
                self._blind_from = self._blind_from or at
                self._each(everything, lambda worker, ids: worker.hold(ids, Verdict.BLIND))
            else:
                log.warning("the uplink is back after %.0f s", at - self._blind_from)
                self._regain_until = time.time() + REGAIN
                self._regaining = {one.id for one in everything}
                self._each(everything, lambda worker, ids: worker.release(ids, Verdict.BLIND))
                event = {"kind": "blind", "at": self._blind_from, "until": at, "decided_at": at}
                channels = {one.channel.id for one in everything}
                self._outbox.notice(channels, event, self._regain_until)
                self._blind_from = 0.0
        if not self._regaining:
            return False
        if time.time() < self._regain_until and any(self._undecided(one) for one in self._regaining):
            return False
        self._regaining = set()
        self._outbox.let_go()
        return True

    def _undecided(self, monitor_id: str) -> bool:
        monitor = self._monitors.get(monitor_id)
        worker = self._worker_of(monitor.address) if monitor else None
        seen = worker.seen(monitor_id) if worker else None
        return seen is not None and seen[0].state is State.UNKNOWN and not seen[0].held

    def _below(self, monitor_id: str) -> list[Monitor]:
        found = [one for one in list(self._monitors.values()) if one.options.parent == monitor_id]
        return found + [deeper for one in found for deeper in self._below(one.id)]

    def _each(self, monitors: Iterable[Monitor], do: Callable[[Watcher, list[str]], None]) -> None:
        for monitor in monitors:
            worker = self._worker_of(monitor.address)
            if worker:
                do(worker, [monitor.id])
