"""The sender's turns against the stand-in, over real HTTP and a real database."""

import itertools
import time
from dataclasses import replace
from typing import Any

import pytest

from pingmon.channels.telegram.answer import BotApiAnswer, delivery_answer
from pingmon.channels.telegram.checks import check_channel
from pingmon.channels.telegram.client import BotApiEndpoint, TelegramClient
from pingmon.channels.telegram.find_chat import find_chats
from pingmon.channels.telegram.service import GROUP_BURST, GROUP_SPACING, LIMITS, TelegramService
from pingmon.engine.operator_alerts import OperatorAlerts
from pingmon.model.delivery import ChannelLimits, DeliveryAnswer
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.errors import Refused
from pingmon.model.monitor import ChannelRequest, Monitor, MonitorRequest
from pingmon.notify import sender as sending
from pingmon.notify.pacing import Pacing
from pingmon.notify.sender import Sender
from pingmon.storage.store import Store
from tests.support.bot_api import TOKEN, BotApi, error
from tests.support.lab import until

OTHER = TOKEN.replace("123456789:", "123456790:")
BLOCKED = error(403, "Forbidden: bot was blocked by the user")
UNKNOWN = "suspended: the bot: 401 Unauthorized"


# Spacing is another test's; here a turn may follow a turn.
NO_WAITING = replace(LIMITS, address_spacing=lambda _: 0.0, refused_pause=0.0)


def add(
    store: Store, chat: str, thread: int | None = None, address: str = "10.0.0.1", token: str = TOKEN
) -> Monitor:
    return store.add(
        [
            MonitorRequest(
                address,
                "ping",
                ChannelRequest("telegram", token, "bot", chat, thread),
                DetectionSettings(),
            )
        ]
    )[0].monitor


Row = tuple[int, str, dict[str, Any]]


def row(monitor: Monitor, after: str = "down", at: float = 0.0, **more: Any) -> Row:
    event = {"kind": "change", "after": after, "at": at, "decided_at": at, "lasted": 60.0, "name": ""}
    event |= {"reason": "no reply", "address": monitor.address}
    return monitor.channel.id, monitor.id, event | more


def change(store: Store, monitor: Monitor, after: str = "down", at: float = 0.0, **more: Any) -> None:
    store.outbox.queue_events([row(monitor, after, at, **more)])


def sender(
    store: Store,
    api: BotApi,
    monitor: Monitor,
    token: str = TOKEN,
    limits: ChannelLimits = NO_WAITING,
) -> Sender:
    """A new one knows what a restarted daemon does."""
    return Sender(
        store.outbox,
        monitor.channel.account_id,
        TelegramClient(token, BotApiEndpoint(api.url)),
        limits,
        TelegramService.rendering,
        lambda: 10.0,
    )


def texts(api: BotApi) -> list[str]:
    return [message["text"] for message in api.messages]


def test_a_suspension_survives_a_restart_and_is_looked_at_without_a_message(
    api: BotApi, store: Store
) -> None:
    monitor = add(store, "1001")
    change(store, monitor)
    api.script.append(BLOCKED)
    sender(store, api, monitor).run_once()
    api.scripts["getChat"] = type(api.script)([BLOCKED, error(502, "Bad Gateway")])
    api.asked.clear()
    loop = sender(store, api, monitor)
    loop.run_once()
    assert api.asked == ["getChat"]
    assert store.outbox.deliveries() == {
        monitor.channel.id: f"suspended: 403 {BLOCKED[1]['description']}"
    }
    loop = sender(store, api, monitor)
    loop.run_once()  # the server has troubles: nothing new is known
    assert "suspended: 403" in str(store.outbox.deliveries())
    change(store, monitor, "up", 5.0)
    sender(store, api, monitor).run_once()
    assert api.asked == ["getChat", "getChat", "getChat", "sendMessage"]
    assert "down meanwhile" in texts(api)[0] and store.outbox.deliveries() == {}


