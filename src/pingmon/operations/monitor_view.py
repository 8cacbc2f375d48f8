"""What is known of a monitor now, for all who show it."""

import time
from typing import NamedTuple

from pingmon.engine.neighbours import Neighbour
from pingmon.engine.probe_group import ProbeGroup
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.monitor import Monitor
from pingmon.operations.context import Context


class View(NamedTuple):
    """A monitor with its state and what it is probed by. resolver: what is wrong with its name."""

    monitor: Monitor
    state: DetectorState
    group: ProbeGroup
    neighbour: Neighbour
    resolver: str = ""

    @property
    def reason(self) -> str:
        return state_reason(self.state, self.group, self.resolver)

    @property
    def seen(self) -> float:
        """When the newest reply came, epoch seconds; 0 if none ever did."""
        return seen_at(self.state, self.group)


def view(context: Context, monitor: Monitor) -> View | None:
    """None when it was deleted meanwhile."""
    monitor = context.worker_pool.monitors.get(monitor.id) or monitor  # its name may have moved
    worker = context.worker_pool.worker_of(monitor.watched_at)
    group = worker.group_of(monitor) if worker else None
    seen = worker.seen(monitor.id) if worker else None
    if not (worker and group and seen):
        return None
    return View(monitor, seen[0], group, group.neighbour, context.resolver_words(monitor))


def state_reason(state: DetectorState, group: ProbeGroup, resolver: str = "") -> str:
    """Why a device is not up, or can't be seen, in plain words. resolver: what is wrong with its name."""
    words = _reason(state, group)
    if not resolver or state.state is State.UP or resolver in words:
        return words
    return f"{words}; {resolver}"


def _reason(state: DetectorState, group: ProbeGroup) -> str:
    if state.state is State.DOWN:
        is_silent = state.words in ("", "no reply")  # not an error, nor an answer of another kind
        return "no reply since it was added" if is_silent and not state.seen else state.words
    if state.blind_reason:
        return state.words or state.blind_reason
    if state.is_flapping:
        return "flapping"
    if state.state is State.UP:
        return ""
    if state.words:
        return state.words
    if group.refusal:
        return group.refusal.words
    if group.target.note:
        return group.target.note
    if group.error:
        return group.error
    return "no reply yet" if not state.seen else "not seen again yet"


def seen_at(state: DetectorState, group: ProbeGroup) -> float:
    """When the newest reply came, epoch seconds, 0 if none did; the prober knows it before the state."""
    at = state.seen
    if group.target.last_reply > 0:
        at = max(at, time.time() - (time.monotonic() - group.target.last_reply))
    return at
