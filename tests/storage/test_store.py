"""The store and the outbox: what is promised holds through crashes, in any order of events."""

import random
import shutil
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy.exc import IntegrityError

from pingmon.model.detection_settings import DetectionSettings, Options
from pingmon.model.detector_state import DetectorState, State, Transition
from pingmon.model.errors import Conflict, InvalidValue, NotFound
from pingmon.model.minute_stats import MinuteStats
from pingmon.model.monitor import ChannelRequest, Monitor, MonitorRequest, probe_options_from
from pingmon.notify.repeated_events import coalesce
from pingmon.storage.change_monitors import MonitorChanges
from pingmon.storage.outbox_counts import OutboxCounts
from pingmon.storage.sqlite import database
from pingmon.storage.sqlite.database import DatabaseRefused, open_database
from pingmon.storage.sqlite.transactions import reading
from pingmon.storage.state_changes import Decision
from pingmon.storage.store import Store
from pingmon.storage.tables import metadata, monitors


def add(
    store: Store, address: str = "10.0.0.1", chat: str = "1", detection: DetectionSettings | None = None
) -> Monitor:
    wanted = MonitorRequest(
        address,
        "ping",
        ChannelRequest("telegram", "1:abc", "bot", chat, None),
        detection or DetectionSettings(),
    )
    (added,) = store.add([wanted])
    if added.conflict:
        raise added.conflict
    return added.monitor


def decision(monitor: Monitor, number: int, announce: bool = True) -> Decision:
    after = State.DOWN if number % 2 else State.UP
    before = State.UP if number % 2 else State.DOWN
    change = Transition(before, after, float(number), float(number), "no reply", 1.0, announce)
    return Decision(monitor, DetectorState(after, float(number)), change)


# What later versions brought, to be taken from a database that shall be an older one.
LATER = """
    DROP TABLE episodes;
    DROP TABLE alarms;
    DROP TABLE alarm_chats;
    DROP TABLE downtimes;
    DROP TABLE journal;
    DROP TABLE pools;
    DROP TABLE clock;
    DROP TABLE chat_bots;
    DROP TABLE chat_seen;
    DROP TABLE chat_grants;
    DROP TABLE chat_undos;
    ALTER TABLE outbox DROP COLUMN hold_until;
    DROP INDEX outbox_by_key;
    DROP INDEX outbox_by_message;
    DROP INDEX outbox_by_monitor;
    ALTER TABLE outbox DROP COLUMN key;
    ALTER TABLE outbox DROP COLUMN expires;
    ALTER TABLE channels DROP COLUMN answers_only;
    ALTER TABLE channels DROP COLUMN flood_until;
    ALTER TABLE channels DROP COLUMN flood_seconds;
    ALTER TABLE monitors DROP COLUMN own;
    DROP INDEX monitors_by_host;
    ALTER TABLE monitors DROP COLUMN host;
    ALTER TABLE monitors DROP COLUMN family;
"""

# Every implementation of the store runs this suite: how an empty one is opened in a directory.
IMPLEMENTATIONS: dict[str, Callable[[Path], Store]] = {
    "sqlite": lambda folder: Store(open_database(folder / "pingmon.db")),
}


