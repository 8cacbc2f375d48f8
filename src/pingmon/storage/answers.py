"""Answers to what people send, and edits of messages: rows of the outbox of a kind of their own.

They are told apart by the column `expires`: what is not delivered by then is dropped. They are not
alarms: nobody counts them as waiting, nothing folds them, and none of them suspends a channel.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection, Engine

from pingmon.model.chat_messages import ChatAnswer, Place, answer_from_json
from pingmon.storage.channels import Recipient, in_chat, recipient_of
from pingmon.storage.sqlite.transactions import reading, writing
from pingmon.storage.tables import channels, outbox

ANSWER, REFRESH = "answer", "refresh"  # kinds of events of such rows
KEY_BYTES = 9  # random, of a row whose message may have buttons
_WAITS = outbox.c.sent_at.is_(None) & outbox.c.expires.is_not(None)


@dataclass(frozen=True, slots=True)
class WaitingAnswer:
    """What is to be sent next in a channel.

    answer: None: the message `edits`, an alarm, is shown anew as it is now. key: of its buttons.
    reply_to, edits: message_id.
    """

    id: int
    channel_id: int
    key: str
    answer: ChatAnswer | None
    reply_to: int | None = None
    edits: int | None = None


def new_key() -> str:
    """12 characters of base64url."""
    return secrets.token_urlsafe(KEY_BYTES)


class Answers:
    """Every public method is one transaction, but those that take a connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # What comes in

    def queue(
        self,
        connection: Connection,
        account_id: int,
        place: Place,
        answer: ChatAnswer,
        reply_to: int | None,
        expires: float,
        not_before: float = 0.0,
    ) -> int:
        """Part of a transaction: an answer in a chat; its number. expires, not_before: epoch seconds."""
        event = {"kind": ANSWER, "answer": answer.to_json(), "reply_to": reply_to}
        channel = _channel_of(connection, account_id, place)
        return _insert(connection, channel, event, expires, not_before)

    def complete(self, number: int, answer: ChatAnswer) -> None:
        """The full answer, in place of the first one: it may go out. Too late for one that is sent."""
        with writing(self._engine) as connection:
            row = connection.execute(select(outbox).where(outbox.c.id == number, _WAITS)).first()
            if row is not None and row.event.get("kind") == ANSWER:
                event = row.event | {"answer": answer.to_json()}
                change = update(outbox).where(outbox.c.id == number)
                connection.execute(change.values(event=event, not_before=0.0))

    def forget(self, connection: Connection, numbers: Sequence[int]) -> None:
        """Part of a transaction: these answers are not needed, unless they are sent already."""
        connection.execute(delete(outbox).where(outbox.c.id.in_(numbers), _WAITS))

    def edit(
        self,
        connection: Connection,
        account_id: int,
        place: Place,
        message_id: int,
        answer: ChatAnswer,
        expires: float,
    ) -> None:
        """Part of a transaction: a message becomes this, instead of what it was to become before."""
        channel = _channel_of(connection, account_id, place)
        _drop_edits(connection, channel, "edits", message_id)
        event = {"kind": ANSWER, "answer": answer.to_json(), "edits": message_id}
        _insert(connection, channel, event, expires)

    def edit_own(self, number: int, answer: ChatAnswer, expires: float) -> None:
        """The answer with this number becomes this, once it was sent; not if a press changed it since."""
        with writing(self._engine) as connection:
            row = connection.execute(select(outbox).where(outbox.c.id == number)).first()
            if row is None or row.event.get("kind") != ANSWER or _was_changed(connection, row):
                return  # it was dropped
            name, value = ("edits_answer", row.key)
            if row.event.get("edits"):
                name, value = ("edits", row.event["edits"])
            _drop_edits(connection, row.channel_id, name, value)
            event = {"kind": ANSWER, "answer": answer.to_json(), name: value}
            _insert(connection, row.channel_id, event, expires)

    # What waits

    def pending(self, account_id: int) -> list[Recipient]:
        """The channels of an account with something that may be sent now."""
        waits = select(outbox.c.channel_id).where(_may_be_sent(time.time()))
        query = select(channels).where(channels.c.bot_id == account_id, channels.c.id.in_(waits))
        with reading(self._engine) as connection:
            return [recipient_of(row) for row in connection.execute(query.order_by(channels.c.id))]

    def next(self, channel_id: int) -> WaitingAnswer | None:
        """What expires first comes first."""
        now = time.time()
        query = select(outbox).where(outbox.c.channel_id == channel_id, _may_be_sent(now))
        order = (outbox.c.expires, outbox.c.id)
        with reading(self._engine) as connection:
            row = connection.execute(query.order_by(*order).limit(1)).first()
            return _waiting(connection, row) if row is not None else None

    def soonest(self, account_id: int) -> float | None:
        """When the first that is held back may be sent, epoch seconds."""
        mine = select(channels.c.id).where(channels.c.bot_id == account_id)
        held = _WAITS & (outbox.c.not_before > time.time()) & outbox.c.channel_id.in_(mine)
        query = select(outbox.c.not_before).where(held).order_by(outbox.c.not_before).limit(1)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    # What became of it

    def mark_sent(self, number: int, message_id: int | None) -> None:
        with writing(self._engine) as connection:
            sent = {"sent_at": time.time(), "message_id": message_id}
            connection.execute(update(outbox).where(outbox.c.id == number, _WAITS).values(**sent))

    def drop(self, number: int) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(outbox).where(outbox.c.id == number, _WAITS))


