"""Buttons under alarms are pressed through the Bot API; what they do, and what everybody sees of it."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pingmon.channels.telegram.service import LIMITS, TelegramService
from pingmon.daemon.application import Application
from pingmon.model.alarm_state import Known
from pingmon.model.monitor import Monitor
from pingmon.storage.journal import Wanted
from tests.support.bot_api import BotApi
from tests.support.bot_chat import ANNA, BORIS
from tests.support.lab import until
from tests.support.talk import GROUP, Talk
from tests.support.told import found


@pytest.fixture
def talk(application: Application, api: BotApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    """How fast a group may be written to is another test's."""
    at_once = replace(LIMITS, address_spacing=lambda _: 0.0)
    monkeypatch.setattr(TelegramService, "limits", at_once)
    made = Talk(application, api)
    made.listen()
    yield made
    application.chat.stop()


def monitors(talk: Talk) -> list[Monitor]:
    return [monitor for monitor, _ in talk.context.store.load()]


def tell(talk: Talk, known: Known, *which: Monitor) -> None:
    for monitor in which:
        if known is Known.DOWN:
            found(talk.context.store, monitor, Known.UP)
        found(talk.context.store, monitor, known)
    talk.application.sender_pool.wake(None)


def told(talk: Talk, words: str, chat: int = GROUP) -> int:
    """The number of the message in a chat that says this, as it is now."""
    numbers: list[int] = []

    def look() -> bool:
        with talk.api.changed:
            its = [(key, one) for key, one in talk.chat.messages.items() if key[0] == chat]
            numbers[:] = [number for (_, number), one in its if words in one["text"]]
        return bool(numbers)

    until(look, 30.0, what=f"a message that says {words!r}")
    return numbers[-1]


def press(talk: Talk, button: str, message: int = 0, user: int = ANNA, chat: int = GROUP) -> str:
    """What the one who pressed is told at once."""
    answer = talk.chat.answer_of(talk.chat.press(button, message, chat, user), 30.0)
    return str(answer["text"])


def done(talk: Talk, action: str) -> list[str]:
    """By whom, as the journal has it."""
    return [entry.actor for _, entry in talk.context.store.journal.entries(Wanted(actions=(action,)))]


def test_an_alarm_is_acknowledged_with_one_press_and_that_can_be_undone(talk: Talk) -> None:
    tell(talk, Known.DOWN, *monitors(talk))
    alarm = told(talk, "is down")
    assert talk.chat.buttons(GROUP, alarm) == ["Acknowledge", "Details", "Mute 1 h", "Mute 8 h"]
    assert "router" in press(talk, "Acknowledge", alarm)
    assert done(talk, "ack") == [f"Anna (@anna, user {ANNA}) in chat {GROUP}"]
    line = told(talk, "Anna takes care")
    (sent,) = [one for one in talk.api.messages if "takes care" in one["text"]]
    assert sent["reply_parameters"]["message_id"] == alarm
    assert talk.chat.buttons(GROUP, line) == ["Undo"]
    assert told(talk, "acknowledged by Anna") == alarm
    assert talk.chat.buttons(GROUP, alarm) == ["Details", "Mute 1 h", "Mute 8 h"]
    press(talk, "Undo", line)
    until(lambda: "Acknowledge" in talk.chat.buttons(GROUP, alarm), 30.0, what="the button to be back")
    assert "acknowledged by" not in talk.chat.text(GROUP, alarm) and len(done(talk, "unack")) == 1


def test_a_second_press_says_who_takes_care_and_changes_nothing(talk: Talk) -> None:
    talk.client("chat_allow", chat_id=GROUP, user_id=BORIS, role="operate")
    tell(talk, Known.DOWN, *monitors(talk))
    alarm = told(talk, "is down")
    with talk.api.changed:
        data = talk.chat.messages[GROUP, alarm]["reply_markup"]["inline_keyboard"][0][0]
    press(talk, "Acknowledge", alarm)
    assert "Anna" in press(talk, data["callback_data"], alarm, BORIS)
    assert len(done(talk, "ack")) == 1


def test_whoever_may_only_look_is_told_so(talk: Talk) -> None:
    tell(talk, Known.DOWN, *monitors(talk))
    alarm = told(talk, "is down")
    assert "operate" in press(talk, "Acknowledge", alarm, BORIS)
    assert "operate" in press(talk, "Mute 8 h", alarm, BORIS)
    assert not done(talk, "ack") and not done(talk, "mute")
    assert talk.chat.buttons(GROUP, alarm)[0] == "Acknowledge"


def test_rights_are_those_of_the_moment_of_the_press(talk: Talk) -> None:
    tell(talk, Known.DOWN, *monitors(talk))
    alarm = told(talk, "is down")
    talk.client("chat_deny", chat_id=GROUP, user_id=ANNA)
    assert "operate" in press(talk, "Acknowledge", alarm)
    assert not done(talk, "ack")


