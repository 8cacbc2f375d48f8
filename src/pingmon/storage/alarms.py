"""Alarms: what happens to them is part of the transaction that causes it.

No other place asks `model.alarm_channels`, so nothing is told or held beside it.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from pingmon.model.alarm import AFRESH
from pingmon.model.alarm_channels import NOBODY, step_channels
from pingmon.model.alarm_chat import Chat, Outgoing, Told, chat_from_json, collect
from pingmon.model.alarm_events import Event
from pingmon.model.alarm_rules import rules_of
from pingmon.model.alarm_schedule import next_due
from pingmon.model.alarm_state import Alarm, Known, Rules, alarm_from_json
from pingmon.model.monitor import Monitor
from pingmon.storage.alarm_events import Telling, event_of, reminder_of
from pingmon.storage.sqlite.bulk import insert_rows, rows_for, update_rows
from pingmon.storage.tables import alarm_chats, alarms

# The channels that a monitor's alarms tell, and the rules of each; its own channel comes first.
Audience = Callable[[Monitor], Mapping[int, Rules]]
AGAIN = 60.0  # s; at whose multiples what was due and could not be told is looked at again

Alarms = dict[str, dict[int, Alarm]]  # by monitor and channel
Key = tuple[str, int]  # monitor, channel
_KEY = ("monitor_id", "channel_id")


def own_channel(monitor: Monitor) -> Mapping[int, Rules]:
    """The audience of a monitor when nothing more is configured."""
    return {one.id: rules_of(monitor.options) for one in monitor.channels}


def shared(audience: Audience) -> Audience:
    """The same, while it is kept: monitors with the same options and channels have the same audience."""
    known = dict[Hashable, tuple[Monitor, Mapping[int, Rules]]]()

    def of(monitor: Monitor) -> Mapping[int, Rules]:
        key = id(monitor.options), tuple(one.id for one in monitor.channels)
        if key not in known:
            known[key] = monitor, audience(monitor)  # with the monitor, so that the ID stays its options'
        return known[key][1]

    return of


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What happened to the alarms of a monitor at a moment (epoch seconds), in this order.

    channels: only to the alarms of these; None: of all. before: of an edit, the monitor as it was.
    """

    monitor: Monitor
    events: Sequence[Event]
    at: float
    channels: frozenset[int] | None = None
    before: Monitor | None = None


class Advanced(NamedTuple):
    """rows: for the outbox. changed: alarms before and after, by monitor and channel."""

    rows: list[dict[str, Any]]
    changed: dict[Key, tuple[Alarm, Alarm]]


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
    occurrences, audience = list(occurrences), shared(audience)
    stored = _stored(connection, [one.monitor.id for one in occurrences])
    known = {which: {key: its.alarm for key, its in some.items()} for which, some in stored.items()}
    looked_at = dict[Key, Rules]()
    differing = dict[Key, tuple[Alarm, Alarm]]()
    told = dict[int, list[Telling]]()
    for one in occurrences:
        which = one.monitor.id
        rules, left = audience(one.monitor), audience(one.before) if one.before else NOBODY
        done = step_channels(known.get(which, {}), rules, one.events, one.at, left, one.channels)
        known[which] = done.after
        for channel, alarm in done.after.items():
            was, is_new = done.before[channel], channel not in stored.get(which, {})
            if alarm is was and not touched and not is_new:
                continue
            looked_at[which, channel] = rules.get(channel) or left.get(channel) or Rules()
            if alarm != was:
                first, _ = differing.get((which, channel), (was, alarm))
                differing[which, channel] = first, alarm
        for its in done.heard:
            told.setdefault(its.channel, []).append(Telling(one.monitor, its.message, its.before))
    now = max((one.at for one in occurrences), default=0.0)
    rows = {key: (known[key[0]][key[1]], rules) for key, rules in looked_at.items()}
    _save(connection, rows, stored, now)
    queued = [row for which, its in told.items() for row in _tell(connection, which, its, not_before)]
    return Advanced(queued, differing)


class _Stored(NamedTuple):
    alarm: Alarm
    due: float | None


def _stored(connection: Connection, monitor_ids: Iterable[str]) -> dict[str, dict[int, _Stored]]:
    found: dict[str, dict[int, _Stored]] = {}
    query = "SELECT monitor_id, channel_id, alarm, due FROM alarms WHERE monitor_id IN :given"
    for which, channel, alarm, due in rows_for(connection, query, list(dict.fromkeys(monitor_ids))):
        found.setdefault(which, {})[channel] = _Stored(alarm_from_json(json.loads(alarm)), due)
    return found


def load(connection: Connection, monitor_ids: Iterable[str]) -> Alarms:
    """The alarms of monitors, as they are stored."""
    return {
        which: {channel: its.alarm for channel, its in some.items()}
        for which, some in _stored(connection, monitor_ids).items()
    }


def replace_alarms(connection: Connection, changed: Mapping[Key, Alarm]) -> None:
    """Part of a transaction: stored ones become these; when they are due stays."""
    _update(connection, {key: {"alarm": alarm.to_json()} for key, alarm in changed.items()})


def set_nothing_due(connection: Connection, keys: Iterable[Key]) -> None:
    """Part of a transaction: what is due again says so anew. keys: monitors and channels."""
    _update(connection, {key: {"due": None} for key in keys})


def forget(connection: Connection, told: Mapping[Key, Any]) -> None:
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
    alarms_now: Mapping[Key, tuple[Alarm, Rules]],
    stored: Mapping[str, Mapping[int, _Stored]],
    now: float,
) -> None:
    """Those that are new, and those that are others or due at another time than they are stored."""
    fresh, changed = list[dict[str, Any]](), list[dict[str, Any]]()
    for (which, channel), (alarm, rules) in alarms_now.items():
        before, due = stored.get(which, {}).get(channel), _due(alarm, rules, now)
        if before is not None and before == (alarm, due):
            continue
        row = {"monitor_id": which, "channel_id": channel, "alarm": alarm.to_json(), "due": due}
        (fresh if before is None else changed).append(row)
    insert_rows(connection, alarms, fresh)
    update_rows(connection, alarms, _KEY, changed)


def _update(connection: Connection, values: Mapping[Key, Mapping[str, Any]]) -> None:
    """Columns of stored alarms; the same columns of each."""
    rows = [
        {"monitor_id": which, "channel_id": channel, **its} for (which, channel), its in values.items()
    ]
    update_rows(connection, alarms, _KEY, rows)


def _due(alarm: Alarm, rules: Rules, now: float) -> float | None:
    """When it has to be looked at; never at once again, whatever could not be told.

    All of a chat that wait come back together, so that one reminder is made of them.
    """
    due, again = next_due(alarm, rules, now), (now // AGAIN + 1) * AGAIN
    times = [one if one > now else again for one in due if one is not None]
    return min(times, default=None)
