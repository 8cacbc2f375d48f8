"""The durable queue of messages: what waits, for whom, and what became of it."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, func, insert, select, update
from sqlalchemy.engine import Connection, Engine

from pingmon.model.clock_jumps import JUMP, ClockSet
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import Monitor
from pingmon.model.told_outage import may_have_buttons
from pingmon.storage import clock_setting, floods
from pingmon.storage.answers import new_key
from pingmon.storage.channels import Recipient, move, recipient_of
from pingmon.storage.clock_setting import steady, wall_offset
from pingmon.storage.compaction import Coalesce, compact
from pingmon.storage.outbox_counts import Failing, OutboxChanges, OutboxCounts, added
from pingmon.storage.row_mapping import monitor_of, stored_monitors
from pingmon.storage.sqlite.chunks import chunks
from pingmon.storage.sqlite.transactions import StorageUnavailable, reading, writing
from pingmon.storage.tables import IS_ALARM, bots, channels, monitors, outbox
from pingmon.storage.told_alarms import outage_of, refresh_what_it_ends

log = logging.getLogger(__name__)

ROWS = 2_000  # of one channel are read at a time; that is more than fits a message
IN_TURN = 20.0  # s that a writer waits for others
HELD_AT_MOST = 120.0  # s; who waits longer than that saw the clock set back


HoldNotices = Callable[[Connection, Sequence[dict[str, Any]]], Sequence[dict[str, Any]]]


Restate = Callable[[Connection, ClockSet], None]


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message that waits. `event` is what `notify` turns into words."""

    id: int
    channel_id: int
    monitor_id: str | None  # None: about no single monitor
    event: dict[str, Any]
    attempts: int
    key: str = ""  # of its buttons, if it may have some


