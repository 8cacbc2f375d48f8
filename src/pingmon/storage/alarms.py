"""Alarms: what happens to them is part of the transaction that causes it.

No other place asks `model.alarm.step`, so nothing is told or held beside it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, insert, select, update
from sqlalchemy.engine import Connection

from pingmon.model.alarm import AFRESH, step_all
from pingmon.model.alarm_chat import Chat, Outgoing, Told, chat_from_json, collect
from pingmon.model.alarm_events import Closed, Event
from pingmon.model.alarm_rules import rules_of
from pingmon.model.alarm_schedule import next_due
from pingmon.model.alarm_state import Alarm, Known, Rules, added_channel, alarm_from_json
from pingmon.model.monitor import Monitor
from pingmon.storage.alarm_events import Telling, event_of, reminder_of
from pingmon.storage.sqlite.chunks import chunks
from pingmon.storage.tables import alarm_chats, alarms

# The channels that a monitor's alarms tell, and the rules of each; its own channel comes first.
Audience = Callable[[Monitor], Mapping[int, Rules]]
OF_A_CHAT = "chat:"  # how the key of a hold begins that is given to one channel only
AGAIN = 60.0  # s; at whose multiples what was due and could not be told is looked at again

Alarms = dict[str, dict[int, Alarm]]  # by monitor and channel

_SAME = and_(alarms.c.monitor_id == bindparam("which"), alarms.c.channel_id == bindparam("channel"))


def own_channel(monitor: Monitor) -> Mapping[int, Rules]:
    """The audience of a monitor when nothing more is configured."""
    return {one.id: rules_of(monitor.options) for one in monitor.channels}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What happened to the alarms of a monitor at a moment (epoch seconds), in this order.

    channels: only to the alarms of these; None: of all.
    """

    monitor: Monitor
    events: Sequence[Event]
    at: float
    channels: frozenset[int] | None = None


class Advanced(NamedTuple):
    """rows: for the outbox. changed: alarms before and after, by monitor and channel."""

    rows: list[dict[str, Any]]
    changed: dict[tuple[str, int], tuple[Alarm, Alarm]]


def advance(
    connection: Connection,
    occurrences: Iterable[Occurrence],
    audience: Audience,
    not_before: float = 0.0,
    touched: bool = False,
) -> Advanced:
    """Part of a transaction: alarms as they are afterwards are stored; what is told, to be queued in it.

    not_before: until when messages wait to become one, epoch seconds. touched: when alarms are due is
    found out anew, also of those that did not change.
    """
    occurrences = list(occurrences)
    known = load(connection, [one.monitor.id for one in occurrences])
    stored = {which: set(its) for which, its in known.items()}
    changed: dict[tuple[str, int], tuple[Alarm, Rules]] = {}
    differing: dict[tuple[str, int], tuple[Alarm, Alarm]] = {}
    told: dict[int, list[Telling]] = {}
    for one in occurrences:
        monitor_id, alarms_of = one.monitor.id, known.setdefault(one.monitor.id, {})
        for channel_id, rules, events in _concerned(one, alarms_of, audience(one.monitor)):
            alarm = alarms_of[channel_id]
            after, messages = step_all(alarm, events, one.at, rules)
            alarms_of[channel_id] = after
            if touched or after != alarm or channel_id not in stored.get(monitor_id, ()):
                changed[monitor_id, channel_id] = after, rules
            if after != alarm:
                first, _ = differing.get((monitor_id, channel_id), (alarm, after))
                differing[monitor_id, channel_id] = first, after
            for message in messages:
                told.setdefault(channel_id, []).append(Telling(one.monitor, message, alarm.told))
    _save(connection, changed, stored, max((one.at for one in occurrences), default=0.0))
    rows = [row for which, its in told.items() for row in _tell(connection, which, its, not_before)]
    return Advanced(rows, differing)


def load(connection: Connection, monitor_ids: Sequence[str]) -> Alarms:
    """The alarms of monitors, as they are stored."""
    known: Alarms = {}
    ids = list(dict.fromkeys(monitor_ids))
    columns = select(alarms.c.monitor_id, alarms.c.channel_id, alarms.c.alarm)
    for some in chunks(ids):
        for row in connection.execute(columns.where(alarms.c.monitor_id.in_(some))):
            known.setdefault(row.monitor_id, {})[row.channel_id] = alarm_from_json(row.alarm)
    return known


def replace_alarms(connection: Connection, changed: Mapping[tuple[str, int], Alarm]) -> None:
    """Part of a transaction: stored ones become these; when they are due stays."""
    _update(connection, {key: {"alarm": alarm.to_json()} for key, alarm in changed.items()})


def set_nothing_due(connection: Connection, keys: Iterable[tuple[str, int]]) -> None:
    """Part of a transaction: what is due again says so anew. keys: monitors and channels."""
    _update(connection, {key: {"due": None} for key in keys})


def forget(connection: Connection, told: Mapping[tuple[str, int], Any]) -> None:
    """Part of a transaction: messages were dropped, so this is what channels know, and nothing more.

    told: `state` and `since` (epoch seconds). What is so is compared with it at the next conclusion.
    """
    known = load(connection, [which for which, _ in told])
    changed = {}
    for (which, channel), before in told.items():
        alarm = known.get(which, {}).get(channel)
        if alarm is None or alarm.closed:
            continue
        state = Known(before.state)
        knows = state in (Known.DOWN, Known.FLAPPING)
        changed[which, channel] = replace(
            alarm, known=state, told=state, told_at=before.since if knows else 0.0, unseen=AFRESH
        )
    replace_alarms(connection, changed)


