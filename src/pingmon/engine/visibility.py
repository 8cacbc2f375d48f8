"""Decides what can be seen: parents, ways out, mass silence; and what is told after blindness."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from pingmon.engine.blindness_reports import BlindnessReports
from pingmon.engine.live_monitors import LiveMonitors
from pingmon.engine.mass_silence import MassSilence
from pingmon.engine.system_clock import SYSTEM
from pingmon.engine.way_watch import SightChange, WayWatch
from pingmon.model.detector_state import DetectorState, State, Transition
from pingmon.model.monitor import Monitor, source_of
from pingmon.model.visibility import Verdict, WayOut, parent_verdict
from pingmon.storage.outbox import Outbox

log = logging.getLogger(__name__)

REGAIN = 30.0  # s; so long the message after blindness waits for devices that are not decided yet
WORTH_TELLING = 60.0  # s of blindness; a shorter one is told beside what it brought, else only logged
EXPIRED = "expired"  # why a device is unseen of which there is no evidence young enough
GATHER = 1.0  # s; while many go down together their messages wait so long, to become one


class StateSource(Protocol):
    """The part of a worker that is needed here."""

    def seen(self, monitor_id: str) -> tuple[DetectorState, float] | None: ...
    def probe_now(self, monitor: Monitor) -> None: ...
    def set_blind(
        self, monitor_ids: Iterable[str], reason: str, words: str = "", proven: float | None = None
    ) -> None: ...
    def see_again(self, monitor_ids: Iterable[str], reason: str) -> None: ...


class NameCheck(Protocol):
    """What is asked of the resolution of host names."""

    def hurry(self, monitor: Monitor) -> None: ...
    def is_awaited(self, monitor: Monitor, since: float) -> bool: ...


class Visibility:
    """Any worker may call `check`; `on_committed` and `run_once` run in the recorder's thread."""

    def __init__(
        self,
        outbox: Outbox,
        monitors: LiveMonitors,
        worker_of: Callable[[str], StateSource | None],
        replies: Callable[[], int],
        can_reach_anybody: Callable[[], bool],
        way_watch: WayWatch | None = None,
        reports: BlindnessReports | None = None,
        on_sight_lost: Callable[[Monitor, str], None] = lambda *_: None,
        names: NameCheck | None = None,
    ) -> None:
        """replies: how many probes of all kinds were answered so far.

        can_reach_anybody: asks the channels' services; it may block, and has a thread of its own.
        on_sight_lost: is told monitors that can't be seen any more, and why; from any thread.
        """
        self._on_sight_lost, self._names = on_sight_lost, names
        self._outbox, self._monitors, self._worker_of = outbox, monitors, worker_of
        self._ways, self._reports = way_watch, reports
        self._blind_by: set[WayOut | None] = set()  # None: all of them
        self._blind_from: dict[WayOut | None, float] = {}  # by Clock.steady
        self._blinded: dict[WayOut | None, list[Monitor]] = {}  # their way may be another one later
        self._regaining: set[str] | None = None  # whose state is not told yet; None: not regaining
        self._notice: dict[str, Any] | None = None  # of blindness that was not told yet
        self._concerned: set[int] = set()  # channels with monitors that could not be seen
        self._touched: set[int] = set()  # channels that hear of a device in the same message
        self._held_until: float | None = None  # monotonic; so long messages wait to become one
        self._mass = MassSilence(replies, can_reach_anybody, self._explained, self._intervals)

    @property
    def blind(self) -> bool:
        """Also when the recorder has not acted on it yet; never when nothing is watched."""
        if not len(self._monitors):
            return False
        if self._ways is None:
            is_blind = bool(self._blind_by)
        else:
            is_blind = self._ways.is_blind or not self._blind_by.isdisjoint(
                (None, *self._ways.ways.all())
            )
        return is_blind or self._mass.check() is Verdict.BLIND

    # Called by workers

    def check(self, monitor: Monitor, since: float, overdue: bool) -> Verdict:
        """May silence since then be told? When it is overdue, no parent is waited for any more.

        But when all targets of a way out are silent: until somebody told whether it is us, we see
        nothing, and time without sight does not count.
        """
        found = self._of_parent(monitor, since)
        if found in (Verdict.UNREACHABLE, Verdict.BLIND):
            return found
        mass = self._mass.check()
        if mass is not Verdict.TELL:
            return mass
        if found is Verdict.WAIT and not overdue:
            self.on_first_loss(monitor)
            return found
        if self._names and monitor.address and not overdue and self._names.is_awaited(monitor, since):
            return Verdict.WAIT
        if self._ways is None or not monitor.address:
            return Verdict.TELL
        return self._ways.verdict(monitor.address, since, source_of(monitor.probe_options))

    def on_first_loss(self, monitor: Monitor) -> None:
        """A device went silent: have what lies in between probed at once."""
        if self._names:
            self._names.hurry(monitor)
        if self._ways and monitor.address:
            self._ways.on_first_loss(monitor.address, source_of(monitor.probe_options))
        parent = self._parent_of(monitor)
        worker = self._worker_of(parent.watched_at) if parent else None
        if parent and worker:
            worker.probe_now(parent)

    def on_silence(self, monitor: Monitor, sent_at: float) -> None:
        """A device that was up lost a probe that was sent then, epoch seconds."""
        self._mass.on_silence(monitor, min(time.time() - sent_at, monitor.detection.timeout))

    def on_reply(self, monitor: Monitor) -> None:
        """That device answers again."""
        self._mass.on_reply(monitor)

    def on_sight_changed(self, monitor: Monitor, state: DetectorState) -> None:
        """A device can't be seen any more, or is again."""
        if self._reports is not None:
            self._reports.on_sight_changed(monitor, state)
        is_lost = state.state is State.UNKNOWN and (state.blind_reason or state.expired)
        if is_lost and not state.is_paused:  # its alarms know that it is paused
            self._on_sight_lost(monitor, state.blind_reason or EXPIRED)

    def words_of(self, monitor: Monitor, verdict: Verdict) -> str:
        """Why silence is not believed, if there is more to say than the verdict."""
        if self._ways is None or verdict is not Verdict.BLIND or not monitor.address:
            return ""
        return self._ways.words(monitor.address, source_of(monitor.probe_options))

    def _of_parent(self, monitor: Monitor, since: float) -> Verdict:
        parent = self._parent_of(monitor)
        state, answered = self._seen(parent.id if parent else None) or (None, 0.0)
        return parent_verdict(state, answered, since)

    def _explained(self, monitor: Monitor) -> bool:
        """Whether the silence of a parent explains that of this device."""
        parent = self._parent_of(monitor)
        seen = self._seen(parent.id if parent else None)
        return seen is not None and (seen[0].state is not State.UP or seen[0].run > 0)

    def _parent_of(self, monitor: Monitor) -> Monitor | None:
        """What it is behind: the nearest that is not paused."""
        return next((one for one in self._monitors.above(monitor) if not self._is_paused(one)), None)

    def _is_paused(self, monitor: Monitor) -> bool:
        seen = self._seen(monitor.id)
        return seen is not None and seen[0].is_paused

    def _behind_directly(self, monitor: Monitor) -> list[Monitor]:
        """What is behind nothing else that is not paused."""
        return self._monitors.behind(monitor.id, self._is_paused)

    def _seen(self, monitor_id: str | None) -> tuple[DetectorState, float] | None:
        monitor = self._monitors.get(monitor_id or "")
        worker = self._worker_of(monitor.watched_at) if monitor else None
        return worker.seen(monitor.id) if worker and monitor else None

    def _intervals(self) -> Counter[float]:
        """How many targets that were up are probed at which interval."""
        targets = {}
        for one in self._monitors.all():
            seen = self._seen(one.id)
            if seen is not None and seen[0].told is State.UP and not seen[0].is_paused:
                target = one.watched_at, one.mon_type, one.probe_options, one.detection
                targets[target] = one.detection.interval
        return Counter(targets.values())

    # Called by the recorder

    def not_before(self) -> float:
        """Until when messages wait, to become one with the message about blindness; epoch seconds."""
        now = time.monotonic()
        if self._held_until is None and self._mass.since is not None:
            self._held_until = now + GATHER
        return 0.0 if self._held_until is None else time.time() + max(0.0, self._held_until - now)

    def on_committed(self, monitor: Monitor, transition: Transition) -> None:
        """A conclusion was committed: it may hide or show what lies behind that device."""
        if self._regaining is not None:
            self._regaining.discard(monitor.id)
            if transition.announce:
                self._touched |= {one.id for one in monitor.channels}
        children = self._monitors.children_of(monitor.id)
        if not children:
            return
        if transition.after is State.DOWN:
            for one in self._monitors.below(monitor.id):
                self._hide(one)
        if transition.after is State.UP or monitor.id not in self._monitors:  # deleted meanwhile
            self.release_children(self._behind_directly(monitor))

    def _hide(self, monitor: Monitor) -> None:
        """It is behind a dead device. If it answers all the same that is seen at once, not an interval
        later, which may be an hour.
        """
        worker = self._worker_of(monitor.watched_at)
        if worker:
            worker.set_blind([monitor.id], Verdict.UNREACHABLE)
            worker.probe_now(monitor)

    def on_paused(self, monitor: Monitor) -> None:
        """It is no parent any more. From any thread."""
        self.release_children(self._behind_directly(monitor))

    def on_moved(self, monitors: Iterable[Monitor]) -> None:
        """Their names have other addresses now: perhaps by a way out that works. From any thread."""
        released = (one for one in monitors if not self._is_blind(one))
        self._each(released, lambda worker, ids: worker.see_again(ids, Verdict.BLIND))

    def release_children(self, monitors: Iterable[Monitor]) -> None:
        """Their parent is back, or is their parent no more: they are judged afresh. From any thread."""
        self._each(monitors, lambda worker, ids: worker.see_again(ids, Verdict.UNREACHABLE))

    def run_once(self) -> bool:
        """Act on what was found out about us; whether messages may go out that could not before."""
        changes = self._ways.run_once() if self._ways else []
        blind = self._mass.run_once() is Verdict.BLIND
        if blind is not (None in self._blind_by):
            began = self._mass.since if blind else None
            age = 0.0 if began is None else time.monotonic() - began
            changes.append(SightChange(None, blind, time.time() - age))
        for change in changes:
            (self._go_blind if change.is_blind else self._see_again)(change)
        if self._held_until is None:
            return False
        waits = self._regaining is None or any(map(self._is_awaited, self._regaining))
        if waits and time.monotonic() < self._held_until:
            return False
        self._tell_blindness()
        self._outbox.release_held_messages()
        self._regaining = self._held_until = None
        return True

    def _tell_blindness(self) -> None:
        """Tell every chat, if it lasted; of a moment only chats that are told of a device, too."""
        if self._notice is None:
            return
        began = self._notice["at"]
        lasted = self._notice["until"] - began >= WORTH_TELLING
        channels = self._concerned if lasted else self._touched
        if self._reports is not None:  # these hear of it by its beginning and its end
            channels = {one for one in channels if not self._reports.was_told_since(one, began)}
        self._outbox.queue_notice(channels, self._notice, 0.0)
        self._notice, self._touched, self._concerned = None, set(), set()

    def _go_blind(self, change: SightChange) -> None:
        log.error("nothing is decided until we can see again: %s", change.words or "nothing answers")
        self._blind_by.add(change.way)
        self._blind_from[change.way] = change.at - SYSTEM.offset()
        self._blinded[change.way] = self._behind(change.way)
        for monitor in self._blinded[change.way]:
            worker = self._worker_of(monitor.watched_at)
            if worker:
                worker.set_blind([monitor.id], Verdict.BLIND, change.words, change.at)

    def _see_again(self, change: SightChange) -> None:
        self._blind_by.discard(change.way)
        began = self._blind_from.pop(change.way, change.at) + SYSTEM.offset()
        log.warning("our way out works again after %.0f s", change.at - began)
        before = self._blinded.pop(change.way, [])  # some may have another address now
        behind = [self._monitors.get(one.id) or one for one in before] + self._behind(change.way)
        concerned = [one for one in {one.id: one for one in behind}.values() if not self._is_blind(one)]
        self._held_until = time.monotonic() + REGAIN
        seen = ((one.id, self._seen(one.id)) for one in concerned)
        regained = {one for one, its in seen if its and its[0].blind_reason == Verdict.BLIND}
        self._regaining = (self._regaining or set()) | regained
        self._each(concerned, lambda worker, ids: worker.see_again(ids, Verdict.BLIND))
        self._concerned |= {its.id for one in concerned for its in one.channels}
        began = self._notice["at"] if self._notice else began  # blind again before that was told
        self._notice = {"kind": "blind", "at": began, "until": change.at, "decided_at": change.at}

    def _behind(self, way: WayOut | None) -> list[Monitor]:
        """The monitors whose packets leave by a way out."""
        everything = self._monitors.all()
        if way is None or self._ways is None:
            return everything
        of = self._ways.ways.of
        return [
            one
            for one in everything
            if one.address and of(one.address, source_of(one.probe_options)) == way
        ]

    def _is_blind(self, monitor: Monitor) -> bool:
        """Whether that monitor can't be seen for another reason still."""
        if None in self._blind_by or self._ways is None:
            return bool(self._blind_by)
        if not monitor.address:
            return False
        way = self._ways.ways.of(monitor.address, source_of(monitor.probe_options))
        return way in self._blind_by

    def _is_awaited(self, monitor_id: str) -> bool:
        """Until its conclusion is committed (`settle`), unless it is held for another reason."""
        seen = self._seen(monitor_id)
        return seen is not None and not seen[0].blind_reason

    def _each(self, monitors: Iterable[Monitor], do: Callable[[StateSource, list[str]], None]) -> None:
        for monitor in monitors:
            now = self._monitors.get(monitor.id) or monitor  # its name may have moved
            worker = self._worker_of(now.watched_at)
            if worker:
                do(worker, [monitor.id])
