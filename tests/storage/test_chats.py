"""What is remembered for commands from chats, and what is committed along with an operation."""

import time
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from pingmon.model.chat_config import EVERYONE
from pingmon.storage.chats import (
    MOST_SEEN,
    Grant,
    PolledBot,
    SeenChat,
    move_chat,
    note_handled,
    note_seen,
)
from pingmon.storage.journal import Entry, Wanted
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.sqlite.transactions import reading
from pingmon.storage.store import Store
from pingmon.storage.tables import chat_grants
from tests.storage.test_store import add

ENTRY = Entry("root (uid 0)", "chat_allow")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(open_database(tmp_path / "pingmon.db"))
    made.channels.ensure_account("telegram", "1:abc", "bot")
    return made


def noting(update_id: int) -> "Noting":
    return Noting(update_id)


class Noting:
    def __init__(self, update_id: int) -> None:
        self.update_id, self.calls = update_id, 0

    def __call__(self, connection: Connection) -> None:
        self.calls += 1
        note_handled(connection, 1, self.update_id)


def test_what_is_written_along_is_committed_with_the_change(store: Store) -> None:
    note = noting(7)
    with store.along(note) as companion:
        store.channels.accounts()
        assert not companion.is_written and store.chats.bot(1).handled is None
        monitor = add(store)
        assert companion.is_written and store.chats.bot(1).handled == 7
        store.delete(monitor.id)
    assert note.calls == 1


def test_what_is_written_along_waits_for_a_transaction_that_changes_something(store: Store) -> None:
    note = noting(7)
    with store.along(note) as companion:
        store.channels.renew_secret("telegram", "2:other", lambda *_: False)
        assert not companion.is_written and not note.calls
        store.journal.add(ENTRY)
        assert companion.is_written


def test_nothing_is_written_along_when_the_change_fails(store: Store) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(text("UPDATE bots SET name = 'other'"))
        raise RuntimeError

    note = noting(7)
    with store.along(note) as companion:
        with pytest.raises(RuntimeError):
            store.chats.write_with(fail)
        assert not companion.is_written and store.chats.bot(1) == PolledBot(1)
        store.journal.add(ENTRY)
        assert companion.is_written and store.chats.bot(1).handled == 7


def test_the_change_fails_when_what_is_written_along_does(store: Store) -> None:
    def fail(connection: Connection) -> None:
        raise RuntimeError

    with store.along(fail) as companion, pytest.raises(RuntimeError):
        store.journal.add(ENTRY)
    assert not companion.is_written and not store.journal.entries(Wanted())
    store.journal.add(ENTRY)  # as before
    assert len(store.journal.entries(Wanted())) == 1


def test_commands_are_enabled_once_and_the_position_stays(store: Store) -> None:
    assert store.chats.enable(1, True, ENTRY) and not store.chats.enable(1, True, ENTRY)
    store.chats.write_with(lambda connection: note_handled(connection, 1, 9))
    store.chats.set_menu(1, "digest")
    assert store.chats.enable(1, False, ENTRY)
    found = store.chats.bots()[1]
    assert (found.enabled, found.handled, found.menu) == (False, 9, "digest")
    assert abs(found.handled_at - time.time()) < 60
    assert len(store.journal.entries(Wanted())) == 2


def test_a_grant_replaces_the_one_before_and_ends_in_time(store: Store) -> None:
    store.chats.allow(Grant(1, "-1001", 42, "operate"), ENTRY)
    store.chats.allow(Grant(1, "-1001", 42, "admin", time.time() + 60), ENTRY)
    store.chats.allow(Grant(1, "-1001", EVERYONE, "view"), ENTRY)
    store.chats.allow(Grant(1, "-1002", 42, "admin", time.time() - 1), ENTRY)
    assert [(one.user_id, one.role) for one in store.chats.grants()] == [(0, "view"), (42, "admin")]
    assert not store.chats.grants(1, "-1002") and not store.chats.grants(2)
    assert store.chats.deny(Grant(1, "-1001", 42, ""), ENTRY)
    assert not store.chats.deny(Grant(1, "-1001", 42, ""), ENTRY)
    assert [one.user_id for one in store.chats.grants(1, "-1001")] == [EVERYONE]


def test_a_moved_chat_takes_what_is_allowed_along(store: Store) -> None:
    store.chats.allow(Grant(1, "-5", 42, "admin", by="root"), ENTRY)
    store.chats.allow(Grant(1, "-5", 43, "view"), ENTRY)
    store.chats.allow(Grant(1, "-1005", 43, "operate"), ENTRY)
    store.chats.write_with(lambda one: note_seen(one, SeenChat(1, "-5", "group", "Office", 1.0)))
    store.chats.write_with(lambda one: move_chat(one, "telegram", "-5", "-1005"))
    found = {one.user_id: one.role for one in store.chats.grants(1, "-1005")}
    assert found == {42: "admin", 43: "operate"} and not store.chats.grants(1, "-5")
    assert [one.address for one in store.chats.seen(1)] == ["-1005"]


def test_the_latest_chats_are_remembered_and_no_more(store: Store) -> None:
    def see(connection: Connection) -> None:
        for number in range(MOST_SEEN + 10):
            note_seen(connection, SeenChat(1, str(number), "private", "x", float(number)))
        note_seen(connection, SeenChat(1, "500", "private", "Anna", 9999.0))

    store.chats.write_with(see)
    found = store.chats.seen(1)
    assert len(found) == MOST_SEEN and found[0] == SeenChat(1, "500", "private", "Anna", 9999.0)
    assert found[1].address == str(MOST_SEEN + 9)


def test_what_is_over_is_forgotten(store: Store) -> None:
    store.chats.allow(Grant(1, "-1001", 42, "admin", time.time() - 1), ENTRY)
    store.chats.allow(Grant(1, "-1001", 43, "admin"), ENTRY)
    for address, days in (("1", 100), ("2", 80)):
        chat = SeenChat(1, address, "private", "", time.time() - days * 86400)
        store.chats.write_with(partial(note_seen, chat=chat))
    store.delete_expired()
    assert [one.address for one in store.chats.seen(1)] == ["2"]
    with reading(store._engine) as connection:
        assert [row.user_id for row in connection.execute(chat_grants.select())] == [43]
