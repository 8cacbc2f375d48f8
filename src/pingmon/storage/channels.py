"""Where messages go: accounts, their addresses and topics, and where these are now.

The tables keep the names of the first kind: an account is a row of `bots`, an address a `chat_id`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection, Engine

from pingmon.model.monitor import Channel, ChannelRequest
from pingmon.storage.journal import Entry, write
from pingmon.storage.sqlite.chunks import chunks
from pingmon.storage.sqlite.transactions import reading, writing
from pingmon.storage.tables import bots, channels, monitors


@dataclass(frozen=True, slots=True)
class Account:
    """Who sends. secret: empty for kinds of channels that have none. name: as people know it."""

    id: int
    kind: str
    secret: str = field(repr=False)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where the messages of a channel go now: the address may have moved, the topic be gone."""

    channel_id: int
    address: str
    topic: int | None
    waiting: int = 0  # messages


class Channels:
    """Every public method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._addresses: dict[int, str] = {}  # likewise
        self._accounts: dict[int, int] = {}  # channel → account

    def accounts(self) -> list[Account]:
        with reading(self._engine) as connection:
            return _accounts(connection)

    def forget(self) -> None:
        """Channels were deleted: their numbers may be given to others."""
        self._accounts, self._addresses = {}, {}

    def accounts_of(self, channel_ids: Iterable[int]) -> set[int]:
        """The numbers of the accounts that send to these channels."""
        wanted, known = set(channel_ids), self._accounts
        if wanted - known.keys():
            with reading(self._engine) as connection:
                rows = connection.execute(select(channels.c.id, channels.c.bot_id))
                known = self._accounts = {row.id: row.bot_id for row in rows}
        return {known[one] for one in wanted}

    def address_of(self, channel_id: int) -> str:
        """As it was asked for; it may have moved."""
        known = self._addresses
        if channel_id not in known:
            known = self._addresses = self.addresses()
        return known[channel_id]

    def account_of(self, monitor_id: str) -> Account | None:
        query = (
            select(bots.c.id, bots.c.kind, bots.c.token, bots.c.name)
            .join(channels, channels.c.bot_id == bots.c.id)
            .join(monitors, monitors.c.channel_id == channels.c.id)
            .where(monitors.c.id == monitor_id)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
            return Account(row.id, row.kind, row.token, row.name) if row else None

    def renew_secret(
        self, kind: str, secret: str, is_same: Callable[[str, str], bool], *entries: Entry
    ) -> int | None:
        """An account got another secret: all its monitors use it. Its number, None if nothing changed.

        is_same: whether two secrets are of one account. entries: for the journal, if something changed.
        """
        with writing(self._engine) as connection:
            known = [one for one in _accounts(connection) if one.kind == kind]
            if any(one.secret == secret for one in known):
                return None
            # Of several rows, which a renewal by hand may have left, the newest: secrets are unique.
            same = [one.id for one in known if is_same(secret, one.secret)][-1:]
            if not same:
                return None
            connection.execute(update(bots).where(bots.c.id.in_(same)).values(token=secret))
            write(connection, entries)
            return same[0]

    def ensure(self, wanted: ChannelRequest) -> Channel:
        with writing(self._engine) as connection:
            return ensure_channel(connection, wanted)

    def ensure_account(self, kind: str, secret: str, name: str) -> Account:
        """name: until a better one is known."""
        with writing(self._engine) as connection:
            number, name = _ensure_account(connection, ChannelRequest(kind, secret, name, ""))
            return Account(number, kind, secret, name)

    def rename(self, account_id: int, name: str) -> None:
        """The service says how an account is called now."""
        with writing(self._engine) as connection:
            connection.execute(update(bots).where(bots.c.id == account_id).values(name=name))

    def recipient(self, channel_id: int) -> Recipient:
        with reading(self._engine) as connection:
            query = select(channels).where(channels.c.id == channel_id)
            return recipient_of(connection.execute(query).one())

    def confirm(self, channel_ids: Iterable[int], moved: Mapping[tuple[str, str], str]) -> None:
        """The other side was asked: these topics are there, and these addresses are others now.

        moved: (kind, old address) → new address.
        """
        with writing(self._engine) as connection:
            there = channels.c.id.in_(list(channel_ids)) & channels.c.topic_gone
            connection.execute(update(channels).where(there).values(topic_gone=False))
            for (kind, old), new in moved.items():
                move(connection, kind, old, new)

    def addresses(self) -> dict[int, str]:
        with reading(self._engine) as connection:
            rows = connection.execute(select(channels.c.id, channels.c.chat_id))
            return {row.id: row.chat_id for row in rows}

    def leading_to(self, addresses: Iterable[str], kind: str) -> frozenset[int]:
        """The channels of all accounts of that kind whose address is one of these now."""
        now = func.coalesce(channels.c.migrated_to, channels.c.chat_id)
        query = select(channels.c.id).where(now.in_(list(addresses)), _of_kind(kind))
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())

    def current_addresses(self, channel_ids: Iterable[int], kind: str) -> set[str]:
        """Where these channels lead now; of other kinds none."""
        now = func.coalesce(channels.c.migrated_to, channels.c.chat_id)
        query = select(now).where(channels.c.id.in_(list(channel_ids)), _of_kind(kind))
        with reading(self._engine) as connection:
            return set(connection.execute(query).scalars())

    def places(self) -> dict[int, tuple[str, str, str]]:
        """By channel: its kind, the name of the account, the address."""
        query = select(channels.c.id, bots.c.kind, bots.c.name, channels.c.chat_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.join(bots, bots.c.id == channels.c.bot_id))
            return {row.id: (row.kind, row.name, row.chat_id) for row in rows}


def ensure_channel(connection: Connection, wanted: ChannelRequest) -> Channel:
    account_id, name = _ensure_account(connection, wanted)
    key = {"bot_id": account_id, "chat_id": wanted.address, "thread_id": wanted.topic or 0}
    found = connection.execute(select(channels.c.id).filter_by(**key)).scalar()
    if found is None:
        # Another channel may know already that this address moved.
        known = (channels.c.chat_id == wanted.address) & channels.c.migrated_to.is_not(None)
        query = select(channels.c.migrated_to).where(known & _of_kind(wanted.kind)).limit(1)
        moved = connection.execute(query).scalar()
        done = connection.execute(insert(channels).values(**key, migrated_to=moved))
        found = cast(Any, done.inserted_primary_key)[0]
    _keep(connection, [found])
    return Channel(found, wanted.kind, account_id, name, wanted.address, wanted.topic)


def ensure_channels(
    connection: Connection, wanted: Iterable[ChannelRequest]
) -> dict[ChannelRequest, Channel]:
    """Likewise, of many: few statements however many they are."""
    wanted = set(wanted)
    by_account: dict[tuple[str, str], list[ChannelRequest]] = {}
    for one in wanted:
        by_account.setdefault((one.kind, one.secret), []).append(one)
    accounts = {
        one: (number, name)
        for some in by_account.values()
        for number, name in [_ensure_account(connection, some[0])]
        for one in some
    }
    known = _known_channels(connection)
    keys = {one: (accounts[one][0], one.address, one.topic or 0) for one in wanted}
    missing = {key for key in keys.values() if key not in known}
    if missing:
        query = select(channels.c.chat_id, channels.c.migrated_to, bots.c.kind)
        query = query.join(bots, bots.c.id == channels.c.bot_id).where(
            channels.c.migrated_to.is_not(None)
        )
        moved = {(row.kind, row.chat_id): row.migrated_to for row in connection.execute(query)}
        kinds = {keys[one]: one.kind for one in wanted}
        rows = [
            {
                "bot_id": bot,
                "chat_id": chat,
                "thread_id": topic,
                "migrated_to": moved.get((kinds[bot, chat, topic], chat)),
            }
            for bot, chat, topic in sorted(missing)
        ]
        connection.execute(insert(channels), rows)
        known = _known_channels(connection)
    _keep(connection, [known[key] for key in keys.values()])
    return {
        one: Channel(known[key], one.kind, *accounts[one], one.address, one.topic)
        for one, key in keys.items()
    }


def _ensure_account(connection: Connection, wanted: ChannelRequest) -> tuple[int, str]:
    """Number and name."""
    name = wanted.account
    query = select(bots).where(bots.c.kind == wanted.kind, bots.c.token == wanted.secret)
    account = connection.execute(query).first()
    if account is None:
        new = {"kind": wanted.kind, "token": wanted.secret, "name": name}
        done = connection.execute(insert(bots).values(**new))
        return cast(Any, done.inserted_primary_key)[0], name
    # A bare number stands for a name that is not known yet.
    name = account.name if name.isdigit() else name
    connection.execute(update(bots).where(bots.c.id == account.id).values(name=name))
    return account.id, name


def _keep(connection: Connection, ids: Sequence[int]) -> None:
    """From now on they are there for more than answers."""
    for some in chunks(ids):
        which = channels.c.id.in_(some) & channels.c.answers_only
        connection.execute(update(channels).where(which).values(answers_only=False))


def _known_channels(connection: Connection) -> dict[tuple[int, str, int], int]:
    query = select(channels.c.id, channels.c.bot_id, channels.c.chat_id, channels.c.thread_id)
    rows = connection.execute(query)
    return {(row.bot_id, row.chat_id, row.thread_id): row.id for row in rows}


def move(connection: Connection, kind: str, old: str, new: str) -> None:
    """An address became another one: for good, for all channels of that kind that have it."""
    same = (channels.c.chat_id == old) | (channels.c.migrated_to == old)
    connection.execute(update(channels).where(same, _of_kind(kind)).values(migrated_to=new))


def recipient_of(row: Any, waiting: int = 0) -> Recipient:
    topic = None if row.topic_gone else row.thread_id or None
    return Recipient(row.id, row.migrated_to or row.chat_id, topic, waiting)


def _accounts(connection: Connection) -> list[Account]:
    query = select(bots.c.id, bots.c.kind, bots.c.token, bots.c.name).order_by(bots.c.id)
    return [Account(row.id, row.kind, row.token, row.name) for row in connection.execute(query)]


def in_chat(account_id: int, addresses: Iterable[str]) -> Any:
    """A condition: channels of an account that lead, or led, to one of these addresses."""
    here = list(addresses)
    leads = channels.c.chat_id.in_(here) | channels.c.migrated_to.in_(here)
    return (channels.c.bot_id == account_id) & leads


def _of_kind(kind: str) -> Any:
    return channels.c.bot_id.in_(select(bots.c.id).where(bots.c.kind == kind))
