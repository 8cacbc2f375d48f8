"""Alarms as they are kept: carried over, dropped, merged, closed, part of the same transaction."""

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pingmon.model.alarm_events import Concluded, HoldBegan, HoldEnded, TimePassed
from pingmon.model.alarm_state import Alarm, Hold, HoldKind, Known, Rules
from pingmon.model.clock_jumps import ClockSet
from pingmon.model.detection_settings import DetectionSettings, Options
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.monitor import ChannelRequest, Monitor, MonitorRequest
from pingmon.model.quiet_hours import parse_quiet_hours
from pingmon.storage.alarms import Occurrence
from pingmon.storage.journal import Entry, Wanted
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.state_changes import LostSight
from pingmon.storage.store import Store
from tests.storage.test_store import LATER, add, decision

NOW = time.time()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(open_database(tmp_path / "pingmon.db"))


def alarm(store: Store, monitor: Monitor) -> Alarm:
    return store.alarms.of(monitor.id)[monitor.channel.id]


def kinds(store: Store, monitor: Monitor) -> list[str]:
    return [one.event["kind"] for one in store.outbox.waiting(monitor.channel.id)]


def found(store: Store, monitor: Monitor, *known: Known, at: float = NOW) -> None:
    for one in known:
        store.alarms.happen([Occurrence(monitor, (Concluded(one, at),), at)])


def test_what_was_told_is_carried_over_from_an_older_database(tmp_path: Path) -> None:
    path = tmp_path / "pingmon.db"
    store = Store(open_database(path))
    up, down, silent, flapping, new = (add(store, f"10.0.0.{n}") for n in range(5))
    states = {
        up: DetectorState(State.UP, 5.0, told=State.UP, told_since=5.0),
        down: DetectorState(State.DOWN, 7.0, told=State.DOWN, told_since=7.0, words="no reply"),
        silent: DetectorState(State.DOWN, 7.0, told=State.DOWN, told_since=7.0, is_silent_down=True),
        flapping: DetectorState(State.UP, 9.0, told=State.UP, told_since=9.0, is_flapping=True),
    }
    store.save_statistics([], [(one.id, state) for one, state in states.items()])
    store.close()
    old = sqlite3.connect(path)
    old.executescript(LATER.replace("DROP TABLE episodes;", ""))
    old.execute("UPDATE alembic_version SET version_num = '0007'")
    old.commit()
    old.close()
    store = Store(open_database(path))
    assert alarm(store, up) == Alarm(known=Known.UP, told=Known.UP, at=5.0)
    told = alarm(store, down)
    assert (told.known, told.told, told.told_at, told.outage_at) == (Known.DOWN, Known.DOWN, 7.0, 7.0)
    assert not alarm(store, silent).was_alarmed and alarm(store, flapping).was_alarmed
    assert store.alarms.of(new.id) == {}
    for one in states:
        found(store, one, Known.UP)
        assert kinds(store, one)[-1:] == (
            ["steady"] if one is flapping else ["change"] if one is down else kinds(store, one)[-1:]
        )
    assert len(store.outbox.waiting(up.channel.id)) == 2


def test_what_is_held_is_told_at_the_end_with_what_it_hid(store: Store) -> None:
    monitor = add(store)
    found(store, monitor, Known.UP)
    hold = Hold(HoldKind.MUTED, since=NOW, until=NOW + 60)
    store.alarms.happen([Occurrence(monitor, (HoldBegan(hold),), NOW)])
    found(store, monitor, Known.DOWN, Known.UP, Known.DOWN)
    assert kinds(store, monitor) == []
    assert store.alarms.run_due(NOW + 59, lambda _: monitor, lambda _: False) == set()
    told = store.alarms.run_due(NOW + 61, lambda _: monitor, lambda _: False)
    assert told == {monitor.channel.id}
    (message,) = store.outbox.waiting(monitor.channel.id)
    assert (message.event["after"], message.event["meanwhile"]) == ("down", 2)
    assert store.alarms.run_due(NOW + 62, lambda _: monitor, lambda _: False) == set()