@pytest.fixture(params=IMPLEMENTATIONS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return IMPLEMENTATIONS[request.param](tmp_path)


def with_probe_options(**settings: object) -> MonitorRequest:
    channel = ChannelRequest("telegram", "1:abc", "bot", "1", None)
    probe_options = probe_options_from(settings)
    return MonitorRequest("10.0.0.1", "ping", channel, DetectionSettings(), probe_options=probe_options)


def test_settings_of_a_probe_kind_are_restored_and_tell_monitors_apart(store: Store) -> None:
    requests = [
        with_probe_options(),
        with_probe_options(port=80),
        with_probe_options(port=81, ways=["a"]),
    ]
    added = store.add([*requests, *requests])
    assert [one.created for one in added] == [True] * 3 + [False] * 3
    assert [one.created for one in store.add(requests)] == [False] * 3
    loaded = {monitor.id: monitor.probe_options for monitor, _ in store.load()}
    assert loaded == {
        one.monitor.id: asked.probe_options for one, asked in zip(added, requests, strict=False)
    }
    assert loaded[added[2].monitor.id] == (("port", 81), ("ways", ("a",)))
    for one, asked in zip(added, requests, strict=False):
        assert store.find(asked) == one.monitor
    assert store.find(with_probe_options(port=82)) is None


def test_settings_of_a_probe_kind_are_stored_only_when_there_are_any(store: Store) -> None:
    """So that a database without them stays one that earlier versions read."""
    store.add([with_probe_options(), with_probe_options(port=80)])
    with reading(store._engine) as connection:
        columns = [row.options for row in connection.execute(monitors.select())]
    assert sorted(map(str, (one.pop("probe", None) for one in columns))) == ["None", "{'port': 80}"]
    assert [Options(**one) for one in columns] == [Options()] * 2


def named(host: str, **more: Any) -> MonitorRequest:
    channel = ChannelRequest("telegram", "1:abc", "bot", "1", None)
    return MonitorRequest("", "ping", channel, DetectionSettings(), host=host, **more)


def test_names_and_families_tell_monitors_apart_and_the_address_in_use_does_not(store: Store) -> None:
    requests = [named("nas.example.org"), named("nas.example.org", family="6"), named("gate")]
    added = [one.monitor for one in store.add([*requests, *requests]) if one.created]
    assert [(one.host, one.family, one.address) for one in added] == [
        ("nas.example.org", "any", ""),
        ("nas.example.org", "6", ""),
        ("gate", "any", ""),
    ]
    resolved = replace(added[0], address="10.0.0.1")
    store.change(MonitorChanges(edited=[(added[0], resolved)]))
    by_address = add(store)
    assert by_address.id not in {one.id for one in added}, "10.0.0.1 itself is another target"
    assert {one.id: one for one, _ in store.load()}[resolved.id] == resolved
    assert [store.find(one) for one in requests] == [resolved, *added[1:]]
    with pytest.raises(Conflict, match=resolved.id):
        edited = replace(added[2], host="nas.example.org")
        store.change(MonitorChanges(edited=[(added[2], edited)]))
    store.change(MonitorChanges(edited=[(added[2], replace(added[2], host="", address="10.0.0.3"))]))
    assert {one.host for one, _ in store.load()} == {"nas.example.org", ""}


def test_what_was_decided_of_a_name_counts_when_its_address_is_another_one(store: Store) -> None:
    (added,) = store.add([named("nas")])
    old = replace(added.monitor, address="10.0.0.1")
    moved = replace(old, address="10.0.0.2")
    store.change(MonitorChanges(edited=[(added.monitor, old), (old, moved)]))
    assert store.save_decisions([decision(old, 1)]) == {old.channel.id}


def test_edited_settings_of_a_probe_kind_do_not_make_two_monitors_equal(store: Store) -> None:
    first, second = (
        one.monitor for one in store.add([with_probe_options(), with_probe_options(port=80)])
    )
    store.edit(replace(second, probe_options=(("port", 81),), name="other"))
    edited = {monitor.id: monitor for monitor, _ in store.load()}[second.id]
    assert (edited.probe_options, edited.name) == ((("port", 81),), "other")
    with pytest.raises(Conflict, match=second.id):
        store.edit(replace(first, probe_options=(("port", 81),)))
    store.edit(replace(first, name="the same target"))


def test_adding_twice_gives_the_same_and_other_settings_conflict(store: Store) -> None:
    monitor = add(store)
    assert add(store).id == monitor.id
    with pytest.raises(Conflict):
        add(store, detection=DetectionSettings(interval=5))
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


def test_a_prefix_names_what_begins_with_it_and_nothing_else(store: Store) -> None:
    """Of 1,500 random IDs some share their first 4 letters (all but once in 20 million tries)."""
    wanted = MonitorRequest(
        "", "ping", ChannelRequest("telegram", "1:abc", "bot", "1"), DetectionSettings()
    )
    added = store.add([replace(wanted, address=f"10.0.{n // 250}.{n % 250}") for n in range(1500)])
    numbers = [one.monitor.id for one in added]
    beginnings = Counter(number[:4] for number in numbers)
    assert max(beginnings.values()) > 1
    for number in numbers[:300] + [one for one in numbers if beginnings[one[:4]] > 1]:
        assert store.resolve_id(number) == store.resolve_id(f" {number.upper()}") == number
        if beginnings[number[:4]] == 1:
            assert store.resolve_id(number[:4]) == number
        else:
            with pytest.raises(InvalidValue, match=f"names {beginnings[number[:4]]} monitors"):
                store.resolve_id(number[:4])


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
    store.save_decisions([decision(monitor, 1)])
    assert store.outbox.depth() == (0, 0.0)


def test_state_and_message_are_one_transaction(store: Store) -> None:
    monitor = add(store)
    broken = Decision(monitor, DetectorState(), decision(monitor, 1).transition)
    object.__setattr__(broken.transition, "reason", object())
    with pytest.raises(Exception, match=r"."):
        store.save_decisions([decision(monitor, 1), broken])
    assert store.load()[0][1].state is State.UNKNOWN
    assert store.outbox.depth()[0] == 0


def test_a_group_that_moved_is_remembered_for_all_its_channels(store: Store) -> None:
    monitor = add(store, chat="-5")
    store.save_decisions([decision(monitor, 1)])
    store.outbox.move_address(monitor.channel.account_id, "-5", "-1005")
    (place,) = store.outbox.pending(monitor.channel.account_id)
    assert (place.address, place.waiting) == ("-1005", 1)
    wanted = MonitorRequest(
        "10.0.0.1", "ping", ChannelRequest("telegram", "2:other", "other", "-5", 7), DetectionSettings()
    )
    later = store.add([wanted])[0].monitor  # another bot, another topic, the number of old
    assert later.channel.address == "-5"
    assert store.channels.recipient(later.channel.id).address == "-1005"


def test_what_is_held_back_is_not_held_when_the_clock_is_set_back(store: Store) -> None:
    monitor = add(store)
    store.save_decisions([decision(monitor, 1)], not_before=time.time() + 30)
    assert store.outbox.pending(monitor.channel.account_id) == []
    store.save_decisions([decision(monitor, 2)], not_before=time.time() + 3630)  # an hour was taken away
    assert len(store.outbox.waiting(monitor.channel.id)) == 1


def test_statistics_are_bounded(store: Store) -> None:
    store.save_statistics(
        [MinuteStats("10.0.0.1", 1, 60), MinuteStats("10.0.0.1", int(time.time() // 60), 60)], []
    )
    store.delete_expired()  # 1970 is beyond the retention
    from sqlalchemy import func, select

    from pingmon.storage.tables import minutes

    with store._engine.begin() as connection:
        assert connection.execute(select(func.count()).select_from(minutes)).scalar() == 1


def test_a_read_only_place_is_refused_with_a_clear_message(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused, match="can't write"):
        open_database(tmp_path / "missing" / "pingmon.db")


def test_head_is_the_newest_migration() -> None:
    versions = Path(database.__file__).parent.parent / "migrations" / "versions"
    newest = max(file.name for file in versions.glob("v*.py"))
    assert newest.startswith(f"v{database.HEAD}_")


def test_the_migrations_make_the_tables_that_the_code_uses(store: Store) -> None:
    with store._engine.begin() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), metadata)


def test_secrets_and_addresses_are_those_of_a_kind(store: Store) -> None:
    """Another kind may have the same secret, the same address, and its addresses don't move along."""
    monitor = add(store, chat="-5")
    wanted = MonitorRequest(
        "10.0.0.1", "ping", ChannelRequest("other", "1:abc", "name", "-5"), DetectionSettings()
    )
    other = store.add([wanted])[0].monitor
    assert (other.channel.kind, other.channel.account_id) != ("telegram", monitor.channel.account_id)
    assert store.find(wanted) == other and store.load()[1][0].channel == other.channel
    store.outbox.move_address(monitor.channel.account_id, "-5", "-1005")
    store.channels.confirm([], {("telegram", "-1005"): "-1006"})
    found = [store.channels.recipient(one.channel.id).address for one in (monitor, other)]
    assert found == ["-1006", "-5"]
    accounts = [(one.kind, one.secret) for one in store.channels.accounts()]
    assert accounts == [("telegram", "1:abc"), ("other", "1:abc")]
    same = store.channels.account_of(other.id)
    assert same is not None and (same.id, same.kind) == (other.channel.account_id, "other")


def test_a_database_of_before_the_kinds_opens_with_all_that_it_had(tmp_path: Path) -> None:
    path = tmp_path / "pingmon.db"
    store = Store(open_database(path))
    monitors = [add(store, chat=str(chat)) for chat in (1, 2)]
    store.save_decisions([decision(monitors[0], 1)])
    store.close()
    old = sqlite3.connect(path)
    old.executescript(
        LATER
        + """
        PRAGMA foreign_keys=OFF;
        CREATE TABLE old_bots (id INTEGER NOT NULL, token VARCHAR(80) NOT NULL,
            name VARCHAR(64) NOT NULL, PRIMARY KEY (id), UNIQUE (token));
        INSERT INTO old_bots SELECT id, token, name FROM bots;
        DROP TABLE bots;
        ALTER TABLE old_bots RENAME TO bots;
        UPDATE alembic_version SET version_num = '0004';
        """
    )
    old.close()
    store = Store(open_database(path))
    assert [one for one, _ in store.load()] == monitors
    assert store.outbox.depth()[0] == 1
    assert [(one.kind, one.secret) for one in store.channels.accounts()] == [("telegram", "1:abc")]
    with store._engine.begin() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), metadata)
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    with pytest.raises(IntegrityError), store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM bots")


