"""What workers concluded: states, history, and the messages that it causes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection

from pingmon.model.detector_state import DetectorState, Transition, TransitionKind
from pingmon.model.monitor import Monitor
from pingmon.storage.row_mapping import plain
from pingmon.storage.tables import monitors, transitions


@dataclass(frozen=True, slots=True)
class Decision:
    """What a worker concluded about one monitor, to be remembered and told."""

    monitor: Monitor
    state: DetectorState
    transition: Transition


def save(
    connection: Connection, decisions: Iterable[Decision], not_before: float
) -> list[dict[str, Any]]:
    """Part of a transaction: states and transitions. The messages, to be queued in the same one."""
    decisions = list(decisions)
    alive = _alive(connection, {one.monitor.id for one in decisions})
    decisions = [one for one in decisions if one.monitor.id in alive]
    save_states(connection, [(one.monitor.id, one.state) for one in decisions])
    changes = [(one.monitor.id, one.transition) for one in decisions]
    rows = [
        {
            "monitor_id": monitor_id,
            "before": change.before,
            "after": change.after,
            "at": change.at,
            "decided_at": change.decided_at,
            "reason": change.reason,
        }
        for monitor_id, change in changes
        if change.before != change.after
    ]
    if rows:
        connection.execute(insert(transitions), rows)
    return [
        {
            "channel_id": one.monitor.channel.id,
            "monitor_id": one.monitor.id,
            "event": _event(one),
            "not_before": not_before,
        }
        for one in decisions
        if causes_message(one)
    ]


def causes_message(decision: Decision) -> bool:
    """Whether a decision causes a message."""
    transition, options, state = decision.transition, decision.monitor.options, decision.state
    if not transition.announce:
        return False
    match transition.kind:
        case TransitionKind.SLOW:
            return options.tell_slow
        case TransitionKind.NEVER_SEEN:
            return options.tell_unseen
        case TransitionKind.FIRST_REPLY:  # of interest to those who heard that there was none
            return options.tell_unseen and state.told_unseen
    return True


def save_states(connection: Connection, states: Iterable[tuple[str, DetectorState]]) -> None:
    rows = [{"which": monitor_id, "state": state.to_json()} for monitor_id, state in states]
    if rows:
        change = update(monitors).where(monitors.c.id == bindparam("which"))
        connection.execute(change.values(detector=bindparam("state")), rows)


def _alive(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of these monitors that were not deleted meanwhile."""
    found = set[str]()
    for some in _chunks(list(ids)):
        query = select(monitors.c.id).where(monitors.c.id.in_(some), monitors.c.deleted.is_(False))
        found |= set(connection.execute(query).scalars())
    return found


def _chunks(items: list[str]) -> Iterable[list[str]]:
    """SQLite takes no more than 32,766 parameters in a statement."""
    return (items[start : start + 10_000] for start in range(0, len(items), 10_000))


def _event(decision: Decision) -> dict[str, Any]:
    """What `notify` turns into words."""
    monitor = decision.monitor
    return plain(decision.transition) | {
        "name": monitor.name,
        "address": monitor.address,
        "language": monitor.options.language,
        "quiet": monitor.options.quiet,
    }
