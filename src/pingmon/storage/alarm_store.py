"""Alarms as the engine and operations see them: what happened to them, what is due, what holds them."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Text, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.engine import Connection, Engine

from pingmon.model.alarm_chat import chat_from_json, may_remind
from pingmon.model.alarm_events import ReminderDue, TimePassed
from pingmon.model.alarm_holds import acknowledgement
from pingmon.model.alarm_schedule import restate_times
from pingmon.model.alarm_state import Alarm, Rules, alarm_from_json
from pingmon.model.clock_jumps import ClockSet
from pingmon.model.monitor import Monitor
from pingmon.storage.alarms import (
    Advanced,
    Audience,
    Occurrence,
    advance,
    load,
    replace_alarms,
    set_nothing_due,
)
from pingmon.storage.chat_notices import RulesOf, owes, release_notices
from pingmon.storage.current_monitors import current
from pingmon.storage.journal import Entry, write
from pingmon.storage.outbox import Outbox
from pingmon.storage.sqlite.transactions import reading
from pingmon.storage.tables import alarm_chats, alarms
from pingmon.storage.told_alarms import refresh

AT_ONCE = 5_000  # alarms of one transaction

MonitorOf = Callable[[str], Monitor | None]


Changed = Mapping[tuple[str, int], tuple[Alarm, Alarm]]  # by monitor and channel: before, after


class Happened(NamedTuple):
    """told: channels. changed: alarms before and after, by monitor and channel."""

    told: set[int]
    changed: Changed


class Due(NamedTuple):
    """An alarm at which something is due."""

    monitor_id: str
    channel_id: int


class Alarms:
    """Every public method is one transaction."""

    def __init__(
        self,
        engine: Engine,
        outbox: Outbox,
        audience: Callable[[], Audience],
        chat_rules: RulesOf = lambda _: Rules(),
        has_buttons: Callable[[int], bool] = lambda _: False,
    ) -> None:
        """chat_rules: of a channel. has_buttons: whether messages of a channel have some."""
        self._engine, self._outbox, self._audience = engine, outbox, audience
        self._chat_rules, self._has_buttons = chat_rules, has_buttons

    def happen(
        self,
        occurrences: Iterable[Occurrence],
        entries: Callable[[Changed], Iterable[Entry]] = lambda _: (),
        also: Callable[[Connection], None] = lambda _: None,
    ) -> Happened:
        """Something happened to alarms.

        entries: what the journal shall have of what changed. also: changes of the same transaction.
        """
        occurrences = list(occurrences)
        with self._outbox.transaction() as (connection, queue):
            also(connection)
            done = advance(connection, _now(connection, occurrences), self._audience(), touched=True)
            self._outbox.queue(connection, queue, done.rows)
            write(connection, entries(done.changed))
            for channel_id, which in _cared_for(done.changed).items():
                if self._has_buttons(channel_id):
                    refresh(connection, channel_id, dict.fromkeys(which), time.time())
        return Happened(_channels(done), done.changed)

    def run_due(self, now: float, monitor_of: MonitorOf, is_suspended: Callable[[int], bool]) -> set[int]:
        """What is due by now (epoch seconds); the channels that are told."""
        query = select(alarms.c.monitor_id, alarms.c.channel_id).where(alarms.c.due <= now)
        with reading(self._engine) as connection:
            due = [Due(*row) for row in connection.execute(query.limit(AT_ONCE))]
            if not due:
                return set()
            ready = _may_be_reminded(connection, {one.channel_id for one in due}, now, is_suspended)
        found = list[Occurrence]()
        for one in due:
            monitor = monitor_of(one.monitor_id)
            if monitor is None:
                continue
            event = ReminderDue() if one.channel_id in ready else TimePassed()
            found.append(Occurrence(monitor, (event,), now, frozenset({one.channel_id})))
        with self._outbox.transaction() as (connection, queue):
            set_nothing_due(connection, due)  # whatever comes of it
            done = advance(connection, _now(connection, found), self._audience(), touched=True)
            self._outbox.queue(connection, queue, done.rows)
        return _channels(done)

    def release_notices(self, now: float) -> set[int]:
        """What chats are owed, and may hear now; the channels that are told."""
        with reading(self._engine) as connection:
            if not owes(connection):
                return set()
        with self._outbox.transaction() as (connection, queue):
            rows = release_notices(connection, now, self._chat_rules)
            self._outbox.queue(connection, queue, rows)
        return {one["channel_id"] for one in rows}

    def refresh(self, now: float, monitor_of: MonitorOf) -> set[int]:
        """Other rules may be in force than before: alarms with which something is up are looked at."""
        as_text = sql_cast(alarms.c.alarm, Text)
        words = ('"down"', '"flapping"', '"holds"', '"notices"')
        query = select(alarms.c.monitor_id).where(
            or_(alarms.c.due.is_not(None), *(as_text.like(f"%{one}%") for one in words))
        )
        with reading(self._engine) as connection:
            ids = list(dict.fromkeys(connection.execute(query).scalars()))
        monitors = [one for one in map(monitor_of, ids) if one is not None]
        if not monitors:
            return set()
        with self._outbox.transaction() as (connection, queue):
            found = [Occurrence(one, (TimePassed(),), now) for one in monitors]
            done = advance(connection, _now(connection, found), self._audience(), touched=True)
            self._outbox.queue(connection, queue, done.rows)
        return _channels(done)

    def restate_times(self, clock: ClockSet) -> None:
        """The wall clock was set: the same moments by the clock as it is now."""
        with self._outbox.transaction() as (connection, _):
            restate_alarms(connection, clock)
        self._outbox.keep_time()  # a restart must not restate them again

    def held(self) -> Mapping[str, Mapping[int, Alarm]]:
        """The alarms that somebody or a plan holds, by monitor and channel."""
        found: dict[str, dict[int, Alarm]] = {}
        query = select(alarms).where(sql_cast(alarms.c.alarm, Text).like('%"holds"%'))
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                found.setdefault(row.monitor_id, {})[row.channel_id] = alarm_from_json(row.alarm)
        return found

    def of_all(self, monitor_ids: Sequence[str]) -> Mapping[str, Mapping[int, Alarm]]:
        """The alarms of some monitors, by monitor and channel."""
        with reading(self._engine) as connection:
            return load(connection, monitor_ids)

    def of(self, monitor_id: str) -> Mapping[int, Alarm]:
        """By channel."""
        return self.of_all([monitor_id]).get(monitor_id, {})


def restate_alarms(connection: Connection, clock: ClockSet) -> None:
    """Part of a transaction."""
    moved = {}
    for row in connection.execute(select(alarms)).all():
        before = alarm_from_json(row.alarm)
        if before.outage_at or before.told_at:
            moved[row.monitor_id, row.channel_id] = restate_times(before, clock)
    replace_alarms(connection, moved)


def _cared_for(changed: Changed) -> Mapping[int, Sequence[str]]:
    """Channel → monitors whose acknowledgement is another one now."""
    found: dict[int, list[str]] = {}
    for (monitor_id, channel_id), (before, after) in changed.items():
        if acknowledgement(before) != acknowledgement(after):
            found.setdefault(channel_id, []).append(monitor_id)
    return found


def _may_be_reminded(
    connection: Connection, channels: set[int], now: float, is_suspended: Callable[[int], bool]
) -> set[int]:
    query = select(alarm_chats).where(alarm_chats.c.channel_id.in_(channels))
    chats = {row.channel_id: chat_from_json(row.chat) for row in connection.execute(query)}
    fresh = chat_from_json({})
    return {one for one in channels if may_remind(chats.get(one, fresh), now, is_suspended(one))}


def _now(connection: Connection, occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """Of monitors as they are stored now, without those that were deleted."""
    monitors = current(connection, (one.monitor for one in occurrences))
    pairs = ((one, monitors.get(one.monitor.id)) for one in occurrences)
    return [one if its is one.monitor else replace(one, monitor=its) for one, its in pairs if its]


def _channels(done: Advanced) -> set[int]:
    return {one["channel_id"] for one in done.rows}
