"""The store: monitors, decisions, and messages to deliver.

Every public method is one transaction. A decision, its history and the messages that it causes
are committed together; a message is marked sent only when the other side said OK.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.engine import Connection, Engine

from pingmon.model.alarm_channels import events_of_edit
from pingmon.model.alarm_events import Closed
from pingmon.model.alarm_state import Rules
from pingmon.model.clock_jumps import ClockSet
from pingmon.model.detector_state import DetectorState, detector_state_from_json
from pingmon.model.errors import Conflict, InvalidValue, NotFound
from pingmon.model.id_prefix import HEX, LEAST_PREFIX, no_id
from pingmon.model.minute_stats import MinuteStats
from pingmon.model.monitor import Monitor, MonitorRequest, is_other_target
from pingmon.storage import minute_stats, retention, state_changes
from pingmon.storage.add_monitors import AddResult, add_all
from pingmon.storage.alarm_store import Alarms, restate_alarms
from pingmon.storage.alarms import Audience, Occurrence, advance, own_channel, shared
from pingmon.storage.answers import Answers
from pingmon.storage.change_monitors import MonitorChanges, PreparedChanges, Stored
from pingmon.storage.channels import Channels
from pingmon.storage.chat_notices import RulesOf, hold_notices
from pingmon.storage.chats import Chats
from pingmon.storage.deletion import (
    Remembered,
    Undo,
    bring_back,
    delete_live,
    find_undo,
    forget_expired,
    has_expired,
)
from pingmon.storage.downtimes import Downtimes
from pingmon.storage.due_times import DueTimes
from pingmon.storage.episodes import Episodes
from pingmon.storage.journal import Entry, Journal, write
from pingmon.storage.name_addresses import Move, store_addresses
from pingmon.storage.outbox import Outbox
from pingmon.storage.pools import Pools
from pingmon.storage.row_mapping import (
    all_channels,
    live_equal,
    live_monitors,
    monitor_of,
    of_targets,
    probe_options_of,
    setting_columns,
)
from pingmon.storage.sqlite.transactions import (
    Companion,
    Trouble,
    along,
    check_file,
    reading,
    trouble,
    writing,
)
from pingmon.storage.state_changes import Decision, LostSight
from pingmon.storage.tables import bots, channels, monitors
from pingmon.storage.told_alarms import ToldAlarms
from pingmon.storage.waiting_messages import WaitingMessages
from pingmon.text.printable import shown


class _NothingToKeep(Exception):
    """Ends a transaction without a change."""


class Store:
    """All that pingmon remembers, on an engine from `open_database`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.audience: Audience = own_channel  # of each monitor, for its alarms
        self.chat_rules: RulesOf = lambda _: Rules()  # of a channel: its quiet hours
        self.is_polled: Callable[[int], bool] = lambda _: False  # account: people can talk to it
        self.channels = Channels(engine)
        self.outbox = Outbox(engine)
        self.answers = Answers(engine)
        self.told = ToldAlarms(engine)
        self.outbox.hold_notices = lambda connection, rows: hold_notices(
            connection, rows, time.time(), self.chat_rules
        )
        self.episodes = Episodes(engine, self.outbox)
        self.alarms = Alarms(
            engine,
            self.outbox,
            lambda: self.audience,
            lambda channel: self.chat_rules(channel),
            lambda channel: any(map(self.is_polled, self.channels.accounts_of([channel]))),
        )
        self.journal = Journal(engine)
        self.downtimes = Downtimes(engine)
        self.pools = Pools(engine)
        self.waiting = WaitingMessages(engine, self.outbox)
        self.chats = Chats(engine)
        self.due_times = DueTimes(engine)

    def begin_time(self) -> None:
        """To be called before anything is loaded.

        When the clock was set while pingmond did not run, all that is stored moves along. Raises
        StorageUnavailable.
        """

        def restate(connection: Connection, clock: ClockSet) -> None:
            restate_alarms(connection, clock)
            state_changes.restate_states(connection, clock)
            self.episodes.restate(connection, clock)

        self.outbox.begin_time(restate)

    def close(self) -> None:
        self._engine.dispose()

    def along(self, write: Callable[[Connection], None]) -> AbstractContextManager[Companion]:
        """See storage.sqlite.transactions.along."""
        return along(write)

    def check_file(self) -> None:
        """Check that the database file exists, and restore it if not. Costs one stat."""
        check_file(self._engine)

    def check_writing(self) -> None:
        """See that the database can be written, by changing nothing. Raises StorageUnavailable."""
        with writing(self._engine) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = version_num"))

    def try_again(self) -> None:
        """After a failure `check_writing`, as nobody else may write for long."""
        if self.trouble():
            self.check_writing()

    def trouble(self) -> Trouble | None:
        """Why the database can't be used, None when it can."""
        return trouble(self._engine)

    # Monitors

    def load(self) -> list[tuple[Monitor, DetectorState]]:
        """Every live monitor with what was last known of it."""
        with reading(self._engine) as connection:
            query = live_monitors().order_by(monitors.c.created_at, monitors.c.id)
            known = all_channels(connection)
            rows = connection.execute(query)
            return [(monitor_of(row, known), detector_state_from_json(row.detector)) for row in rows]

    def find(self, wanted: MonitorRequest) -> Monitor | None:
        """The live monitor of the same target and channel."""
        with reading(self._engine) as connection:
            rows = connection.execute(
                live_monitors().where(
                    of_targets([wanted.target]),
                    monitors.c.mon_type == wanted.mon_type,
                    bots.c.kind == wanted.channel.kind,
                    bots.c.token == wanted.channel.secret,
                    channels.c.chat_id == wanted.channel.address,
                    channels.c.thread_id == (wanted.channel.topic or 0),
                )
            )
            known = all_channels(connection)
            found = (monitor_of(row, known) for row in rows)
            return next((one for one in found if one.what == wanted.what), None)

    def add(
        self, wanted: Sequence[MonitorRequest], entry: Callable[[Monitor], Entry] | None = None
    ) -> list[AddResult]:
        """All of them in one transaction, or none when one is in conflict.

        entry: what the journal has of one that was added.
        """
        added: list[AddResult] = []
        with suppress(_NothingToKeep), writing(self._engine) as connection:
            added = list(add_all(connection, wanted))
            if any(one.conflict for one in added):
                raise _NothingToKeep
            if entry:
                write(connection, [entry(one.monitor) for one in added if one.created])
        return added

    def change(self, changes: MonitorChanges) -> Stored:
        """Additions, edits and deletions in one transaction, with alarms, messages and the journal.

        Raises Conflict when an edit makes a monitor equal to another one; then nothing is changed.
        """
        prepared, now = PreparedChanges(changes), time.time()
        with self.outbox.transaction() as (connection, queue):
            stored = prepared.carry_out(connection)
            happened = [Occurrence(one, (Closed(changes.by),), now) for one in changes.deleted]
            happened += self._edits_of_alarms(stored.edited, now)
            told = advance(connection, happened, self.audience, touched=True).rows
            self.outbox.queue(connection, queue, told)
            write(connection, changes.entries)
            return stored

    def use_addresses(self, moved: Sequence[Move], states: Mapping[str, DetectorState]) -> set[int]:
        """Names have these addresses now. Returns the channels that are told.

        moved: monitors before and after. states: of those that had no address before, by ID.
        """
        with self.outbox.transaction() as (connection, queue):
            told = store_addresses(connection, moved, states, self.audience, time.time())
            self.outbox.queue(connection, queue, told)
        return {one["channel_id"] for one in told}

    def _edits_of_alarms(
        self, edited: Iterable[tuple[Monitor, Monitor]], now: float
    ) -> Iterator[Occurrence]:
        """What edits mean to alarms, as far as they mean something."""
        audience = shared(self.audience)
        for before, after in edited:
            is_moved = is_other_target(before, after)
            events = events_of_edit(is_moved, audience(before), audience(after))
            if events:
                yield Occurrence(after, events, now, before=before)

    def delete(self, prefix: str, by: str = "", undo: Undo | None = None) -> tuple[str, bool]:
        """The full ID and whether it was alive until now. Raises NotFound, InvalidValue.

        See storage.deletion.delete_live. undo: it can be undone.
        """
        with self.outbox.transaction() as (connection, queue):
            row = self._resolve(connection, prefix)
            if row.deleted:
                return row.id, False
            told = delete_live(connection, row.id, by, self.audience, undo)
            self.outbox.queue(connection, queue, told)
            return row.id, True

    def find_undo(self, key: str, now: float) -> Remembered | None:
        """A deletion that can be undone. now: epoch seconds."""
        with reading(self._engine) as connection:
            return find_undo(connection, key, now)

    def bring_back(self, key: str, monitor: Monitor, children: Sequence[Monitor], by: str) -> None:
        """See storage.deletion.bring_back."""
        with self.outbox.transaction() as (connection, queue):
            queue.gone = bring_back(connection, key, monitor, children, by)

    def forget_expired_undos(self, now: float) -> list[str]:
        """The IDs of monitors whose deletion can't be undone any more."""
        with reading(self._engine) as connection:
            if not has_expired(connection, now):
                return []
        with writing(self._engine) as connection:
            return forget_expired(connection, now)

    def edit(self, monitor: Monitor, entries: Iterable[Entry] = ()) -> None:
        """Name, plan, options and the probe kind's settings as given; states are not touched.

        Raises Conflict when that makes one equal to another live monitor; then nothing is changed.
        """
        with writing(self._engine) as connection:
            write(connection, entries)
            self._check_unique(connection, monitor)
            connection.execute(
                update(monitors).where(monitors.c.id == monitor.id).values(**setting_columns(monitor))
            )

    def _check_unique(self, connection: Connection, monitor: Monitor) -> None:
        """Only other settings of the probe kind or another channel make it another one's equal."""
        query = select(monitors.c.options, monitors.c.channel_id).where(monitors.c.id == monitor.id)
        before = connection.execute(query).first()
        if before is None or (probe_options_of(before.options), before.channel_id) == (
            monitor.probe_options,
            monitor.channel.id,
        ):
            return
        if equal := live_equal(connection, monitor):
            raise Conflict(f"this is watched already, as {equal}")

    def resolve_id(self, prefix: str) -> str:
        """Raises NotFound, InvalidValue."""
        with reading(self._engine) as connection:
            return str(self._resolve(connection, prefix).id)

    def _resolve(self, connection: Connection, prefix: str) -> Any:
        wanted = prefix.strip().lower()
        if len(wanted) < LEAST_PREFIX or not HEX.issuperset(wanted):
            raise no_id()
        alike = monitors.c.id.between(wanted, wanted + "g")  # by the index; LIKE would read all
        query = select(monitors.c.id, monitors.c.deleted).where(alike)
        rows = connection.execute(query).all()
        rows = [row for row in rows if not row.deleted] or rows
        if not rows:
            raise NotFound(prefix)
        if len(rows) > 1:
            raise InvalidValue(f"{shown(prefix)} names {len(rows)} monitors; give more letters", "id")
        return rows[0]

    # Decisions

    def save_decisions(
        self, decided: Iterable[Decision | LostSight], not_before: float = 0.0
    ) -> set[int]:
        """States, transitions, alarms and messages of many decisions: all or nothing.

        not_before: when the messages may go out, epoch seconds. Returns the channels that are told.
        """
        with self.outbox.transaction() as (connection, queue):
            messages = state_changes.save(connection, decided, not_before, self.audience)
            self.outbox.queue(connection, queue, messages)
        return {one["channel_id"] for one in messages}

    def save_statistics(
        self, rows: Sequence[MinuteStats], states: Iterable[tuple[str, DetectorState]]
    ) -> None:
        """Statistics, and runs that are not decided yet and what was learned, in one transaction."""
        with writing(self._engine) as connection:
            minute_stats.add(connection, rows)
            state_changes.save_states(connection, states)

    def delete_expired(self) -> None:
        """What is older than the retention goes."""
        with writing(self._engine) as connection:
            retention.delete_expired(connection)
        self.channels.forget()
