"""What is remembered for commands from chats: polled bots, chats that were seen, who may do what."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection, Engine

from pingmon.storage.journal import Entry
from pingmon.storage.journal import write as write_journal
from pingmon.storage.sqlite.transactions import reading, writing
from pingmon.storage.tables import bots, chat_bots, chat_grants, chat_seen

UPDATES_LIVE = 2 * 86400.0  # s; Telegram keeps updates for a day, and after a week numbers them anew
MOST_SEEN = 1_000  # chats of one bot that are remembered; strangers could make any number


@dataclass(frozen=True, slots=True)
class PolledBot:
    """account_id: of storage.channels.Account. enabled: by command. handled: the highest update_id.

    handled_at: epoch seconds. menu: a digest of the commands that Telegram shows for it.
    """

    account_id: int
    enabled: bool = False
    handled: int | None = None
    handled_at: float = 0.0
    menu: str = ""


@dataclass(frozen=True, slots=True)
class SeenChat:
    """A chat that wrote to a bot. kind: as Telegram names it. seen_at: epoch seconds."""

    account_id: int
    address: str
    kind: str
    title: str
    seen_at: float


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody may do from a chat. user_id: model.chat_config.EVERYONE for whoever is in it.

    until: epoch seconds, None: no end. by: who said so, as the journal names them.
    """

    account_id: int
    address: str
    user_id: int
    role: str
    until: float | None = None
    by: str = ""
    created_at: float = 0.0


class Chats:
    """Every public method is one transaction, but those that take a connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Polled bots

    def bots(self) -> dict[int, PolledBot]:
        """By number of the account: those of which something is remembered."""
        with reading(self._engine) as connection:
            return {row.bot_id: _polled(row) for row in connection.execute(select(chat_bots))}

    def bot(self, account_id: int) -> PolledBot:
        query = select(chat_bots).where(chat_bots.c.bot_id == account_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
            return _polled(row) if row else PolledBot(account_id)

    def enable(self, account_id: int, enabled: bool, entry: Entry) -> bool:
        """Whether that changed anything."""
        with writing(self._engine) as connection:
            query = select(chat_bots.c.enabled).where(chat_bots.c.bot_id == account_id)
            if bool(connection.execute(query).scalar()) == enabled:
                return False
            _set_bot(connection, account_id, {"enabled": enabled})
            write_journal(connection, [entry])
            return True

    def set_menu(self, account_id: int, menu: str) -> None:
        with writing(self._engine) as connection:
            _set_bot(connection, account_id, {"menu": menu})

    def write_with(self, write: Callable[[Connection], None]) -> None:
        """A transaction of its own."""
        with writing(self._engine) as connection:
            write(connection)

    # Chats that were seen

    def seen(self, account_id: int) -> list[SeenChat]:
        """The latest first."""
        query = select(chat_seen).where(chat_seen.c.bot_id == account_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(chat_seen.c.seen_at.desc()))
            return [SeenChat(row.bot_id, row.chat_id, row.kind, row.title, row.seen_at) for row in rows]

    # Who may do what

    def grants(self, account_id: int | None = None, address: str | None = None) -> list[Grant]:
        """Those that are in force; of one bot and chat, or of all."""
        query = select(chat_grants).where(
            chat_grants.c.until.is_(None) | (chat_grants.c.until > time.time())
        )
        if account_id is not None:
            query = query.where(chat_grants.c.bot_id == account_id)
        if address is not None:
            query = query.where(chat_grants.c.chat_id == address)
        query = query.order_by(chat_grants.c.bot_id, chat_grants.c.chat_id, chat_grants.c.user_id)
        with reading(self._engine) as connection:
            return [
                Grant(row.bot_id, row.chat_id, row.user_id, row.role, row.until, row.by, row.created_at)
                for row in connection.execute(query)
            ]

    def allow(self, grant: Grant, entry: Entry) -> None:
        """In place of what this person was allowed in this chat before."""
        with writing(self._engine) as connection:
            connection.execute(delete(chat_grants).where(*_same_grant(grant)))
            connection.execute(
                insert(chat_grants).values(
                    bot_id=grant.account_id,
                    chat_id=grant.address,
                    user_id=grant.user_id,
                    role=grant.role,
                    until=grant.until,
                    by=grant.by,
                    created_at=time.time(),
                )
            )
            write_journal(connection, [entry])

    def deny(self, grant: Grant, entry: Entry) -> bool:
        """Whether there was something to take away. Of `grant` only whom and where it is for counts."""
        with writing(self._engine) as connection:
            gone = connection.execute(delete(chat_grants).where(*_same_grant(grant)))
            if not gone.rowcount:
                return False
            write_journal(connection, [entry])
            return True


# Parts of a transaction


def note_handled(connection: Connection, account_id: int, update_id: int) -> None:
    _set_bot(connection, account_id, {"update_id": update_id, "handled_at": time.time()})


def note_seen(connection: Connection, chat: SeenChat) -> None:
    key = (chat_seen.c.bot_id == chat.account_id) & (chat_seen.c.chat_id == chat.address)
    values = {"kind": chat.kind, "title": chat.title, "seen_at": chat.seen_at}
    if connection.execute(update(chat_seen).where(key).values(**values)).rowcount:
        return
    connection.execute(insert(chat_seen).values(bot_id=chat.account_id, chat_id=chat.address, **values))
    query = select(chat_seen.c.seen_at).where(chat_seen.c.bot_id == chat.account_id)
    beyond = connection.execute(
        query.order_by(chat_seen.c.seen_at.desc()).offset(MOST_SEEN).limit(1)
    ).scalar()
    if beyond is not None:
        its = chat_seen.c.bot_id == chat.account_id
        connection.execute(delete(chat_seen).where(its, chat_seen.c.seen_at <= beyond))


def move_chat(connection: Connection, kind: str, old: str, new: str) -> None:
    """A chat became another one: what is allowed there goes with it."""
    of_kind = select(bots.c.id).where(bots.c.kind == kind)
    for table in (chat_grants, chat_seen):
        rows = connection.execute(
            select(table).where(table.c.bot_id.in_(of_kind), table.c.chat_id == old)
        ).all()
        for row in rows:
            values = dict(row._mapping)
            same = [table.c[one.name] == values[one.name] for one in table.primary_key]
            connection.execute(delete(table).where(*same))
            there = [
                table.c[one.name] == (new if one.name == "chat_id" else values[one.name])
                for one in table.primary_key
            ]
            if connection.execute(select(table.c.bot_id).where(*there)).first() is None:
                connection.execute(insert(table).values(**values | {"chat_id": new}))


def _set_bot(connection: Connection, account_id: int, values: Mapping[str, Any]) -> None:
    which = update(chat_bots).where(chat_bots.c.bot_id == account_id)
    if not connection.execute(which.values(**values)).rowcount:
        connection.execute(insert(chat_bots).values(bot_id=account_id, **values))


def _same_grant(grant: Grant) -> list[Any]:
    return [
        chat_grants.c.bot_id == grant.account_id,
        chat_grants.c.chat_id == grant.address,
        chat_grants.c.user_id == grant.user_id,
    ]


def _polled(row: Any) -> PolledBot:
    return PolledBot(row.bot_id, row.enabled, row.update_id, row.handled_at, row.menu)
