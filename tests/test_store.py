"""The store and the outbox: what is promised holds through crashes, in any order of events."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pingmon.model.detector import DetectorState, State, Transition
from pingmon.model.errors import Conflict, InvalidValue, NotFound
from pingmon.model.monitor import Monitor, Options, Plan
from pingmon.model.statistics import Minute
from pingmon.storage import database
from pingmon.storage.database import DatabaseRefused, open_database
from pingmon.storage.store import Decision, Store, Wanted
from pingmon.storage.tables import metadata


def add(store: Store, address: str = "10.0.0.1", chat: str = "1", plan: Plan | None = None) -> Monitor:
    wanted = Wanted(address, "ping", "1:abc", "bot", chat, None, plan or Plan(), "")
    (added,) = store.add([wanted])
    if added.conflict:
        raise added.conflict
    return added.monitor


def decision(monitor: Monitor, number: int, announce: bool = True) -> Decision:
    after = State.DOWN if number % 2 else State.UP
    before = State.UP if number % 2 else State.DOWN
    change = Transition(before, after, float(number), float(number), "no reply", 1.0, announce)
    return Decision(monitor, DetectorState(after, float(number)), change)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(open_database(tmp_path / "pingmon.db"))


def test_adding_twice_gives_the_same_and_other_settings_conflict(store: Store) -> None:
    monitor = add(store)
    assert add(store).id == monitor.id
    with pytest.raises(Conflict):
        add(store, plan=Plan(interval=5))
    assert add(store, chat="2").id != monitor.id


def test_deleting_is_idempotent_and_prefixes_must_name_one(store: Store) -> None:
    monitor = add(store)
    assert store.delete(monitor.id[:6]) == (monitor.id, True)
    assert store.delete(monitor.id) == (monitor.id, False)
    with pytest.raises(NotFound):
        store.delete("00000000-dead")
    with pytest.raises(InvalidValue):
        store.delete("%%%%")
    assert store.load() == []
    assert add(store).id != monitor.id


def test_a_deleted_parent_is_nobodys_parent(store: Store) -> None:
    parent, other = add(store), add(store, "10.0.0.2")
    for number, above in enumerate((parent, parent, other)):
        child = add(store, f"10.0.1.{number}")
        store.edit(replace(child, options=Options(parent=above.id, quiet=True)))
    store.delete(parent.id)
    found = {one.address: one.options for one, _ in store.load()}
    assert [found[f"10.0.1.{n}"].parent for n in range(3)] == [None, None, other.id]
    assert found["10.0.1.0"].quiet


def test_a_decision_about_a_deleted_monitor_tells_nobody(store: Store) -> None:
    monitor = add(store)
    store.delete(monitor.id)
    store.record([decision(monitor, 1)])
    assert store.outbox.depth() == (0, 0.0)


def test_state_and_message_are_one_transaction(store: Store) -> None:
    monitor = add(store)
    broken = Decision(monitor, DetectorState(), decision(monitor, 1).transition)
    object.__setattr__(broken.transition, "reason", object())
    with pytest.raises(Exception, match=r"."):
        store.record([decision(monitor, 1), broken])
    assert store.load()[0][1].state is State.UNKNOWN
    assert store.outbox.depth()[0] == 0


def test_a_group_that_moved_is_remembered_for_all_its_channels(store: Store) -> None:
    monitor = add(store, chat="-5")
    store.record([decision(monitor, 1)])
    store.outbox.migrate_chat("-5", "-1005")
    ((queued,),) = store.outbox.waiting(monitor.channel.bot_id).values()
    assert queued.chat_id == "-1005"


def test_statistics_are_bounded(store: Store) -> None:
    store.add_minutes([Minute("10.0.0.1", 1, 60)])  # 1970: beyond the retention at once
    from sqlalchemy import func, select

    from pingmon.storage.tables import minutes

    with store._engine.begin() as connection:
        assert connection.execute(select(func.count()).select_from(minutes)).scalar() == 0


def test_a_read_only_place_is_refused_with_a_clear_message(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused, match="can't write"):
        open_database(tmp_path / "missing" / "pingmon.db")


def test_head_is_the_newest_migration() -> None:
    versions = Path(database.__file__).parent / "migrations" / "versions"
    newest = max(file.name for file in versions.glob("v*.py"))
    assert newest.startswith(f"v{database.HEAD}_")


def test_the_migrations_make_the_tables_that_the_code_uses(store: Store) -> None:
    with store._engine.begin() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), metadata)


class OutboxMachine(RuleBasedStateMachine):
    """Changes, deliveries, failures and crashes in any order: nothing lost, order kept per chat."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self._open()
        self.monitors = [add(self.store, chat=str(chat)) for chat in (1, 2)]
        self.bot = self.monitors[0].channel.bot_id
        self.expected: dict[str, list[float]] = {"1": [], "2": []}
        self.delivered: dict[str, list[float]] = {"1": [], "2": []}
        self.number = 0

    def _open(self) -> None:
        self.store = Store(open_database(self.directory / "pingmon.db"))

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.directory)

    @rule(which=st.integers(min_value=0, max_value=1))
    def change(self, which: int) -> None:
        self.number += 1
        monitor = self.monitors[which]
        self.store.record([decision(monitor, self.number)])
        self.expected[monitor.channel.chat_id].append(float(self.number))

    @rule()
    def deliver(self) -> None:
        for channel, waiting in self.store.outbox.waiting(self.bot).items():
            first = waiting[0]
            self.delivered[first.chat_id].append(first.event["at"])
            self.store.outbox.mark_sent(channel, [first.id], 1)

    @rule()
    def fail(self) -> None:
        for channel, waiting in self.store.outbox.waiting(self.bot).items():
            self.store.outbox.mark_failed(channel, [waiting[0].id], "400 chat not found")

    @rule()
    def crash(self) -> None:
        self.store.close()
        self._open()

    @invariant()
    def nothing_lost_and_in_order(self) -> None:
        waiting, _ = self.store.outbox.depth()
        for chat, expected in self.expected.items():
            delivered = self.delivered[chat]
            assert delivered == expected[: len(delivered)]
        total = sum(map(len, self.expected.values()))
        assert waiting + sum(map(len, self.delivered.values())) == total


OutboxMachine.TestCase.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)
TestOutbox = OutboxMachine.TestCase
