"""A bot is talked to through the Bot API: what is said once takes effect once, and is answered."""

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pingmon.chat import poller, pollers, update_handler
from pingmon.daemon.application import Application
from pingmon.model.chat_config import AllowedPerson, ChatConfig
from pingmon.model.chat_rights import ChatSettings, Role
from pingmon.model.errors import Conflict
from pingmon.model.polling import PollTrouble
from pingmon.operations.conditions import conditions
from pingmon.operations.status import status
from pingmon.storage.journal import Wanted
from pingmon.storage.sqlite.transactions import StorageUnavailable
from tests.support.bot_api import TOKEN, BotApi, error, wrote
from tests.support.bot_chat import ANNA, BORIS
from tests.support.lab import until
from tests.support.talk import GROUP, Talk

STRANGERS_GROUP = -100500  # that nothing is told


@pytest.fixture
def talk(application: Application, api: BotApi) -> Iterator[Talk]:
    made = Talk(application, api)
    yield made
    application.chat.stop()


def test_a_command_is_carried_out_once_and_answered_in_its_chat(talk: Talk) -> None:
    talk.listen()
    wrote_at = talk.say("/mute router 2h")
    answer = talk.answer_to(wrote_at)
    assert answer["chat_id"] == GROUP and "router" in answer["text"]
    (entry,) = [one for _, one in talk.context.store.journal.entries(Wanted(actions=("mute",)))]
    assert entry.actor == f"Anna (@anna, user {ANNA}) in chat {GROUP}"
    talk.handled()
    assert len(talk.answers_to(wrote_at)) == 1
    assert talk.context.store.outbox.depth()[0] == 0  # an answer is no alarm that waits


def test_a_bot_is_known_by_its_name_as_soon_as_it_is_heard(talk: Talk) -> None:
    assert [one.name for one in talk.context.store.channels.accounts()] == ["123456789"]
    talk.listen()
    assert talk.ask("/id@Ping_Bot")
    assert [one["bot"] for one in status(talk.context)["commands"]] == ["ping_bot"]


def test_a_topic_is_answered_in_its_topic(talk: Talk) -> None:
    talk.listen()
    assert talk.ask("/id", thread=7)["message_thread_id"] == 7


def test_what_was_handled_before_a_restart_is_not_handled_again(talk: Talk) -> None:
    talk.listen()
    talk.ask("/mute router 2h")
    talk.application.chat.stop()
    handled = talk.context.store.chats.bot(1).handled
    assert handled is not None
    talk.chat.waiting[123456789] = [  # as if the confirmation had been lost
        {"update_id": handled, "message": wrote(1, GROUP)["message"] | {"text": "/unmute router"}}
    ]
    again = Application(talk.context.store, talk.application._probers, talk.application._config)
    again.chat.start()
    until(lambda: not talk.chat.unread(), 10.0, what="the old update to be confirmed")
    again.chat.stop()
    again.sender_pool.stop()
    assert not talk.context.store.journal.entries(Wanted(actions=("unmute",)))