def test_names_of_chats_become_small_unless_both_are_there(tmp_path: Path) -> None:
    path = tmp_path / "pingmon.db"
    store = Store(open_database(path))
    chats = ["@Some_Name", "@Twice", "@twice", "-1001"]
    before = [add(store, chat=chat) for chat in chats]
    store.close()
    old = sqlite3.connect(path)
    with old:
        old.executescript(LATER)
        old.execute("UPDATE alembic_version SET version_num = '0005'")
    old.close()
    store = Store(open_database(path))
    after = [one for one, _ in store.load()]
    assert [one.channel.address for one in after] == ["@some_name", "@Twice", "@twice", "-1001"]
    assert [(one.id, one.channel.id) for one in after] == [(one.id, one.channel.id) for one in before]


def check_book(store: Store, monitors: list[Monitor]) -> None:
    """What is counted in memory is what the database holds."""
    known = store.outbox._book()
    with reading(store._engine) as connection:
        fresh = OutboxCounts(connection)
    assert (known.depth(), known.deliveries()) == (fresh.depth(), fresh.deliveries())
    channels = [one.channel.id for one in monitors]
    assert [known.waiting(one) for one in channels] == [fresh.waiting(one) for one in channels]


def test_counts_are_exact_when_several_threads_change_the_queue(store: Store) -> None:
    monitors = [add(store, chat=str(chat)) for chat in (1, 2, 3)]
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for number in range(60):
                monitor = chance.choice(monitors)
                channel = monitor.channel.id
                ids = [one.id for one in store.outbox.waiting(channel)]
                some = chance.sample(ids, min(len(ids), chance.randrange(4)))
                what = chance.randrange(5)
                if what == 0:
                    store.save_decisions([decision(monitor, number), decision(monitor, number + 1)])
                elif what == 1:
                    store.outbox.compact(channel, coalesce, 50)
                elif what == 2:
                    store.outbox.mark_sent(channel, some, 1)
                elif what == 3:
                    store.outbox.mark_failed(channel, some, "500 restart")
                else:
                    store.outbox.queue_notice([channel], {"kind": "x", "decided_at": 0.0}, 0.0)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    check_book(store, monitors)
    assert store.outbox.depth()[0] > 0