def _was_changed(connection: Connection, row: Any) -> bool:
    """Whether an edit of the message of an answer was queued after it."""
    if not row.message_id:
        return False
    later = outbox.c.id > row.id, outbox.c.channel_id == row.channel_id, outbox.c.expires.is_not(None)
    events = connection.execute(select(outbox.c.event).where(*later)).scalars()
    return any(event.get("edits") == row.message_id for event in events)


def _may_be_sent(now: float) -> Any:
    return _WAITS & (outbox.c.not_before <= now) & (outbox.c.expires > now)


def _waiting(connection: Connection, row: Any) -> WaitingAnswer:
    event = row.event
    answer = answer_from_json(event["answer"]) if event.get("kind") == ANSWER else None
    edits = event.get("edits")
    if key := event.get("edits_answer"):
        query = select(outbox.c.message_id).where(outbox.c.key == key)
        edits = connection.execute(query).scalar() or 0  # 0: it was never sent
    return WaitingAnswer(row.id, row.channel_id, row.key, answer, event.get("reply_to"), edits)


def _insert(
    connection: Connection,
    channel_id: int,
    event: dict[str, Any],
    expires: float,
    not_before: float = 0.0,
) -> int:
    values = {
        "channel_id": channel_id,
        "monitor_id": None,
        "event": event,
        "key": new_key(),
        "created_at": time.time(),
        "expires": expires,
        "not_before": not_before,
    }
    done = connection.execute(insert(outbox).values(**values))
    return int(cast(Any, done.inserted_primary_key)[0])


def _drop_edits(connection: Connection, channel_id: int, name: str, value: Any) -> None:
    """Those of one message that wait: only the latest counts."""
    query = select(outbox.c.id, outbox.c.event).where(outbox.c.channel_id == channel_id, _WAITS)
    old = [row.id for row in connection.execute(query) if row.event.get(name) == value]
    connection.execute(delete(outbox).where(outbox.c.id.in_(old)))


def queue_refreshes(
    connection: Connection, channel_id: int, messages: Sequence[int], expires: float
) -> None:
    """Part of a transaction: messages with alarms are to be shown as things are now."""
    query = select(outbox.c.event).where(outbox.c.channel_id == channel_id, _WAITS)
    waiting = connection.execute(query).scalars()
    known = {event.get("edits") for event in waiting if event["kind"] == REFRESH}
    for message_id in messages:
        if message_id not in known:
            _insert(connection, channel_id, {"kind": REFRESH, "edits": message_id}, expires)


def _channel_of(connection: Connection, account_id: int, place: Place) -> int:
    """That of a chat or topic; made if there is none, for as long as answers need it."""
    topic = place.thread_id or 0
    here = in_chat(account_id, place.addresses)
    query = select(channels.c.id).where(here, channels.c.thread_id == topic)
    found = connection.execute(query.order_by(channels.c.id).limit(1)).scalar()
    if found is not None:
        return int(found)
    values = {
        "bot_id": account_id,
        "chat_id": place.chat_id,
        "thread_id": topic,
        "answers_only": True,
    }
    done = connection.execute(insert(channels).values(**values))
    return int(cast(Any, done.inserted_primary_key)[0])