def test_a_token_that_is_not_accepted_is_one_slow_look_for_all_chats(api: BotApi, store: Store) -> None:
    monitors = [add(store, chat) for chat in ("1001", "1002", "1003")]
    for monitor in monitors:
        change(store, monitor)
    api.token_is_known = False
    slow = replace(NO_WAITING, refused_pause=300.0)
    loop = sender(store, api, monitors[0], limits=slow)
    assert loop.run_once() == sending.IDLE_PAUSE
    assert api.asked == ["sendMessage"]
    assert set(store.outbox.deliveries().values()) == {UNKNOWN}
    assert len(store.outbox.deliveries()) == 3
    loop = sender(store, api, monitors[0], limits=slow)
    loop.run_once()
    loop.run_once()
    assert api.asked == ["sendMessage", "getMe"]
    api.token_is_known = True
    loop = sender(store, api, monitors[0], limits=slow)
    loop.run_once()
    assert api.asked[2:] == ["getMe", *["sendMessage"] * 3]
    assert store.outbox.deliveries() == {} and store.outbox.depth() == (0, 0.0)


def test_a_channel_of_a_refused_bot_keeps_a_reason_of_its_own(api: BotApi, store: Store) -> None:
    own, other = add(store, "1001"), add(store, "1002")
    change(store, own)
    api.script.append(BLOCKED)
    sender(store, api, own).run_once()
    change(store, other)
    api.token_is_known = False
    sender(store, api, own).run_once()
    found = store.outbox.deliveries()
    assert "blocked" in found[own.channel.id] and found[other.channel.id] == UNKNOWN
    api.token_is_known = True
    api.scripts["getChat"] = type(api.script)([BLOCKED])
    sender(store, api, own).run_once()
    assert list(store.outbox.deliveries()) == [own.channel.id]


def flood(seconds: int) -> DeliveryAnswer:
    return delivery_answer(BotApiAnswer(False, error_code=429, retry_after=seconds))


def test_two_chats_that_are_told_to_wait_hold_no_other_and_three_do_until_a_try() -> None:
    limits = Pacing(NO_WAITING)
    limits.on_failed("1", 1, flood(34), 100.0)
    assert (limits.ready_at("1", 1), limits.ready_at("2", 2)) == (134.0, 0.0)
    limits.on_failed("2", 2, flood(5), 110.0)
    assert [limits.ready_at(str(chat), chat) for chat in (1, 2, 3)] == [134.0, 115.0, 0.0]
    limits.on_failed("3", 3, flood(60), 111.0)
    assert [limits.ready_at(str(chat), chat) for chat in (1, 2, 3, 4)] == [134.0, 115.0, 171.0, 115.0]


def test_a_second_limit_after_the_first_has_passed_is_that_chat_s_own() -> None:
    limits = Pacing(NO_WAITING)
    limits.on_failed("1", 1, flood(34), 100.0)
    limits.on_failed("2", 2, flood(5), 140.0)
    assert (limits.ready_at("1", 1), limits.ready_at("2", 2), limits.ready_at("3", 3)) == (
        134.0,
        145.0,
        0.0,
    )


def test_a_limit_is_obeyed_to_the_second(api: BotApi, store: Store) -> None:
    monitor = add(store, "1001")
    change(store, monitor)
    api.script.append(error(429, "Too Many Requests: retry after 2", retry_after=2))
    loop = sender(store, api, monitor)
    began = time.time()
    loop.start()
    (message,) = api.wait(1)
    loop.stop(5)
    assert 2.0 <= message["at"] - began < 2.8


def test_the_topics_of_a_group_share_its_limit_and_a_silent_network_is_everybody_s() -> None:
    limits = Pacing(LIMITS)
    for at in range(GROUP_BURST):
        limits.on_sent("-1", 100.0 + at)
    rested = 100.0 + GROUP_SPACING
    assert limits.ready_at("-1", 7) == limits.ready_at("-1", 8) == max(rested, 100.0 + GROUP_BURST)
    limits.on_failed("1", 1, delivery_answer(BotApiAnswer(False, description="ConnectTimeout")), 100.0)
    assert 100.5 <= limits.ready_at("2", 2) <= 101.0
    limits.on_failed("3", 3, delivery_answer(BotApiAnswer(False, error_code=500)), 200.0)
    assert limits.ready_at("4", 4) < 200.0


