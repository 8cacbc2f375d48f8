"""What workers concluded: states, history, and what that means to alarms."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from pingmon.model.alarm_events import Concluded, Event, Noticed, SightLost
from pingmon.model.alarm_state import Known, MessageKind, Notice
from pingmon.model.clock_jumps import ClockSet
from pingmon.model.detector_state import (
    DetectorState,
    State,
    Transition,
    TransitionKind,
    detector_state_from_json,
    restate_times,
)
from pingmon.model.monitor import Monitor, is_other_target
from pingmon.storage.alarms import Audience, Occurrence, advance, own_channel
from pingmon.storage.current_monitors import current
from pingmon.storage.sqlite.bulk import update_rows
from pingmon.storage.tables import monitors, transitions

_KNOWN = {State.UP: Known.UP, State.DOWN: Known.DOWN}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a worker concluded about one monitor, to be remembered and told."""

    monitor: Monitor
    state: DetectorState
    transition: Transition


@dataclass(frozen=True, slots=True)
class LostSight:
    """A device can't be seen. why: as `Alarm.unseen`. at: epoch seconds."""

    monitor: Monitor
    why: str
    at: float


def save(
    connection: Connection,
    changes: Iterable[Decision | LostSight],
    not_before: float,
    audience: Audience = own_channel,
) -> list[dict[str, Any]]:
    """Part of a transaction: states, transitions and alarms. The messages, to be queued in the same one.

    changes: in their order.
    """
    changes = list(changes)
    now = current(connection, (one.monitor for one in changes))
    # What was found out of a target says nothing of another one.
    alive = ((one, now.get(one.monitor.id)) for one in changes)
    changes = [
        one if its is one.monitor else replace(one, monitor=its)
        for one, its in alive
        if its and not is_other_target(its, one.monitor)
    ]
    decisions = [one for one in changes if isinstance(one, Decision)]
    save_states(connection, [(one.monitor.id, one.state) for one in decisions])
    rows = [
        {
            "monitor_id": one.monitor.id,
            "before": one.transition.before,
            "after": one.transition.after,
            "at": one.transition.at,
            "decided_at": one.transition.decided_at,
            "reason": one.transition.reason,
        }
        for one in decisions
        if one.transition.before != one.transition.after
    ]
    if rows:
        connection.execute(insert(transitions), rows)
    return advance(connection, map(_occurrence, changes), audience, not_before).rows


def _occurrence(change: Decision | LostSight) -> Occurrence:
    if isinstance(change, LostSight):
        return Occurrence(change.monitor, (SightLost(change.why),), change.at)
    return Occurrence(change.monitor, _events(change), change.transition.decided_at)


def _events(decision: Decision) -> tuple[Event, ...]:
    """What a transition means to an alarm."""
    transition, options, state = decision.transition, decision.monitor.options, decision.state
    notice: Notice | None = None
    match transition.kind:
        case TransitionKind.SLOW:
            notice = Notice(MessageKind.SLOW, transition.at, transition.reason)
            return (Noticed(notice),) if options.tell_slow else ()
        case TransitionKind.NEVER_SEEN:
            notice = Notice(MessageKind.NEVER_SEEN, transition.at, transition.reason)
            return (Noticed(notice),) if options.tell_unseen else ()
        case TransitionKind.CERTIFICATE:
            ends = state.certificates[-1]
            return (Noticed(Notice(MessageKind.CERTIFICATE, transition.at, transition.reason, ends)),)
    if transition.after is State.UNKNOWN:
        return ()
    known = Known.FLAPPING if state.is_flapping else _KNOWN[transition.after]
    is_news = transition.announce and transition.before is State.UNKNOWN
    before = _KNOWN.get(transition.before, Known.NOTHING) if transition.announce else Known.NOTHING
    return (Concluded(known, transition.at, transition.reason, transition.lasted, is_news, before),)


def save_states(connection: Connection, states: Iterable[tuple[str, DetectorState]]) -> None:
    rows = [{"id": monitor_id, "detector": state.to_json()} for monitor_id, state in states]
    update_rows(connection, monitors, ("id",), rows)


def restate_states(connection: Connection, clock: ClockSet) -> None:
    """The clock was set while pingmond did not run."""
    query = select(monitors.c.id, monitors.c.detector).where(monitors.c.deleted.is_(False))
    found = ((row.id, detector_state_from_json(row.detector)) for row in connection.execute(query).all())
    save_states(connection, [(one, restate_times(state, clock)) for one, state in found])