def test_reminders_of_many_are_one_message_of_a_chat_and_minute(store: Store) -> None:
    remind = Options(remind="30m")
    monitors = [replace(add(store, f"10.0.{n // 250}.{n % 250}"), options=remind) for n in range(300)]
    by_id = {one.id: one for one in monitors}
    for known in (Known.UP, Known.DOWN):
        store.alarms.happen([Occurrence(one, (Concluded(known, NOW),), NOW) for one in monitors])
    channel = monitors[0].channel.id
    assert len(store.outbox.waiting(channel)) == 300
    later = NOW + 1801
    store.alarms.run_due(later, by_id.get, lambda _: False)
    (reminder,) = store.outbox.waiting(channel)[300:]
    assert reminder.event["total"] == 300 and len(reminder.event["devices"]) == 30
    store.alarms.run_due(later + 2, by_id.get, lambda _: False)
    assert len(store.outbox.waiting(channel)) == 301
    assert store.alarms.run_due(later + 1801, by_id.get, lambda _: True) == set()  # nothing reaches it
    assert store.alarms.run_due(later + 1861, by_id.get, lambda _: False) == {channel}


def test_reminders_that_come_due_one_by_one_are_one_message_a_minute_soon(store: Store) -> None:
    remind = Options(remind="30m")
    channel_request = ChannelRequest("telegram", "1:abc", "bot", "1")
    addresses = [f"10.0.{n // 250}.{n % 250}" for n in range(1000)]
    wanted = [
        MonitorRequest(one, "ping", channel_request, DetectionSettings(), options=remind)
        for one in addresses
    ]
    monitors = [one.monitor for one in store.add(wanted)]
    by_id = {one.id: one for one in monitors}
    begin = NOW // 60 * 60 + 7
    for moment in range(50):  # in the course of a minute, twenty at a time
        at, some = begin + moment * 1.2, monitors[moment * 20 : moment * 20 + 20]
        both = (Concluded(Known.UP, at), Concluded(Known.DOWN, at))
        store.alarms.happen([Occurrence(one, both, at) for one in some])
    channel = monitors[0].channel.id
    store.outbox.mark_sent(channel, [one.id for one in store.outbox.waiting(channel)], 1)
    told: list[tuple[int, int]] = []
    for second in range(1800, 1800 + 200):  # as the clock of alarms looks
        if store.alarms.run_due(begin + second, by_id.get, lambda _: False):
            (message,) = store.outbox.waiting(channel)
            told.append((int((begin + second) // 60), message.event.get("total", 1)))
            store.outbox.mark_sent(channel, [message.id], 1)
    assert len({minute for minute, _ in told}) == len(told) <= 3
    assert sum(total for _, total in told) == 1000


def test_a_device_that_can_not_be_seen_is_not_told_at_the_end_of_a_hold(store: Store) -> None:
    monitor = add(store)
    found(store, monitor, Known.UP)
    store.alarms.happen([Occurrence(monitor, (HoldBegan(Hold(HoldKind.MUTED)),), NOW)])
    found(store, monitor, Known.DOWN)
    store.save_decisions([LostSight(monitor, "blind", NOW)])
    store.alarms.happen([Occurrence(monitor, (HoldEnded(HoldKind.MUTED),), NOW)])
    assert kinds(store, monitor) == []
    found(store, monitor, Known.DOWN)
    assert kinds(store, monitor) == ["change"]


def test_a_deleted_monitor_closes_its_alarm(store: Store) -> None:
    monitor, other = add(store), add(store, "10.0.0.2")
    for one in (monitor, other):
        found(store, one, Known.UP)
    found(store, monitor, Known.DOWN)
    for one in (monitor, other):
        store.delete(one.id, "ann")
    assert kinds(store, monitor) == ["change", "closed"]
    assert alarm(store, monitor).closed and alarm(store, other).closed


def test_what_was_dropped_is_not_told_again_and_its_end_neither(store: Store) -> None:
    from pingmon.storage.waiting_messages import Selection

    monitor = add(store)
    store.save_decisions([decision(monitor, 1)])
    entry = Entry("ann", "outbox_drop")
    assert store.waiting.drop(Selection(monitor_id=monitor.id), lambda _: [], lambda _: entry) == 1
    store.alarms.happen([Occurrence(monitor, (TimePassed(),), NOW)])
    found(store, monitor, Known.UP)
    assert kinds(store, monitor) == []
    found(store, monitor, Known.DOWN)
    assert kinds(store, monitor) == ["change"]


def test_a_hold_and_its_entry_are_one_transaction(store: Store) -> None:
    monitor = add(store)
    event = (HoldBegan(Hold(HoldKind.MUTED)),)

    def broken(_: object) -> list[Entry]:
        return [Entry("ann", "mute", details={"holds": object()})]

    with pytest.raises(Exception, match="serializable"):
        store.alarms.happen([Occurrence(monitor, event, NOW)], broken)
    assert store.alarms.of(monitor.id) == {} and store.journal.entries(Wanted()) == []
    store.alarms.happen([Occurrence(monitor, event, NOW)], lambda _: [Entry("ann (uid 7)", "mute")])
    assert [one.action for _, one in store.journal.entries(Wanted(actor="ann"))] == ["mute"]
    assert store.journal.entries(Wanted(actor="an_")) == []


def test_when_the_clock_is_set_what_is_due_stays_due(store: Store) -> None:
    monitor = replace(add(store), options=Options(remind="30m"))
    found(store, monitor, Known.UP)
    found(store, monitor, Known.DOWN)
    store.alarms.restate_times(ClockSet(-36_000.0, 0.0, NOW))
    now = NOW - 36_000
    store.alarms.refresh(now, lambda _: monitor)
    assert store.alarms.run_due(now + 1700, lambda _: monitor, lambda _: False) == set()
    assert store.alarms.run_due(now + 1801, lambda _: monitor, lambda _: False) != set()


def notice(kind: str, at: float) -> dict[str, object]:
    return {"kind": kind, "at": at, "until": at, "decided_at": at}


def test_blindness_is_told_after_quiet_hours_in_one_line_and_not_to_who_is_muted(store: Store) -> None:
    monitor, other = add(store), add(store, chat="2")
    channels = [monitor.channel.id, other.channel.id]
    now = time.time()
    hours = "-".join(time.strftime("%H:%M", time.gmtime(at)) for at in (now - 3600, now + 3600))
    quiet = Rules(quiet=parse_quiet_hours(hours, "hold", "UTC"))
    store.chat_rules = lambda channel: quiet if channel == monitor.channel.id else Rules()
    mute = HoldBegan(Hold(HoldKind.MUTED, since=now, until=now + 3600))
    store.alarms.happen([Occurrence(other, (mute,), now)])
    store.outbox.queue_notice(channels, notice("blind_began", now), 0.0)
    assert kinds(store, monitor) == kinds(store, other) == []
    assert store.alarms.release_notices(now + 60) == set()
    store.outbox.queue_notice(channels, notice("blind_ended", now + 60), 0.0)
    assert store.alarms.release_notices(now + 7300) == {monitor.channel.id}
    assert kinds(store, other) == []
    store.chat_rules = lambda _: Rules()
    store.alarms.release_notices(now + 7301)
    assert kinds(store, monitor) == ["blind_ended"]


def test_a_channel_that_a_monitor_gets_later_is_told_that_it_is_down(store: Store) -> None:
    monitor = add(store)
    found(store, monitor, Known.UP, Known.DOWN)
    second = store.channels.ensure(ChannelRequest("telegram", "1:abc", "bot", "2"))
    more = replace(monitor, others=(second,))
    store.edit(more)
    assert store.load()[0][0] == more
    store.alarms.happen([Occurrence(more, (TimePassed(),), NOW)])
    told = [one.event["after"] for one in store.outbox.waiting(second.id)]
    assert told == ["down"] and kinds(store, monitor) == ["change"]
    store.edit(monitor)
    store.alarms.happen([Occurrence(monitor, (TimePassed(),), NOW)])
    assert [one.event["kind"] for one in store.outbox.waiting(second.id)] == ["change", "closed"]
    store.edit(more)
    store.alarms.happen([Occurrence(more, (TimePassed(),), NOW)])
    assert [one.event["kind"] for one in store.outbox.waiting(second.id)][2:] == ["change"]
