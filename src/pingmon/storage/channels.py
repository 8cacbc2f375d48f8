"""Where word goes: the bots, their chats and topics, and where these are now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection, Engine

from pingmon.model.monitor import Channel, ChannelRequest
from pingmon.storage.sqlite.transactions import reading, writing
from pingmon.storage.tables import bots, channels, monitors


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where the messages of a channel go now: the chat may have moved, the topic be gone."""

    channel_id: int
    chat_id: str
    thread_id: int | None
    waiting: int = 0  # messages


class Channels:
    """Every public method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def bots_with_token(self) -> list[tuple[int, str]]:
        with reading(self._engine) as connection:
            rows = connection.execute(select(bots.c.id, bots.c.token))
            return [(row.id, row.token) for row in rows]

    def token_of(self, monitor_id: str) -> str | None:
        query = (
            select(bots.c.token)
            .join(channels, channels.c.bot_id == bots.c.id)
            .join(monitors, monitors.c.channel_id == channels.c.id)
            .where(monitors.c.id == monitor_id)
        )
        with reading(self._engine) as connection:
            token: str | None = connection.execute(query).scalar()
            return token

    def renew_token(self, token: str) -> None:
        """A bot that the configuration declares got another token: all its monitors use it."""
        number = token.partition(":")[0]
        with writing(self._engine) as connection:
            if not connection.execute(select(bots.c.id).where(bots.c.token == token)).first():
                of_bot = bots.c.token.like(number + ":%")
                connection.execute(update(bots).where(of_bot).values(token=token))

    def ensure(self, wanted: ChannelRequest) -> Channel:
        with writing(self._engine) as connection:
            return ensure_channel(connection, wanted)

    def place(self, channel_id: int) -> Recipient:
        with reading(self._engine) as connection:
            query = select(channels).where(channels.c.id == channel_id)
            return place_of(connection.execute(query).one())

    def confirm(self, channel_ids: Iterable[int], moved: Mapping[str, str]) -> None:
        """Telegram was asked: these topics are there, and these groups have another number."""
        with writing(self._engine) as connection:
            there = channels.c.id.in_(list(channel_ids)) & channels.c.topic_gone
            connection.execute(update(channels).where(there).values(topic_gone=False))
            for old, new in moved.items():
                migrate(connection, old, new)

    def chats(self) -> dict[int, str]:
        with reading(self._engine) as connection:
            rows = connection.execute(select(channels.c.id, channels.c.chat_id))
            return {row.id: row.chat_id for row in rows}


def ensure_channel(connection: Connection, wanted: ChannelRequest) -> Channel:
    token, bot_name, chat_id = wanted.secret, wanted.account, wanted.address
    bot = connection.execute(select(bots).where(bots.c.token == token)).first()
    if bot is None:
        done = connection.execute(insert(bots).values(token=token, name=bot_name))
        bot_id = cast(Any, done.inserted_primary_key)[0]
    else:
        bot_id, bot_name = bot.id, bot.name if bot_name.isdigit() else bot_name
        connection.execute(update(bots).where(bots.c.id == bot_id).values(name=bot_name))
    key = {"bot_id": bot_id, "chat_id": chat_id, "thread_id": wanted.topic or 0}
    found = connection.execute(select(channels.c.id).filter_by(**key)).scalar()
    if found is None:
        # Another channel may know already that this group became a supergroup.
        same_chat = (channels.c.chat_id == chat_id) & channels.c.migrated_to.is_not(None)
        moved = connection.execute(select(channels.c.migrated_to).where(same_chat).limit(1)).scalar()
        done = connection.execute(insert(channels).values(**key, migrated_to=moved))
        found = cast(Any, done.inserted_primary_key)[0]
    return Channel(found, wanted.kind, bot_id, bot_name, chat_id, wanted.topic)


def migrate(connection: Connection, old: str, new: str) -> None:
    of_chat = (channels.c.chat_id == old) | (channels.c.migrated_to == old)
    connection.execute(update(channels).where(of_chat).values(migrated_to=new))


def place_of(row: Any, waiting: int = 0) -> Recipient:
    thread = None if row.topic_gone else row.thread_id or None
    return Recipient(row.id, row.migrated_to or row.chat_id, thread, waiting)
