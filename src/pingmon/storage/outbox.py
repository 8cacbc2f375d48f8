"""The durable queue of messages: what waits, for whom, and what became of it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.engine import Connection, Engine

from pingmon.storage.tables import bots, channels, monitors, outbox


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that waits. `event` is what `notify` turns into words."""

    id: int
    channel_id: int
    monitor_id: str | None  # None: about no single monitor
    chat_id: str
    thread_id: int | None
    event: dict[str, Any]
    attempts: int


class Outbox:
    """The senders' part of the store; every public method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def bots_with_token(self) -> list[tuple[int, str]]:
        with self._engine.begin() as connection:
            rows = connection.execute(select(bots.c.id, bots.c.token))
            return [(row.id, row.token) for row in rows]

    def token_of(self, monitor_id: str) -> str | None:
        query = (
            select(bots.c.token)
            .join(channels, channels.c.bot_id == bots.c.id)
            .join(monitors, monitors.c.channel_id == channels.c.id)
            .where(monitors.c.id == monitor_id)
        )
        with self._engine.begin() as connection:
            token: str | None = connection.execute(query).scalar()
            return token

    def renew_token(self, token: str) -> None:
        """A bot that the configuration declares got another token: all its monitors use it."""
        number = token.partition(":")[0]
        with self._engine.begin() as connection:
            if not connection.execute(select(bots.c.id).where(bots.c.token == token)).first():
                of_bot = bots.c.token.like(number + ":%")
                connection.execute(update(bots).where(of_bot).values(token=token))

    def waiting(self, bot_id: int, limit: int = 20_000) -> dict[int, list[Queued]]:
        """What waits for each channel of a bot, oldest first."""
        query = (
            select(outbox, channels.c.chat_id, channels.c.thread_id, channels.c.migrated_to)
            .join(channels, channels.c.id == outbox.c.channel_id)
            .where(
                outbox.c.sent_at.is_(None),
                outbox.c.not_before <= time.time(),
                channels.c.bot_id == bot_id,
            )
            .order_by(outbox.c.id)
            .limit(limit)
        )
        found: dict[int, list[Queued]] = {}
        with self._engine.begin() as connection:
            for row in connection.execute(query):
                chat = row.migrated_to or row.chat_id
                queued = Queued(
                    row.id,
                    row.channel_id,
                    row.monitor_id,
                    chat,
                    row.thread_id or None,
                    row.event,
                    row.attempts,
                )
                found.setdefault(row.channel_id, []).append(queued)
        return found

    def answers_to(self, queued: Queued) -> int | None:
        """The message in the same chat that told the outage which `queued` ends."""
        query = (
            select(outbox.c.message_id, outbox.c.event)
            .where(
                outbox.c.monitor_id == queued.monitor_id,
                outbox.c.channel_id == queued.channel_id,
                outbox.c.id < queued.id,
            )
            .order_by(outbox.c.id.desc())
            .limit(1)
        )
        with self._engine.begin() as connection:
            row = connection.execute(query).first()
        told = row is not None and row.event.get("after") == "down" and queued.event.get("after") == "up"
        return row.message_id if row is not None and told else None

    def mark_sent(self, channel_id: int, ids: Iterable[int], message_id: int | None) -> None:
        with self._engine.begin() as connection:
            sent = {"sent_at": time.time(), "message_id": message_id}
            connection.execute(update(outbox).where(outbox.c.id.in_(list(ids))).values(**sent))
            self._set_delivery(connection, channel_id, "ok")

    def mark_failed(self, channel_id: int, ids: Iterable[int], delivery: str) -> None:
        """One more attempt that did not succeed; the messages stay."""
        with self._engine.begin() as connection:
            connection.execute(
                update(outbox).where(outbox.c.id.in_(list(ids))).values(attempts=outbox.c.attempts + 1)
            )
            self._set_delivery(connection, channel_id, delivery)

    def migrate_chat(self, old: str, new: str) -> None:
        """The group became a supergroup: remembered for good, for all channels of that chat."""
        with self._engine.begin() as connection:
            of_chat = (channels.c.chat_id == old) | (channels.c.migrated_to == old)
            connection.execute(update(channels).where(of_chat).values(migrated_to=new))

    def put(self, events: Iterable[tuple[int, str, dict[str, Any]]]) -> None:
        """Queue events: channel, monitor, what `notify` turns into words."""
        now = time.time()
        rows = [
            {"channel_id": channel, "monitor_id": monitor, "event": event, "created_at": now}
            for channel, monitor, event in events
        ]
        with self._engine.begin() as connection:
            connection.execute(insert(outbox), rows)

    def notice(self, channel_ids: Iterable[int], event: dict[str, Any], not_before: float) -> None:
        """Something to tell that is about no single monitor."""
        values = {"monitor_id": None, "event": event, "created_at": time.time()}
        rows = [values | {"channel_id": one, "not_before": not_before} for one in channel_ids]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(insert(outbox), rows)

    def let_go(self) -> None:
        """What was held back may go out now."""
        with self._engine.begin() as connection:
            held = outbox.c.sent_at.is_(None) & (outbox.c.not_before > 0)
            connection.execute(update(outbox).where(held).values(not_before=0.0))

    def chats(self) -> dict[int, str]:
        with self._engine.begin() as connection:
            rows = connection.execute(select(channels.c.id, channels.c.chat_id))
            return {row.id: row.chat_id for row in rows}

    def deliveries(self) -> dict[int, str]:
        """Channel id → "ok" or why nothing arrives there."""
        with self._engine.begin() as connection:
            rows = connection.execute(select(channels.c.id, channels.c.delivery))
            return {row.id: row.delivery for row in rows}

    def depth(self) -> tuple[int, float]:
        """How many messages wait, and since when (epoch seconds, 0 if none)."""
        waiting = outbox.c.sent_at.is_(None)
        query = select(func.count(), func.min(outbox.c.created_at)).where(waiting)
        with self._engine.begin() as connection:
            count, oldest = connection.execute(query).one()
            return count, oldest or 0.0

    def _set_delivery(self, connection: Connection, channel_id: int, delivery: str) -> None:
        connection.execute(
            update(channels)
            .where(and_(channels.c.id == channel_id, channels.c.delivery != delivery))
            .values(delivery=delivery)
        )