class Outbox:
    """The senders' part of the store; every public method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._clock_lock = threading.Lock()
        self._writing = threading.Lock()  # what is committed is counted before the next one begins
        # Of rows those that may be queued now; others are remembered elsewhere (storage/chat_notices.py).
        self.hold_notices: HoldNotices = lambda _, rows: rows
        self._known: OutboxCounts | None = None  # None: to be read from the database
        self._offset = wall_offset()

    @contextmanager
    def transaction(self) -> Iterator[tuple[Connection, OutboxChanges]]:
        """A transaction that changes the queue, and the list of what it changed."""
        with self._in_turn():
            changes, is_under_way = OutboxChanges(), False
            try:
                with writing(self._engine) as connection:
                    yield connection, changes
                    is_under_way = True
            except BaseException:
                if is_under_way:  # it may have been committed or not: count again
                    self._known = None
                raise
            if self._known:
                self._known.apply(changes)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Who waits for another program's lock keeps others out: they try again later, and show that."""
        if not self._writing.acquire(timeout=IN_TURN):
            raise StorageUnavailable
        try:
            yield
        finally:
            self._writing.release()

    def _book(self) -> OutboxCounts:
        known = self._known
        if known is None:
            with self._in_turn(), reading(self._engine) as connection:
                known = self._known = self._known or OutboxCounts(connection)
        return known

    def begin_time(self, restate: Restate) -> None:
        """To be called once, before anything stored is used: the clock may have been set meanwhile.

        restate: likewise what else is stored, in the same transaction. Raises StorageUnavailable.
        """
        with reading(self._engine) as connection:
            found = clock_setting.remembered(connection)
        self._offset = wall_offset() if found is None else found
        self.keep_time(restate)
        self.remember_time()

    def keep_time(self, restate: Restate = lambda *_: None) -> None:
        """When the wall clock was set, what waits moves along. To be called before what waits is read."""
        with self._clock_lock:
            offset = wall_offset()
            if abs(offset - self._offset) > JUMP:
                clock = ClockSet(offset - self._offset, self._offset, self._offset + steady())
                try:
                    with self.transaction() as (connection, _):
                        moved = clock_setting.restate_messages(connection, clock)
                        clock_setting.restate_floods(connection, clock)
                        restate(connection, clock)
                        clock_setting.remember(connection, offset)
                except PingmonError:
                    return  # the store has said why; the next one who reads tries again
                self._known = None
                words = "the clock was set by %+.0f s; messages whose times moved along: %d"
                log.warning(words, clock.seconds, moved)
            self._offset = offset

    def remember_time(self) -> None:
        """How the clock stands, as it drifts. Raises StorageUnavailable."""
        with self.transaction() as (connection, _):
            clock_setting.remember(connection, self._offset)

    # What waits

    def pending(self, account_id: int) -> list[Recipient]:
        """The channels of an account for which something waits that may go out now."""
        waits = exists().where(
            outbox.c.channel_id == channels.c.id,
            outbox.c.sent_at.is_(None),
            IS_ALARM,
            _may_go_out(),
        )
        self.keep_time()
        query = select(channels).where(channels.c.bot_id == account_id, waits).order_by(channels.c.id)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        book = self._book()
        return [recipient_of(row, book.waiting(row.id)) for row in rows]

    def waiting(self, channel_id: int, limit: int = ROWS) -> list[QueuedMessage]:
        """What waits for a channel and may go out now, oldest first."""
        self.keep_time()
        query = _waiting(channel_id).limit(limit)
        with reading(self._engine) as connection:
            return [
                QueuedMessage(
                    row.id, row.channel_id, row.monitor_id, row.event, row.attempts, row.key or ""
                )
                for row in connection.execute(query)
            ]

    def compact(self, channel_id: int, coalesce: Coalesce, limit: int) -> int:
        """Replace the oldest rows of a channel by what `coalesce` makes of them; how many wait now."""
        with self.transaction() as (connection, changes):
            compact(connection, changes, channel_id, _waiting(channel_id).limit(limit), coalesce)
        return self._book().waiting(channel_id)

    def answers_to(self, queued: QueuedMessage) -> int | None:
        """The message in the same chat that told the outage which `queued` ends, or says more of."""
        with reading(self._engine) as connection:
            return outage_of(connection, queued.id, queued.channel_id, queued.monitor_id, queued.event)

    def monitors(self, ids: Iterable[str]) -> dict[str, Monitor]:
        """By ID, as they are now, also deleted ones; without channels but the first."""
        query = stored_monitors()
        with reading(self._engine) as connection:
            rows = [
                row
                for some in chunks(list(ids))
                for row in connection.execute(query.where(monitors.c.id.in_(some)))
            ]
        return {row.id: monitor_of(row) for row in rows}

    # What became of it

    def mark_sent(
        self,
        channel_id: int,
        ids: Iterable[int],
        message_id: int | None,
        topic_gone: bool = False,
        refreshes: bool = False,
    ) -> None:
        """topic_gone: it went out without the topic, and always will from now on.

        refreshes: messages that told what these say more of are shown anew.
        """
        ids = list(ids)
        with self.transaction() as (connection, changes):
            sent = {"sent_at": time.time(), "message_id": message_id}
            connection.execute(_of(channel_id, ids).values(**sent))
            changes.gone = [(number, channel_id) for number in ids]
            self._set_delivery(connection, changes, [channel_id], "ok")
            if topic_gone:
                change = update(channels).where(channels.c.id == channel_id)
                connection.execute(change.values(topic_gone=True))
            if refreshes:
                refresh_what_it_ends(connection, channel_id, ids, time.time())

    def mark_failed(self, channel_id: int, ids: Iterable[int], delivery: str) -> None:
        """One more attempt that did not succeed; the messages stay."""
        with self.transaction() as (connection, changes):
            connection.execute(_of(channel_id, ids).values(attempts=outbox.c.attempts + 1))
            self._set_delivery(connection, changes, [channel_id], delivery)

    def suspended(self, account_id: int) -> dict[int, str]:
        """Channel → why it was suspended, for those that were when the daemon last ran."""
        query = select(channels.c.id, channels.c.delivery).where(
            channels.c.bot_id == account_id, channels.c.delivery.like("suspended%")
        )
        with reading(self._engine) as connection:
            return {row.id: row.delivery for row in connection.execute(query)}

    def set_account_delivery(self, account_id: int, old: str, new: str) -> None:
        """For all channels of an account, but those that are suspended for a reason of their own.

        old: what may be replaced though it is a suspension.
        """
        own = channels.c.delivery.like("suspended%") & (channels.c.delivery != old)
        query = select(channels.c.id).where(channels.c.bot_id == account_id, ~own)
        with self.transaction() as (connection, changes):
            found = [row.id for row in connection.execute(query)]
            self._set_delivery(connection, changes, found, new)

    def floods(self, account_id: int) -> dict[str, float]:
        """Address → seconds that the service still wants nothing for it; never more than it said."""
        return floods.floods(self._engine, account_id)

    def set_flood(self, account_id: int, address: str, seconds: float) -> None:
        """The service wants nothing for this address for so long; an earlier end changes nothing."""
        floods.set_flood(self._engine, account_id, address, seconds)

    def move_address(self, account_id: int, old: str, new: str) -> None:
        """An address became another one: for good, for all accounts of the same kind."""
        with writing(self._engine) as connection:
            kind = connection.execute(select(bots.c.kind).where(bots.c.id == account_id)).scalar_one()
            move(connection, kind, old, new)

    # What comes in

    def queue_events(self, events: Iterable[tuple[int, str | None, dict[str, Any]]]) -> None:
        """Queue events: channel, monitor (None: of no single one), what `notify` turns into words."""
        rows = [
            {"channel_id": channel, "monitor_id": monitor, "event": event}
            for channel, monitor, event in events
        ]
        with self.transaction() as (connection, changes):
            self.queue(connection, changes, rows)

    def queue_notice(self, channel_ids: Iterable[int], event: dict[str, Any], not_before: float) -> None:
        """Something to tell that is about no single monitor."""
        values = {"monitor_id": None, "event": event, "not_before": not_before}
        with self.transaction() as (connection, changes):
            self.queue(connection, changes, [values | {"channel_id": one} for one in channel_ids])

    def queue(
        self, connection: Connection, changes: OutboxChanges, rows: Sequence[dict[str, Any]]
    ) -> None:
        """Part of a `transaction`, which gave `changes`."""
        if any(row["monitor_id"] is None for row in rows):
            rows = self.hold_notices(connection, rows)
        if not rows:
            return
        newest = connection.execute(select(func.max(outbox.c.id))).scalar() or 0
        now = {"created_at": time.time()}
        connection.execute(insert(outbox), [row | now | _key_of(row) for row in rows])
        query = select(outbox.c.id, outbox.c.channel_id, outbox.c.created_at)
        changes.added += added(connection.execute(query.where(outbox.c.id > newest)))

    def release_held_messages(self) -> None:
        """What was held back may go out now."""
        with writing(self._engine) as connection:
            held = outbox.c.sent_at.is_(None) & (outbox.c.not_before > 0)
            connection.execute(update(outbox).where(held).values(not_before=0.0))

    # What can be seen

    def deliveries(self) -> dict[int, str]:
        """Channel id → why nothing arrives there; those that are well are not in it. No query."""
        return self._book().deliveries()

    def is_suspended(self, channel_id: int) -> bool:
        """Whether nothing reaches a channel until somebody acts. No query."""
        return self._book().deliveries().get(channel_id, "").startswith("suspended")

    def failing(self) -> dict[int, Failing]:
        """By channel, those that are not well: why, since when, how many messages wait. No query."""
        return self._book().failing()

    def depth(self) -> tuple[int, float]:
        """How many messages wait, and since when (epoch seconds, 0 if none). No query."""
        self.keep_time()
        return self._book().depth()

    def _set_delivery(
        self, connection: Connection, changes: OutboxChanges, channel_ids: Sequence[int], delivery: str
    ) -> None:
        connection.execute(
            update(channels)
            .where(and_(channels.c.id.in_(channel_ids), channels.c.delivery != delivery))
            .values(delivery=delivery)
        )
        changes.deliveries |= dict.fromkeys(channel_ids, delivery)


def _key_of(row: dict[str, Any]) -> dict[str, Any]:
    has_key = row["monitor_id"] is not None and may_have_buttons(row["event"])
    return {"key": new_key() if has_key else None}


def _of(channel_id: int, ids: Iterable[int]) -> Any:
    """Rows of one channel: SQLite may give a number again once its row was folded into another."""
    return update(outbox).where(outbox.c.channel_id == channel_id, outbox.c.id.in_(list(ids)))


def _waiting(channel_id: int) -> Any:
    return (
        select(outbox)
        .where(
            outbox.c.sent_at.is_(None),
            IS_ALARM,
            outbox.c.channel_id == channel_id,
            _may_go_out(),
        )
        .order_by(outbox.c.id)
    )


def _may_go_out() -> Any:
    now = time.time()
    gathered = (outbox.c.not_before <= now) | (outbox.c.not_before > now + HELD_AT_MOST)
    return gathered & (outbox.c.hold_until <= now)