@pytest.mark.parametrize("rest", [0.0, 7.0, 300.0])
def test_a_few_messages_follow_each_other_and_no_minute_has_more_than_telegram_takes(rest: float) -> None:
    pacing, sent, now = Pacing(LIMITS), list[float](), 0.0
    for number in range(100):
        now = max(now, pacing.ready_at("-1", 1)) + (rest if number % 10 == 9 else 0.0)
        pacing.on_sent("-1", now)
        sent.append(now)
    assert sent[GROUP_BURST - 1] == GROUP_BURST - 1
    pairs = itertools.pairwise(sent)
    assert all(later - earlier >= 1.0 for earlier, later in pairs)
    assert all(sum(at <= one < at + 60 for one in sent) <= 20 for at in sent)
    pacing.on_sent("1", 0.0)
    pacing.on_sent("1", 1.0)
    assert pacing.ready_at("1", 1) == 2.0  # a private chat


def test_a_group_that_moved_is_known_to_all_bots_and_to_later_monitors(api: BotApi, store: Store) -> None:
    first, second = add(store, "-1002"), add(store, "-1002", token=OTHER)
    change(store, first)
    api.moved[-1002] = -100500
    loop = sender(store, api, first)
    assert loop.run_once() == 0
    loop.run_once()
    later = add(store, "-1002", thread=7, token=OTHER)
    for monitor in (second, later):
        change(store, monitor)
    api.asked.clear()
    sender(store, api, second, OTHER).run_once()
    sender(store, api, second, OTHER).run_once()
    assert [message["chat_id"] for message in api.messages] == [-100500] * 3
    assert api.asked == ["sendMessage"] * 2


def test_the_check_of_a_channel_follows_a_group_that_moved(api: BotApi) -> None:
    api.moved[-1002] = -100500
    found = check_channel(TOKEN, "-1002", None, BotApiEndpoint(api.url))
    assert (found.account, found.moved_to) == ("ping_bot", "-100500")
    api.moved[-100500] = -1002  # a server that sends us round in circles
    with pytest.raises(Refused, match="moved"):
        check_channel(TOKEN, "-1002", None, BotApiEndpoint(api.url))


@pytest.mark.parametrize(("language", "words"), [("en", "The topic"), ("ru", "Тема для этих")])
def test_a_topic_that_is_gone_is_said_once_for_good(
    api: BotApi, store: Store, language: str, words: str
) -> None:
    monitor = add(store, "-1002", thread=7)
    api.topics_gone = {7}
    for number in range(3):
        change(store, monitor, "up" if number % 2 else "down", float(number), language=language)
        sender(store, api, monitor).run_once()
    assert [words in text for text in texts(api)] == [True, False, False]
    assert not any("message_thread_id" in message for message in api.messages)
    assert api.asked == ["sendMessage"] * 4
    assert store.outbox.deliveries() == {}


def test_a_topic_that_is_there_again_is_used_again(api: BotApi, store: Store) -> None:
    monitor = add(store, "-1002", thread=7)
    api.topics_gone = {7}
    change(store, monitor)
    sender(store, api, monitor).run_once()
    api.topics_gone = set()
    store.channels.confirm([monitor.channel.id], {})
    change(store, monitor, "up", 5.0)
    sender(store, api, monitor).run_once()
    assert [message.get("message_thread_id") for message in api.messages] == [None, 7]


def test_the_operator_hears_of_a_refused_token_once(store: Store) -> None:
    monitors = [add(store, chat) for chat in ("1001", "1002", "1003")]
    operator = OperatorAlerts(store, ChannelRequest("telegram", OTHER, "bot", "1004"))
    store.outbox.set_account_delivery(monitors[0].channel.account_id, "", UNKNOWN)
    assert operator.run_once()
    (queued,) = store.outbox.waiting(operator.channel.id)
    assert queued.event["text"] == (
        f"nothing reaches 3 chats (1001, 1002, 1003) by bot: {UNKNOWN.removeprefix('suspended: ')}"
    )


