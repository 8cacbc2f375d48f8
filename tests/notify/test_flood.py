"""429 over real HTTP and a real database: who waits, for how long, and what a restart knows of it."""

import time

import pytest

from pingmon.channels.telegram.client import BotApiEndpoint
from pingmon.channels.telegram.service import TelegramService
from pingmon.engine.sender_pool import SenderPool
from pingmon.notify.sender import Sender
from pingmon.storage.channels import Account
from pingmon.storage.store import Store
from tests.notify.test_sender import add, change, sender
from tests.support.bot_api import TOKEN, BotApi, error
from tests.support.lab import Lab, Pingmon, until

HOURS = error(429, "Too Many Requests: retry after 8288", retry_after=8288)
SECONDS = error(429, "Too Many Requests: retry after 3")  # said in words only


def told(api: BotApi) -> list[int]:
    return [message["chat_id"] for message in api.messages]


def test_an_alarm_for_another_chat_is_told_at_once(api: BotApi, store: Store) -> None:
    a, b, c = (add(store, chat) for chat in ("1001", "1002", "1003"))
    api.limited = {1001: HOURS, 1002: SECONDS}
    change(store, a)
    change(store, b)
    loop = sender(store, api, a)
    loop.start()
    until(lambda: api.asked == ["sendMessage"] * 2, 5, "both to be refused")
    refused_at = time.monotonic()
    change(store, c)
    loop.wake()
    api.wait(1, 2)
    assert told(api) == [1003] and time.monotonic() - refused_at < 1
    api.limited.pop(1002)
    (_, message) = api.wait(2, 6)
    assert message["chat_id"] == 1002 and time.monotonic() - refused_at > 2.8
    loop.stop(5)
    assert api.asked == ["sendMessage"] * 4  # chat A was left alone


def test_a_wait_outlasts_a_restart_for_all_topics_of_the_chat(api: BotApi, store: Store) -> None:
    general, topic, other = add(store, "-1002"), add(store, "-1002", thread=7), add(store, "1003")
    api.limited = {-1002: HOURS}
    change(store, general)
    sender(store, api, general).run_once()
    api.asked.clear()
    for monitor in (general, topic, other):
        change(store, monitor)
    for _ in range(3):
        loop = sender(store, api, general)
        assert loop.run_once() == 30.0
    assert api.asked == ["sendMessage"] and told(api) == [1003]
    (left,) = store.outbox.floods(general.channel.account_id).values()
    assert 8280 < left <= 8288
    loop.retry([general.channel.id, topic.channel.id])  # by a person
    loop.run_once()
    assert api.asked == ["sendMessage"]


