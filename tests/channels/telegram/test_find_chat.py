"""find-chat looks without touching what other programs of the bot get."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pingmon.channels.telegram.client import BotApiEndpoint
from pingmon.channels.telegram.find_chat import find_chats
from pingmon.model.errors import Refused, Unreachable
from tests.support.bot_api import TOKEN, BotApi, error, wrote
from tests.support.lab import Lab, Pingmon


@pytest.fixture
def api() -> Iterator[BotApi]:
    made = BotApi().start()
    yield made
    made.stop()


def crowd(count: int) -> list[dict[str, Any]]:
    """Updates of as many chats; update_id jumps, as Telegram's may."""
    return [wrote(1000 + 3 * number, 1001 + number) for number in range(count)]


def test_nothing_is_confirmed_and_what_others_asked_for_stays(api: BotApi) -> None:
    api.updates, api.allowed_updates = crowd(99), ["chat_member"]
    found = find_chats(TOKEN, BotApiEndpoint(api.url))
    assert len(found.addresses) == 99 and not found.is_cut and found.discarded == 0
    assert len(api.updates) == 99 and api.allowed_updates == ["chat_member"]
    assert api.asked == ["getUpdates"]


def test_newer_chats_are_hidden_by_a_hundred_updates_and_that_is_said(api: BotApi) -> None:
    api.updates = crowd(150)
    found = find_chats(TOKEN, BotApiEndpoint(api.url))
    assert len(found.addresses) == 100 and found.is_cut and len(api.updates) == 150


@pytest.mark.parametrize(("waiting", "left"), [(150, 50), (100, 0), (250, 50), (99, 99), (0, 0)])
def test_discarding_confirms_what_hides_newer_ones_and_no_more(
    api: BotApi, waiting: int, left: int
) -> None:
    api.updates = crowd(waiting)
    found = find_chats(TOKEN, BotApiEndpoint(api.url), discard=True)
    assert [one["id"] for one in found.addresses] == [1001 + number for number in range(waiting)]
    assert not found.is_cut and found.discarded == waiting - left == waiting - len(api.updates)


def test_what_was_confirmed_is_shown_though_the_next_page_fails(api: BotApi) -> None:
    full = json.dumps({"ok": True, "result": crowd(100)}).encode()
    api.raw += [(200, full, {}), (502, b"<html>", {})]
    found = find_chats(TOKEN, BotApiEndpoint(api.url), discard=True)
    assert len(found.addresses) == 100 and found.is_cut


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        "x",
        [None, 1, "x", []],
        [{"update_id": "x", "message": None}],
        [{"message": {"chat": None}}, {"message": {"chat": {}}}, {"message": {"chat": {"id": []}}}],
        [{"update_id": 2**80, "message": {"chat": {"id": None}}}] * 100,
    ],
)
def test_updates_of_a_wrong_form_are_passed_over(api: BotApi, result: Any) -> None:
    api.raw.append((200, json.dumps({"ok": True, "result": result}).encode(), {}))
    assert find_chats(TOKEN, BotApiEndpoint(api.url), discard=True).addresses == []


def test_all_kinds_of_updates_tell_their_chats(api: BotApi) -> None:
    chats = [{"id": number, "type": "group", "title": f"{number}"} for number in range(-5, 0)]
    api.updates = [
        {"update_id": 1, "my_chat_member": {"chat": chats[0]}},
        {"update_id": 2, "callback_query": {"id": "1", "message": {"chat": chats[1], "date": 0}}},
        {"update_id": 3, "message_reaction": {"chat": chats[2]}},
        {"update_id": 4, "channel_post": {"chat": chats[3] | {"type": 7, "title": ["x"]}}},
        {"update_id": 5, "poll": {"id": "1"}},
        {"update_id": 6, "edited_message": {"chat": chats[4]}},
    ]
    found = find_chats(TOKEN, BotApiEndpoint(api.url)).addresses
    assert [one["id"] for one in found] == [-5, -4, -3, -2, -1]
    assert found[3] == {"id": -2, "type": "", "title": ""}


def test_what_fails_at_first_is_an_error(api: BotApi) -> None:
    api.raw.append((200, b"<html>log in</html>", {}))
    with pytest.raises(Unreachable, match="gave no list: HTTP 200 without"):
        find_chats(TOKEN, BotApiEndpoint(api.url), discard=True)
    api.scripts["getUpdates"] = type(api.script)([error(401, "Unauthorized")])
    with pytest.raises(Refused, match="from BotFather"):
        find_chats(TOKEN, BotApiEndpoint(api.url))


def test_the_command_offers_to_discard(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start_api("updates=150")
    pingmon.start()
    shown = pingmon.ctl("find-chat")
    assert len(shown.stdout.splitlines()) == 101 and "--discard" in shown.stderr
    assert json.loads(pingmon.ctl("find-chat", "-o", "json").stdout)["more"] is True
    found = json.loads(pingmon.ctl("find-chat", "--discard", "-o", "json").stdout)
    assert (len(found["chats"]), found["more"], found["discarded"]) == (150, False, 100)
    again = pingmon.ctl("find-chat")
    assert len(again.stdout.splitlines()) == 51 and "discard" not in again.stderr