def test_markup_that_is_refused_goes_out_plain_also_without_its_topic(api: BotApi, store: Store) -> None:
    monitor = add(store, "-1002", thread=7)
    api.topics_gone = {7}
    change(store, monitor)
    refused = error(400, "Bad Request: can't parse entities: unsupported start tag")
    api.script.append(refused)
    sender(store, api, monitor).run_once()
    (message,) = api.messages
    assert "parse_mode" not in message and "message_thread_id" not in message
    assert "10.0.0.1 is down" in message["text"] and "<b>" not in message["text"]
    assert "topic" in message["text"]


def test_who_waited_longest_is_next_when_the_network_fails(
    api: BotApi, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that nothing gets through must not keep those of other chats waiting."""
    monkeypatch.setattr("pingmon.notify.pacing.FIRST_PAUSE", 0.2)
    bad, good = add(store, "1001"), add(store, "1002")
    change(store, bad)
    change(store, good)
    moods = iter(["before"])
    monkeypatch.setattr(api, "mood", lambda: next(moods, "good"))
    loop = sender(store, api, bad)
    pause = loop.run_once()
    assert api.messages == [] and 0 < pause <= 0.2
    until(lambda: loop.run_once() >= 0 and len(api.messages) == 2, 5, "both to be told")
    assert [message["chat_id"] for message in api.messages] == [1002, 1001]


def test_find_chat_tells_a_webhook_from_a_second_program(api: BotApi) -> None:
    transport = BotApiEndpoint(api.url)
    assert find_chats(TOKEN, transport).addresses == [{"id": 1001, "type": "private", "title": ""}]
    webhook = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"
    second = "Conflict: terminated by other getUpdates request; make sure that only one bot is running"
    api.scripts["getUpdates"] = type(api.script)([error(409, webhook), error(409, second)])
    with pytest.raises(Refused, match="remove its webhook"):
        find_chats(TOKEN, transport)
    with pytest.raises(Refused, match="stop it for a moment"):
        find_chats(TOKEN, transport)


def test_find_chat_leaves_out_a_group_that_moved(api: BotApi) -> None:
    old, new = {"id": -5, "type": "group", "title": "a"}, {"id": -100500, "type": "supergroup"}
    updates = [
        {"update_id": 1, "message": {"chat": old, "text": "hi"}},
        {"update_id": 2, "message": {"chat": old, "migrate_to_chat_id": -100500}},
        {"update_id": 3, "my_chat_member": {"chat": new, "new_chat_member": {}}},
    ]
    api.scripts["getUpdates"] = type(api.script)([(200, {"ok": True, "result": updates})])
    assert [chat["id"] for chat in find_chats(TOKEN, BotApiEndpoint(api.url)).addresses] == [-100500]


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (error(403, "Forbidden: bot was kicked from the group chat"), "add it, then run this again"),
        (error(403, "Forbidden: bot is not a member of the channel chat"), "add it, then"),
        (error(403, "Forbidden: bot can't initiate conversation with a user"), "press /start"),
        (error(403, "Forbidden: bot was blocked by the user"), "unblock the bot"),
        (error(400, "Bad Request: chat not found"), "find-chat lists them"),
        (error(400, "Bad Request: not enough rights to send text messages to the chat"), "let the bot"),
    ],
)
def test_what_is_refused_comes_with_the_remedy(
    api: BotApi, answer: tuple[int, dict[str, Any]], remedy: str
) -> None:
    api.scripts["getChat"] = type(api.script)([answer])
    with pytest.raises(Refused, match=remedy) as caught:
        check_channel(TOKEN, "1001", None, BotApiEndpoint(api.url))
    assert answer[1]["description"] in str(caught.value)


def test_a_wait_is_read_from_the_header_when_the_body_has_none(api: BotApi) -> None:
    bot = TelegramClient(TOKEN, BotApiEndpoint(api.url))
    api.scripts["getMe"] = type(api.script)([error(429, "Too Many Requests")] * 2)
    api.retry_after = "17"
    assert bot.call("getMe", {}).retry_after == 17.0
    api.retry_after = "Wed, 21 Oct 2026 07:28:00 GMT"
    assert bot.call("getMe", {}).retry_after is None
