"""What holds for every kind of channel: nothing lost, order kept, backlogs small, refusals shown."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.monitor import Monitor, MonitorRequest
from pingmon.notify import sender as sending
from pingmon.storage.store import Store
from tests.notify.test_sender import change, row
from tests.support.channels import KINDS, OtherSide, new_sender, other_side
from tests.support.lab import until


@pytest.fixture(params=KINDS)
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OtherSide]:
    made = other_side(request.param, tmp_path)
    yield made
    made.stop()


def add(store: Store, side: OtherSide, recipient: int, address: str = "10.0.0.1") -> Monitor:
    channel = side.request(recipient)
    return store.add([MonitorRequest(address, "ping", channel, DetectionSettings())])[0].monitor


def test_a_full_channel_that_is_suspended_starves_nobody(side: OtherSide, store: Store) -> None:
    full, other = add(store, side, 0), add(store, side, 1)
    texts = map(str, range(20_001))  # that nothing folds
    store.outbox.queue_events([row(full, kind="operator", text=text) for text in texts])
    side.refuse(0)
    loop = new_sender(store, side)
    loop.run_once()
    change(store, other)
    loop.run_once()
    assert [recipient for recipient, _ in side.told()] == [1]


def test_weeks_without_delivery_stay_small_and_are_told_whole(side: OtherSide, store: Store) -> None:
    one, two = add(store, side, 0), add(store, side, 0, "10.0.0.2")
    for monitor in (one, two):
        afters = ("up" if number % 2 else "down" for number in range(1500))
        store.outbox.queue_events([row(monitor, after, at * 60.0) for at, after in enumerate(afters)])
    side.fail()
    new_sender(store, side).run_once()
    count, oldest = store.outbox.depth()
    assert count == 2 and time.time() - oldest < 60
    side.work()
    change(store, one, at=1500 * 60.0)
    new_sender(store, side).run_once()
    ((_, text),) = side.told()
    assert "10.0.0.1 750 times, for 12 h 30 min in all, the latest" in text
    html = side.service.rendering.html
    assert text.startswith(f"{'<b>' * html}1 is down, 2 were down meanwhile{'</b>' * html}")
    assert store.outbox.depth() == (0, 0.0)


def test_a_backlog_of_many_devices_is_folded_beyond_the_first_window(
    side: OtherSide, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MANY", 20)
    monkeypatch.setattr(sending, "WINDOW", 25)
    many = [add(store, side, 0, f"10.0.0.{number}") for number in range(50)]
    for monitor in many:
        change(store, monitor)
    for number in range(1, 101):
        change(store, many[0], "up" if number % 2 else "down", float(number))
    side.fail()
    new_sender(store, side).run_once()
    assert store.outbox.depth()[0] == 51  # a device that is down each, and what passed of the first


def test_what_is_too_long_is_split_smaller_and_all_of_it_arrives(side: OtherSide, store: Store) -> None:
    if not side.can_shorten:
        pytest.skip("what is too long is known before the other side is asked")
    monitors = [add(store, side, 0, f"10.0.0.{number}") for number in range(50)]
    for monitor in monitors:
        change(store, monitor)
    longest = side.service.limits.message_length * 11 // 40
    side.shorten(longest)
    loop = new_sender(store, side)
    while store.outbox.depth()[0]:
        loop.run_once()
    texts = [text for _, text in side.told()]
    assert all(len(text) <= longest for text in texts)
    assert all(sum(f"• {one.address} " in text for text in texts) == 1 for one in monitors)


def test_a_message_that_can_not_be_split_small_enough_suspends_its_channel_alone(
    side: OtherSide, store: Store
) -> None:
    if not side.can_shorten:
        pytest.skip("what is too long is known before the other side is asked")
    long, other = add(store, side, 0), add(store, side, 1)
    change(store, long)
    side.shorten(50)
    loop = new_sender(store, side)
    loop.run_once()
    assert store.outbox.deliveries()[long.channel.id].startswith("suspended: ")
    side.shorten(4000)
    change(store, other)
    loop = new_sender(store, side)
    loop.run_once()
    assert sorted(recipient for recipient, _ in side.told()) == [0, 1]
    assert store.outbox.deliveries() == {} and store.outbox.depth() == (0, 0.0)


def test_a_refusal_shows_survives_a_restart_and_ends_with_all_that_waited(
    side: OtherSide, store: Store
) -> None:
    monitor, other = add(store, side, 0), add(store, side, 1)
    change(store, monitor)
    change(store, other)
    side.refuse(0)
    suspended = {monitor.channel.id: f"suspended: {side.refusal}"}
    for _ in range(2):
        new_sender(store, side).run_once()
        assert store.outbox.deliveries() == suspended and store.outbox.depth()[0] == 1
    change(store, monitor, "up", 5.0)
    side.accept(0)
    new_sender(store, side).run_once()
    assert [recipient for recipient, _ in side.told()] == [1, 0]
    assert "down meanwhile" in side.told()[1][1]
    assert store.outbox.deliveries() == {} and store.outbox.depth() == (0, 0.0)


def test_trouble_that_may_pass_is_no_refusal(side: OtherSide, store: Store) -> None:
    monitor = add(store, side, 0)
    change(store, monitor)
    side.fail()
    loop = new_sender(store, side)
    assert 0 < loop.run_once() <= 1
    (delivery,) = store.outbox.deliveries().values()
    assert delivery and "suspended" not in delivery and store.outbox.depth()[0] == 1
    side.work()
    loop.start()
    until(lambda: not store.outbox.depth()[0], 10, "the message to arrive")
    loop.stop(5)
    assert len(side.told()) == 1 and store.outbox.deliveries() == {}


@pytest.mark.parametrize("seed", range(3))
def test_a_storm_of_failures_refusals_and_restarts_loses_and_doubles_nothing(
    side: OtherSide, store: Store, seed: int
) -> None:
    if side.is_slow and seed:
        pytest.skip("one storm, and a shorter one, of what takes a second for a message")
    chance, recipients = random.Random(seed), range(3)
    monitors = [add(store, side, recipient, f"10.0.0.{recipient}") for recipient in recipients]
    failing, refused = False, set[int]()
    loop, expected = new_sender(store, side), {one: list[str]() for one in recipients}
    for number in range(12 if side.is_slow else 60):
        recipient = chance.choice(recipients)
        text = f"no. {number}."
        store.outbox.queue_events([row(monitors[recipient], kind="operator", text=text)])
        expected[recipient].append(text)
        match chance.randrange(5):
            case 0 if not refused:
                side.work() if failing else side.fail()
                failing = not failing
            case 1 if not failing:
                one = chance.choice(recipients)
                side.accept(one) if one in refused else side.refuse(one)
                refused ^= {one}
            case 2:
                loop = new_sender(store, side)
        loop.run_once()
    if failing:
        side.work()
    for one in refused:
        side.accept(one)
    for _ in range(10):
        new_sender(store, side).run_once()
    assert store.outbox.depth() == (0, 0.0) and store.outbox.deliveries() == {}
    for recipient in recipients:
        arrived = "\n".join(text for to, text in side.told() if to == recipient)
        assert all(arrived.count(one) == 1 for one in expected[recipient])
        assert sorted(expected[recipient], key=arrived.index) == expected[recipient]