class OutboxMachine(RuleBasedStateMachine):
    """Changes, deliveries, failures and crashes in any order: nothing lost, order kept per chat."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self._open()
        self.monitors = [add(self.store, chat=str(chat)) for chat in (1, 2)]
        self.bot = self.monitors[0].channel.account_id
        self.expected: dict[str, list[float]] = {"1": [], "2": []}
        self.delivered: dict[str, list[float]] = {"1": [], "2": []}
        self.numbers = [0, 0]  # a device is down and up in turn
        self.blind_reason = 0

    def _open(self) -> None:
        self.store = Store(open_database(self.directory / "pingmon.db"))

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.directory)

    @rule(which=st.integers(min_value=0, max_value=1))
    def change(self, which: int) -> None:
        self.numbers[which] += 1
        monitor = self.monitors[which]
        self.store.save_decisions([decision(monitor, self.numbers[which])])
        self.expected[monitor.channel.address].append(float(self.numbers[which]))

    @rule()
    def deliver(self) -> None:
        for place in self.store.outbox.pending(self.bot):
            first = self.store.outbox.waiting(place.channel_id)[0]
            self.delivered[place.address].append(first.event["at"])
            self.store.outbox.mark_sent(place.channel_id, [first.id], 1)

    @rule()
    def fail(self) -> None:
        for place in self.store.outbox.pending(self.bot):
            first = self.store.outbox.waiting(place.channel_id)[0]
            self.store.outbox.mark_failed(place.channel_id, [first.id], "400 chat not found")

    @rule(which=st.integers(min_value=0, max_value=1))
    def queue_notice(self, which: int) -> None:
        self.store.outbox.queue_notice(
            [self.monitors[which].channel.id], {"kind": "later"}, time.time() + 60
        )
        self.blind_reason += 1

    @rule(words=st.sampled_from(["suspended: the bot: 401 Unauthorized", "ok"]))
    def suspend(self, words: str) -> None:
        self.store.outbox.set_account_delivery(self.bot, "suspended: the bot: 401 Unauthorized", words)

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
        total = sum(map(len, self.expected.values())) + self.blind_reason
        assert waiting + sum(map(len, self.delivered.values())) == total

    @invariant()
    def memory_is_the_database(self) -> None:
        check_book(self.store, self.monitors)


OutboxMachine.TestCase.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)
TestOutbox = OutboxMachine.TestCase