def test_a_database_that_goes_away_in_the_midst_of_a_command_does_not_repeat_it(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(update_handler, "HELD", 0.5)
    monkeypatch.setattr(poller, "STUMBLE_PAUSE", 0.1)
    talk.listen()
    with monkeypatch.context() as away:
        away.setattr(talk.context.store.answers, "complete", fail)
        answer = talk.ask("/mute router 2h")  # the first one, which was committed with the change
    assert answer["text"] == "✅ Done: /mute router 2h"
    assert talk.ask("/id")
    assert len(talk.context.store.journal.entries(Wanted(actions=("mute",)))) == 1


def test_a_command_waits_for_the_database(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "STUMBLE_PAUSE", 0.1)
    tries = list[int]()

    def fail(*_: object) -> None:
        tries.append(1)
        raise StorageUnavailable

    talk.listen()
    with monkeypatch.context() as away:
        away.setattr(talk.context.store.alarms, "happen", fail)
        away.setattr(talk.context.store.chats, "write_with", fail)
        said = talk.say("/mute router 2h")
        until(lambda: len(tries) > 2, what="it to be tried again")
        assert not talk.answers_to(said)
    assert "router" in talk.answer_to(said)["text"]
    assert len(talk.context.store.journal.entries(Wanted(actions=("mute",)))) == 1


def test_commands_are_read_once_the_database_can_be(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = list[int]()

    def fail() -> None:
        tries.append(1)
        raise StorageUnavailable

    monkeypatch.setattr(pollers, "RETRY", 0.1)
    talk.client("chat_enable")
    with monkeypatch.context() as away:
        away.setattr(talk.context.store.channels, "accounts", fail)
        talk.application.chat.start()
        until(lambda: len(tries) > 2, what="it to be tried again")
        assert "getUpdates" not in talk.api.asked
    assert talk.ask("/id")


def test_numbers_of_updates_may_begin_anew_after_days_of_silence(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.listen()
    talk.ask("/id")
    talk.application.chat.stop()
    with sqlite3.connect(talk.database) as connection:
        connection.execute("UPDATE chat_bots SET update_id = 900000000, handled_at = handled_at - 260000")
    again = Application(talk.context.store, talk.application._probers, talk.application._config)
    again.chat.start()
    try:
        assert talk.ask("/status")
        assert (talk.context.store.chats.bot(1).handled or 0) < 900000000
    finally:
        again.chat.stop()
        again.sender_pool.stop()


def test_a_change_that_came_too_late_is_not_made_whatever_our_clock_says(talk: Talk) -> None:
    talk.api.clock_ahead = 4000.0  # Telegram's clock; ours is behind
    talk.listen()
    late = talk.say("/mute router 2h", ago=-4000.0 + 400)
    in_time = talk.say("/ack", ago=-4000.0 + 200)
    assert "too late" in talk.answer_to(late)["text"]
    assert "too late" not in talk.answer_to(in_time)["text"]
    assert not talk.context.store.journal.entries(Wanted(actions=("mute",)))


def test_a_question_that_is_old_is_not_answered(talk: Talk) -> None:
    talk.listen()
    old = talk.say("/list", ago=400)
    talk.ask("/status")
    assert not talk.answers_to(old)


def test_a_stranger_gets_one_line_with_the_ids(talk: Talk) -> None:
    talk.listen()
    first = talk.say("/list", BORIS, STRANGERS_GROUP)
    text = talk.answer_to(first)["text"]
    assert str(BORIS) in text and str(STRANGERS_GROUP) in text and "pingmonctl chat allow" in text
    again = talk.say("/list", BORIS, STRANGERS_GROUP)
    talk.handled()
    assert not talk.answers_to(again)


def test_a_pasted_token_is_kept_nowhere(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    token = "987654321:AAHotherCanaryTokenThatSomebodyPasted1"
    caplog.set_level(logging.DEBUG)
    talk.listen()
    answer = talk.ask(f"/add 10.0.0.9 {token}")
    assert "BotFather" in answer["text"] and token not in answer["text"]
    talk.handled()
    talk.application.chat.stop()
    files = talk.database.parent.glob("pingmon.db*")
    assert not any(token.encode() in one.read_bytes() for one in files)
    assert token not in caplog.text


def test_a_chat_that_moved_keeps_what_is_allowed_there(talk: Talk) -> None:
    talk.listen()
    chat = {"id": GROUP, "type": "group", "title": "Chat"}
    moved = {"message_id": 5, "date": int(time.time()), "chat": chat, "migrate_to_chat_id": -100500}
    talk.chat.hear({"message": moved})
    talk.handled()
    answer = talk.ask("/mute router 2h", chat=-100500)
    assert "router" in answer["text"]
    assert [one.address for one in talk.context.store.chats.grants()] == ["-100500", "1001"]
    assert len(talk.context.store.journal.entries(Wanted(actions=("mute",)))) == 1


# Whether commands are read


def test_another_program_that_polls_is_said_and_alarms_go_on(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    conflict = error(409, "Conflict: terminated by other getUpdates request; make sure that …")
    talk.api.scripts["getUpdates"] = deque([conflict])
    talk.listen()

    def trouble() -> str | None:
        return next((one["trouble"] for one in status(talk.context)["commands"]), None)

    until(lambda: trouble() == "conflict", what="the conflict to be said")
    assert "another program asks" in caplog.text
    (ill,) = [one for one in conditions(talk.context, []) if one.kind == "commands"]
    assert "stop that, or use a bot of its own" in ill.words
    (listed,) = talk.client("chat_list")["bots"]
    assert (listed["trouble"], listed["conflicts"], listed["commands"]) == ("conflict", 1, True)
    talk.client("test_mon", id="router")
    assert talk.api.wait(1)
    for _, running in talk.application.chat._pollers._running.values():
        running.wake()  # a minute later
    assert talk.ask("/id")
    assert trouble() is None and "are read again" in caplog.text


def test_a_refused_token_is_said_and_a_new_one_is_used_at_once(talk: Talk) -> None:
    talk.api.token_is_known = False
    talk.application.chat.start()
    talk.client("chat_enable")

    def state() -> PollTrouble:
        return talk.context.polling.states()[1].trouble

    until(lambda: state() is PollTrouble.REFUSED, what="the refusal to be said")
    talk.api.token_is_known = True
    talk.context.store.channels.renew_secret(
        "telegram", f"{TOKEN.partition(':')[0]}:old", lambda *_: True
    )
    talk.application.chat._pollers.refresh()
    talk.client("renew_token", token=TOKEN)
    assert talk.ask("/id")


def test_a_network_that_is_away_is_no_matter_when_it_is_back(talk: Talk) -> None:
    talk.api.always = "before"
    talk.application.chat.start()
    talk.client("chat_enable")
    until(lambda: talk.context.polling.states()[1].trouble is PollTrouble.UNREACHABLE, what="trouble")
    talk.api.always = ""
    assert talk.ask("/id")


def test_commands_end_and_begin_when_somebody_says_so(talk: Talk) -> None:
    talk.listen()
    talk.ask("/id")
    assert any(names for *_, names in talk.chat.shown_commands())
    assert talk.client("chat_disable")["changed"] and not talk.client("chat_disable")["changed"]
    assert status(talk.context)["commands"] == [] and not talk.application.chat.is_polled(1)
    missed = talk.say("/id")
    until(lambda: not any(one for *_, one in talk.chat.shown_commands()), what="the menu to go")
    assert talk.chat.unread() and not talk.answers_to(missed)
    talk.client("chat_enable", bot="123456789")
    assert talk.answer_to(missed)


def test_the_configuration_wins_and_is_followed_when_it_changes(talk: Talk) -> None:
    talk.application.accounts = {"telegram": {"home": TOKEN}}
    talk.listen()
    talk.application.chat.use(ChatConfig(commands=(("home", False),)))
    assert talk.context.polling.states() == {}
    with pytest.raises(Conflict, match=r"commands = false for \[bots.home\]"):
        talk.client("chat_enable", bot="home")
    people = (AllowedPerson(str(STRANGERS_GROUP), BORIS, "admin", "home"),)
    talk.application.chat.use(ChatConfig(people=people, commands=(("home", True),)))
    with pytest.raises(Conflict, match="commands = true"):
        talk.client("chat_disable")
    with pytest.raises(Conflict, match="the configuration says so"):
        talk.client("chat_deny", chat_id=STRANGERS_GROUP, user_id=BORIS)
    assert "pingmonctl chat allow" not in talk.ask("/list", BORIS, STRANGERS_GROUP)["text"]
    (bot,) = talk.client("chat_list")["bots"]
    assert (bot["declared"], bot["commands"], bot["by_file"]) == ("home", True, True)


def test_administrators_of_a_chat_may_what_the_configuration_says_after_a_reload(talk: Talk) -> None:
    talk.listen()
    talk.chat.appoint(GROUP, BORIS)
    assert "role operate" in talk.ask("/mute router 1h", BORIS)["text"]
    assert not talk.context.store.journal.entries(Wanted(actions=("mute",)))
    settings = ChatSettings(chat_admins=Role.OPERATE)
    talk.application.chat.use(ChatConfig(settings))
    assert "router" in talk.ask("/mute router 1h", BORIS)["text"]
    assert talk.context.store.journal.entries(Wanted(actions=("mute",)))
    asked = talk.api.asked.count("getChatMember")
    assert talk.ask("/unmute router", BORIS) and talk.api.asked.count("getChatMember") == asked


def test_find_chat_of_a_polled_bot_knows_who_wrote(talk: Talk) -> None:
    talk.listen()
    talk.say("/id", BORIS, 1005)
    talk.say("hello", BORIS, STRANGERS_GROUP)
    talk.ask("/id")
    polls = talk.api.asked.count("getUpdates")
    for named in ({"bot": "123456789"}, {"token": TOKEN}):
        found = talk.client("find_chat", **named)
        assert {one["id"]: one["type"] for one in found["chats"]} == {
            GROUP: "group",
            1005: "private",
            STRANGERS_GROUP: "supergroup",
        }
    assert talk.api.asked.count("getUpdates") <= polls + 1  # of the poller
    assert [one["chat_id"] for one in talk.client("chat_list")["chats"]] == [
        str(GROUP),
        str(STRANGERS_GROUP),
        "1005",
    ]


def test_the_menu_is_sent_again_only_when_it_changed(talk: Talk) -> None:
    talk.listen()
    talk.ask("/id")
    sent = talk.api.asked.count("setMyCommands")
    assert sent == 4
    languages = {(scope, language) for scope, _, language, _ in talk.chat.shown_commands()}
    assert languages == {
        (scope, language) for scope in ("all_private_chats", "all_group_chats") for language in ("", "ru")
    }
    talk.application.chat.stop()
    again = Application(talk.context.store, talk.application._probers, talk.application._config)
    again.chat.start()
    try:
        talk.ask("/status")
    finally:
        again.chat.stop()
        again.sender_pool.stop()
    assert talk.api.asked.count("setMyCommands") == sent


def test_what_can_not_be_read_is_confirmed_and_passed_over(talk: Talk, tmp_path: Path) -> None:
    talk.listen()
    strange: list[Any] = [[], {"text": "/list"}, None, 1]
    for message in strange:
        talk.chat.hear({"message": message})
    talk.chat.hear({})
    talk.chat.hear({"poll": {}})
    assert talk.ask("/id")
    talk.handled()
    assert (talk.context.store.chats.bot(1).handled or 0) > 1000