@pytest.mark.parametrize("data", ["", "a" + "A" * 12, "b" + "A" * 12 + ".0", "x" * 64, "🔴", "a'; DROP"])
def test_a_forged_button_does_nothing_and_says_so(talk: Talk, data: str) -> None:
    tell(talk, Known.DOWN, *monitors(talk))
    alarm = told(talk, "is down")
    assert "does nothing any more" in press(talk, data, alarm)
    assert not done(talk, "ack")


def test_a_button_of_another_chat_does_nothing(talk: Talk) -> None:
    tell(talk, Known.DOWN, *monitors(talk))
    alarm = told(talk, "is down")
    with talk.api.changed:
        data = talk.chat.messages[GROUP, alarm]["reply_markup"]["inline_keyboard"][0][0]
    assert "does nothing any more" in press(talk, data["callback_data"], 0, ANNA, talk.private)
    assert not done(talk, "ack")


def test_a_mute_holds_this_chat_and_its_confirmation_can_be_undone(talk: Talk) -> None:
    tell(talk, Known.DOWN, *monitors(talk))
    alarm = told(talk, "is down")
    press(talk, "Mute 1 h", alarm)
    line = told(talk, "muted in this chat")
    assert len(done(talk, "mute")) == 1 and talk.chat.buttons(GROUP, line) == ["Undo"]
    press(talk, "Undo", line)
    until(lambda: len(done(talk, "unmute")) == 1, what="the mute to be undone")


def test_the_alarm_says_that_it_is_over_and_its_old_button_too(talk: Talk) -> None:
    (router,) = monitors(talk)
    tell(talk, Known.DOWN, router)
    alarm = told(talk, "is down")
    with talk.api.changed:
        data = talk.chat.messages[GROUP, alarm]["reply_markup"]["inline_keyboard"][0][0]
    tell(talk, Known.UP, router)
    assert told(talk, "up again since") == alarm and talk.chat.buttons(GROUP, alarm) == []
    assert "over" in press(talk, data["callback_data"], alarm)
    assert not done(talk, "ack")


def test_all_of_a_digest_are_acknowledged_with_one_press(talk: Talk) -> None:
    for number in range(2, 6):
        talk.add(number)
    tell(talk, Known.DOWN, *monitors(talk))
    until(lambda: talk.context.store.outbox.depth()[0] == 0, 30.0, what="all to be told")
    with talk.api.changed:
        digests = [key for key, one in talk.chat.messages.items() if "are down" in one["text"]]
    (_, digest) = digests[-1]
    named = next(one for one in talk.chat.buttons(GROUP, digest) if one.startswith("Acknowledge all"))
    press(talk, "Choose…", digest)
    question = told(talk, "Which one")
    assert len(talk.chat.buttons(GROUP, question)) >= 2
    press(talk, named, digest)
    until(lambda: talk.chat.buttons(GROUP, digest) == ["Choose…"], 30.0, what="the digest to change")
    assert "acknowledged by Anna" in talk.chat.text(GROUP, digest)
    assert "all of them" in talk.chat.text(GROUP, digest)


def test_details_are_a_message_of_their_own(talk: Talk) -> None:
    tell(talk, Known.DOWN, *monitors(talk))
    alarm = told(talk, "is down")
    press(talk, "Details", alarm, BORIS)
    until(lambda: len(talk.api.messages) == 2, 30.0, what="the details")
    assert talk.api.messages[1]["reply_parameters"]["message_id"] == alarm


def test_a_bot_that_is_not_listened_to_any_more_shows_no_buttons(talk: Talk) -> None:
    talk.client("chat_disable")
    tell(talk, Known.DOWN, *monitors(talk))
    assert talk.chat.buttons(GROUP, told(talk, "is down")) == []


def test_what_is_told_while_the_daemon_stops_and_starts_has_buttons(talk: Talk) -> None:
    talk.application.chat.stop()
    tell(talk, Known.DOWN, *monitors(talk))
    assert talk.chat.buttons(GROUP, told(talk, "is down"))
    again = Application(talk.context.store, talk.application._probers, talk.application._config)
    assert not again.chat.is_polled(1)
    again.chat.foresee()
    assert again.chat.is_polled(1)


def test_an_acknowledgement_by_pingmonctl_is_seen_at_the_alarm(talk: Talk) -> None:
    tell(talk, Known.DOWN, *monitors(talk))
    alarm = told(talk, "is down")
    began = time.time()
    talk.client("ack", id=monitors(talk)[0].id, comment="on my way")
    told(talk, "acknowledged by ")
    until(lambda: "Acknowledge" not in talk.chat.buttons(GROUP, alarm), 30.0, what="the edit")
    (line,) = [one for one in talk.api.messages if "on my way" in one["text"]]
    assert line["reply_parameters"]["message_id"] == alarm and line["at"] >= began