def _concerned(
    one: Occurrence, alarms_of: dict[int, Alarm], audience: Mapping[int, Rules]
) -> Iterable[tuple[int, Rules, Sequence[Event]]]:
    """Which channels an occurrence concerns; those that lack an alarm get one.

    A channel that the monitor tells no more is told that, if it has to be.
    """
    for channel_id, rules in audience.items():
        before = alarms_of.get(channel_id)
        if before is None or before.closed:
            is_first = not alarms_of and channel_id == one.monitor.channel.id
            alarms_of[channel_id] = Alarm() if is_first else _added(alarms_of)
        if one.channels is None or channel_id in one.channels:
            yield channel_id, rules, one.events
    for channel_id in [which for which in alarms_of if which not in audience]:
        yield channel_id, Rules(), (Closed(),)


def _added(siblings: Mapping[int, Alarm]) -> Alarm:
    """Of a channel that a monitor got later: what is known of the device, what holds all alarms."""
    alive = next((alarm for alarm in siblings.values() if not alarm.closed), Alarm())
    return replace(
        added_channel(),
        known=alive.known,
        unseen=alive.unseen,
        at=alive.at,
        reason=alive.reason,
        outage_at=alive.outage_at,
        counted=alive.counted,
        counted_at=alive.counted_at,
        holds=tuple(one for one in alive.holds if not one.key.startswith(OF_A_CHAT)),
    )


def _tell(
    connection: Connection, channel_id: int, told: Sequence[Telling], not_before: float
) -> Iterable[dict[str, Any]]:
    """Rows for the outbox, and what is remembered of the chat."""
    messages = [Told(one.monitor.id, one.message) for one in told]
    before = read_chat(connection, channel_id) if any(one.message.is_reminder for one in told) else Chat()
    now = max(one.message.decided_at for one in told)
    chat, rows = collect(before, messages, (), now, Rules())
    if chat != before:
        save_chat(connection, channel_id, chat)
    tellings = {(one.monitor.id, one.message): one for one in told}
    for row in rows:
        yield {
            "channel_id": channel_id,
            "monitor_id": row.monitors[0] if row.total == 1 else None,
            "event": _event(row, tellings),
            "not_before": not_before,
            "hold_until": row.not_before,
        }


def _event(row: Outgoing, tellings: Mapping[Any, Telling]) -> dict[str, Any]:
    named = [tellings[one] for one in zip(row.monitors, row.messages, strict=True)]
    if len(named) == 1 and row.total == 1:
        return event_of(named[0])
    return reminder_of(named, row.total, row.silent)


def read_chat(connection: Connection, channel_id: int) -> Chat:
    """What a chat was told."""
    query = select(alarm_chats.c.chat).where(alarm_chats.c.channel_id == channel_id)
    found = connection.execute(query).scalar()
    return chat_from_json(found) if found else Chat()


def save_chat(connection: Connection, channel_id: int, chat: Chat) -> None:
    """Part of a transaction."""
    where = alarm_chats.c.channel_id == channel_id
    done = connection.execute(update(alarm_chats).where(where).values(chat=chat.to_json()))
    if not done.rowcount:
        values = {"channel_id": channel_id, "chat": chat.to_json()}
        connection.execute(insert(alarm_chats).values(**values))


def _save(
    connection: Connection,
    changed: Mapping[tuple[str, int], tuple[Alarm, Rules]],
    stored: Mapping[str, set[int]],
    now: float,
) -> None:
    rows = [(key, alarm, _due(alarm, rules, now)) for key, (alarm, rules) in changed.items()]
    fresh = [one for one in rows if one[0][1] not in stored.get(one[0][0], ())]
    if fresh:
        values = [
            {"monitor_id": which, "channel_id": channel, "alarm": alarm.to_json(), "due": due}
            for (which, channel), alarm, due in fresh
        ]
        connection.execute(insert(alarms), values)
    known = {key: {"alarm": alarm.to_json(), "due": due} for key, alarm, due in rows}
    _update(connection, {key: its for key, its in known.items() if key[1] in stored.get(key[0], ())})


def _update(connection: Connection, values: Mapping[tuple[str, int], Mapping[str, Any]]) -> None:
    """Columns of stored alarms, by monitor and channel; the same columns of each."""
    rows = [
        {"which": which, "channel": channel} | {f"new_{name}": value for name, value in its.items()}
        for (which, channel), its in values.items()
    ]
    if rows:
        names = next(iter(values.values()))
        change: Any = {name: bindparam(f"new_{name}") for name in names}
        connection.execute(update(alarms).where(_SAME).values(**change), rows)


def _due(alarm: Alarm, rules: Rules, now: float) -> float | None:
    """When it has to be looked at; never at once again, whatever could not be told.

    All of a chat that wait come back together, so that one reminder is made of them.
    """
    due, again = next_due(alarm, rules, now), (now // AGAIN + 1) * AGAIN
    times = [one if one > now else again for one in due if one is not None]
    return min(times, default=None)