def test_a_wait_is_as_long_as_it_was_said_whatever_the_clock_does(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = add(store, "1001").channel.account_id
    store.outbox.set_flood(account, "1001", 100.0)
    store.outbox.set_flood(account, "1001", 3.0)  # it does not get shorter
    assert 99 < store.outbox.floods(account)["1001"] <= 100
    real = time.time()
    monkeypatch.setattr(time, "time", lambda: real - 1e6)
    assert store.outbox.floods(account) == {"1001": 100.0}
    monkeypatch.setattr(time, "time", lambda: real + 101)
    assert store.outbox.floods(account) == {}


def test_a_group_that_moved_brings_the_wait_of_its_number(api: BotApi, store: Store) -> None:
    monitor = add(store, "-1002")
    api.moved, api.limited = {-1002: -100500}, {-100500: HOURS}
    change(store, monitor)
    loop = sender(store, api, monitor)
    loop.run_once()
    loop.run_once()
    assert list(store.outbox.floods(monitor.channel.account_id)) == ["-100500"]
    sender(store, api, monitor).run_once()
    assert api.asked == ["sendMessage"] * 2


def test_a_bot_whose_look_is_limited_asks_once_and_not_for_each_chat(api: BotApi, store: Store) -> None:
    monitors = [add(store, str(chat)) for chat in range(1001, 1011)]
    for monitor in monitors:
        change(store, monitor)
    api.token_is_known = False
    loop = sender(store, api, monitors[0])
    loop.run_once()
    api.token_is_known = True
    api.scripts["getMe"] = type(api.script)([HOURS] * 10)
    api.asked.clear()
    for _ in range(3):
        loop.run_once()
    assert api.asked == ["getMe"]


def test_a_chat_whose_look_is_limited_waits_as_told(api: BotApi, store: Store) -> None:
    monitor = add(store, "1001")
    change(store, monitor)
    api.blocked = {1001}
    loop = sender(store, api, monitor)
    loop.run_once()
    api.scripts["getChat"] = type(api.script)([HOURS] * 3)
    api.asked.clear()
    for _ in range(3):
        loop.run_once()
    sender(store, api, monitor).run_once()
    assert api.asked == ["getChat"]


def test_many_chats_of_a_limited_bot_make_few_requests_and_all_are_told(
    api: BotApi, store: Store
) -> None:
    monitors = [add(store, str(chat)) for chat in range(1001, 1041)]
    for monitor in monitors:
        change(store, monitor)
    api.all_limited = error(429, "Too Many Requests: retry after 4", retry_after=4)
    loop = sender(store, api, monitors[0])
    loop.start()
    until(lambda: len(api.asked) >= 3, 5, "the first three")
    threshold = time.monotonic() + 2.5
    until(lambda: time.monotonic() > threshold, 5)
    assert len(api.asked) == 3
    api.all_limited = None
    api.wait(40, 20)
    loop.stop(5)
    assert sorted(told(api)) == list(range(1001, 1041))


def test_a_test_message_keeps_the_wait_and_brings_one(api: BotApi, store: Store) -> None:
    monitor = add(store, "1001")
    pool = SenderPool(store, {"telegram": TelegramService(BotApiEndpoint(api.url))}, "en", "")
    account = Account(monitor.channel.account_id, "telegram", TOKEN)
    recipient = store.channels.recipient(monitor.channel.id)
    pool.start_sender(account.id, "telegram", TOKEN)
    api.script.append(HOURS)
    answer, _ = pool.send_now(account, recipient, lambda _: "a test")
    assert answer.retry_after == 8288
    answer, _ = pool.send_now(account, recipient, lambda _: "a test")
    assert not answer.is_delivered and "takes nothing for it before 82" in answer.reason
    change(store, monitor)
    pool.wake(None)
    ((_, loop),) = pool.all()
    assert isinstance(loop, Sender)
    until(lambda: loop.heartbeat > time.monotonic() - 0.1, 5, "its turn")
    pool.stop(5)
    assert api.asked == ["sendMessage"]


def test_the_daemon_keeps_a_wait_over_its_restart(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start_api("limited=1001:8288", "limited=1002:3")
    pingmon.start()
    fast = ("--interval", "1", "--timeout", "1", "--no_verify")
    for number, chat in enumerate((1001, 1002, 1003), 1):
        pingmon.ctl("add-mon", f"--chat_id={chat}", "--ip_address", f"10.0.0.{number}", *fast)
    pingmon.wait_state("up", "10.0.0.1", "10.0.0.2", "10.0.0.3")
    lab.unplug("10.0.0.1", "10.0.0.2", "10.0.0.3")
    pingmon.wait_state("down", "10.0.0.1", "10.0.0.2", "10.0.0.3")
    (message,) = pingmon.wait_messages(1, 4)
    assert message["chat_id"] == 1003
    pingmon.stop()
    pingmon.start()
    until(lambda: len(pingmon.messages()) >= 2 or asked(pingmon, 1002) >= 3, 15, "chat B to be tried")
    assert asked(pingmon, 1001) == 1
    assert pingmon.monitors()["10.0.0.1"]["delivery"].startswith(
        "429 Too Many Requests: retry after 8288"
    )


def asked(pingmon: Pingmon, chat: int) -> int:
    """How many messages to this chat were refused for its limit."""
    return pingmon.api_log.with_suffix(".limited").read_text().split().count(str(chat))
