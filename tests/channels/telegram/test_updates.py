"""What a bot hears and what it is asked at once, against the stand-in, over real HTTP."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pingmon.channels.telegram.client import BotApiEndpoint
from pingmon.channels.telegram.updates import PAGE, TelegramChatClient
from pingmon.model.chat_service import CommandScope, Conflict
from pingmon.model.delivery import DeliveryStatus, OutgoingMessage, SentButton
from tests.support.bot_api import TOKEN, BotApi, error
from tests.support.bot_api_models import refused_requests, refused_updates
from tests.support.bot_chat import ANNA, BORIS


@pytest.fixture
def api() -> Iterator[BotApi]:
    made = BotApi().start()
    made.updates = []
    yield made
    made.stop()
    assert refused_requests(made.calls) == []


@pytest.fixture
def bot(api: BotApi) -> Iterator[TelegramChatClient]:
    made = TelegramChatClient(TOKEN, BotApiEndpoint(api.url))
    yield made
    made.close()


def numbers(updates: tuple[object, ...]) -> list[int]:
    return [one["update_id"] for one in updates if isinstance(one, dict)]


def test_an_update_is_given_until_it_is_confirmed(api: BotApi, bot: TelegramChatClient) -> None:
    api.chat.write("/list")
    api.chat.write("/status", user=BORIS)
    first = bot.updates(None, 0)
    assert first.answer.is_delivered and len(first.updates) == 2
    again = bot.updates(None, 0)
    assert again.updates == first.updates
    newest = numbers(first.updates)[-1]
    assert bot.updates(newest + 1, 0).updates == () and api.chat.unread() == 0


def test_an_update_ends_the_waiting_at_once(api: BotApi, bot: TelegramChatClient) -> None:
    threading.Timer(0.2, api.chat.write, ["/list"]).start()
    began = time.monotonic()
    assert len(bot.updates(None, 20).updates) == 1
    assert time.monotonic() - began < 10


def test_only_what_is_read_is_asked_for(api: BotApi, bot: TelegramChatClient) -> None:
    bot.updates(None, 0)
    assert api.allowed_updates == ["message", "callback_query", "my_chat_member"]


def test_the_time_is_the_services_own(api: BotApi, bot: TelegramChatClient) -> None:
    api.clock_ahead = 7200.0
    told = bot.updates(None, 0).server_time
    assert told is not None and abs(told - time.time() - 7200) < 60


def test_another_poller_is_a_conflict(api: BotApi, bot: TelegramChatClient) -> None:
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(bot.updates(None, 20)))
    waiting.start()
    with api.changed:
        assert api.changed.wait_for(lambda: "getUpdates" in api.asked, 10)
    other = TelegramChatClient(TOKEN, BotApiEndpoint(api.url))
    other.updates(None, 0)
    other.close()
    waiting.join(10)
    assert found[0].conflict is Conflict.POLLER and not found[0].answer.is_permanent


def test_a_webhook_is_a_conflict(api: BotApi, bot: TelegramChatClient) -> None:
    api.chat.webhook = True
    assert bot.updates(None, 0).conflict is Conflict.WEBHOOK


def deep() -> bytes:
    return b'{"update_id": 77, "message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def giant() -> bytes:
    return b'{"update_id": 77, "message": {"text": "' + b"x" * (5 << 20) + b'"}}'


@pytest.mark.parametrize("bad", [deep(), giant()])
def test_an_update_that_cant_be_read_is_passed_by_its_number(
    api: BotApi, bot: TelegramChatClient, bad: bytes
) -> None:
    whole = b'{"ok": true, "result": [' + bad + b', {"update_id": 78}]}'
    alone = b'{"ok":true,"result":[' + bad + b"]}"
    api.raw.extend([(200, whole, {}), (200, alone, {})])
    found = bot.updates(5, 0)
    assert found.answer.is_delivered and found.updates == ({"update_id": 77},)
    assert [body["limit"] for method, body in api.calls if method == "getUpdates"] == []
    bot.updates(78, 0)
    assert api.calls[-1][1]["limit"] == 1
    bot.updates(78, 0)
    assert api.calls[-1][1]["limit"] == 2
    for _ in range(10):
        bot.updates(78, 0)
    assert api.calls[-1][1]["limit"] == PAGE


@pytest.mark.parametrize("result", [None, {}, "x", 5, [[], None, "x", 1, {"update_id": "x"}]])
def test_any_result_is_taken(api: BotApi, bot: TelegramChatClient, result: Any) -> None:
    api.raw.append((200, json.dumps({"ok": True, "result": result}).encode(), {}))
    found = bot.updates(None, 0)
    assert found.answer.is_delivered and found.updates == tuple(result if type(result) is list else ())


def test_a_press_is_answered_once(api: BotApi, bot: TelegramChatClient) -> None:
    query = api.chat.press("anything")
    assert bot.answer_press(query, "x" * 300, alert=True).is_delivered
    assert api.chat.answer_of(query)["text"] == "x" * 200 and api.chat.answer_of(query)["alert"]
    assert bot.answer_press(query).status is DeliveryStatus.REFUSED


def test_a_message_gets_another_text_and_loses_its_buttons(api: BotApi, bot: TelegramChatClient) -> None:
    keyboard = [[SentButton("Yes", "y"), SentButton("No", "n")]]
    sender = bot._bot
    sent = sender.send("1001", None, OutgoingMessage("one", "<b>one</b>", keyboard=keyboard))
    assert sent.message_id is not None and api.chat.buttons(1001, sent.message_id) == ["Yes", "No"]
    assert sender.edit("1001", sent.message_id, "two", keyboard=keyboard[:1]).is_delivered
    assert sender.edit("1001", sent.message_id, "two", keyboard=keyboard[:1]).is_delivered  # not modified
    assert sender.edit("1001", sent.message_id, None).is_delivered
    assert api.chat.text(1001, sent.message_id) == "two"
    assert api.chat.buttons(1001, sent.message_id) == []
    assert sender.edit("1001", 12345, "three").status is DeliveryStatus.REFUSED


def test_commands_are_suggested_by_language_and_scope(api: BotApi, bot: TelegramChatClient) -> None:
    commands = [("list", "what is monitored")]
    scopes = [CommandScope(), CommandScope("groups"), CommandScope("group_admins", "-1002")]
    for scope in scopes:
        assert bot.set_commands(commands, scope, "ru").is_delivered
    assert bot.set_commands([], CommandScope("private")).is_delivered
    assert sorted(map(str, api.chat.shown_commands())) == sorted(
        [
            "['default', None, 'ru', ['list']]",
            "['all_group_chats', None, 'ru', ['list']]",
            "['chat_administrators', -1002, 'ru', ['list']]",
            "['all_private_chats', None, '', []]",
        ]
    )


def test_administrators_of_a_chat_are_known(api: BotApi, bot: TelegramChatClient) -> None:
    api.chat.appoint(-1002, ANNA)
    assert bot.member("-1002", ANNA).is_administrator
    assert bot.member("-1002", BORIS).status == "member"
    api.scripts["getChatMember"] = type(api.script)([error(400, "Bad Request: user not found")])
    unknown = bot.member("-1002", 1)
    assert not unknown.is_administrator and unknown.answer.is_permanent


def test_a_bot_knows_its_name(api: BotApi, bot: TelegramChatClient) -> None:
    me = bot.identify()
    assert (me.user_id, me.name) == (123456789, "ping_bot")
    api.token_is_known = False
    assert bot.identify().answer.refuses_account


def test_what_people_do_in_the_stand_in_is_what_telegram_would_send(api: BotApi) -> None:
    api.chat.write("/list")
    api.chat.write("x", -1002, BORIS, thread=7, reply_to=3)
    api.chat.press("data")
    assert refused_updates(api.updates) == []


def test_a_request_that_telegram_does_not_know_is_found() -> None:
    assert refused_requests([("sendMessage", {"chat_id": 1, "text": "x"})]) == []
    assert refused_requests([("sendMessage", {"chat_id": 1, "text": 5})])
    keys = {"inline_keyboard": [[{"text": "x", "data": "y"}]]}
    assert refused_requests([("sendMessage", {"chat_id": 1, "text": "x", "reply_markup": keys})])
