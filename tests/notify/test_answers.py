"""Answers and edits of messages, against the stand-in, over real HTTP and a real database."""

import time
from collections.abc import Callable

import pytest

from pingmon.channels.telegram.client import TelegramClient
from pingmon.model.alarm_state import Known
from pingmon.model.chat_messages import Button, ChatAnswer, ChatKind, Place
from pingmon.notify.sender import Sender
from pingmon.storage.journal import Entry
from pingmon.storage.store import Store
from pingmon.storage.waiting_messages import Selection
from tests.notify.test_sender import add, change
from tests.support.bot_api import BotApi, error
from tests.support.lab import until
from tests.support.told import found

HERE = Place("1001", ChatKind.PRIVATE)
GROUP = Place("-1002", ChatKind.GROUP)
UNDO = Button("Undo", "undo_stop", "x" * 200)


def say(
    store: Store,
    text: str = "<b>done</b>",
    place: Place = HERE,
    lasts: float = 300.0,
    keyboard: tuple[tuple[Button, ...], ...] = (),
    held: float = 0.0,
    reply_to: int | None = 77,
) -> int:
    with store.outbox.transaction() as (connection, _):
        return store.answers.queue(
            connection,
            1,
            place,
            ChatAnswer(text, keyboard),
            reply_to,
            time.time() + lasts,
            time.time() + held if held else 0.0,
        )


def texts(api: BotApi) -> list[str]:
    return [one["text"] for one in api.messages]


def test_an_answer_is_a_reply_with_its_buttons(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    add(store, "1001")
    say(store, keyboard=((UNDO,),))
    sender().run_once()
    (message,) = api.messages
    assert message["text"] == "<b>done</b>" and message["parse_mode"] == "HTML"
    assert message["reply_parameters"]["message_id"] == 77
    assert api.chat.buttons(1001, 1) == ["Undo"]
    sender().run_once()
    assert len(api.messages) == 1


def test_an_answer_is_nothing_that_waits(store: Store, api: BotApi) -> None:
    add(store, "1001")
    say(store)
    assert store.outbox.depth() == (0, 0.0) and store.outbox.pending(1) == []
    assert store.waiting.channels(Selection()) == []
    assert store.waiting.drop(Selection(), lambda _: (), lambda _: Entry("ann", "outbox_drop")) == 0
    reopened = Store(store._engine)
    assert reopened.outbox.depth() == (0, 0.0)
    assert [one.address for one in store.answers.pending(1)] == ["1001"]


@pytest.mark.parametrize("code", [400, 403])
def test_a_refused_answer_is_dropped_and_suspends_nothing(
    store: Store, api: BotApi, sender: Callable[..., Sender], code: int
) -> None:
    monitor = add(store, "1001")
    say(store)
    api.script.append(error(code, "Forbidden: bot was blocked by the user"))
    one = sender()
    one.run_once()
    assert store.answers.pending(1) == [] and not store.outbox.is_suspended(monitor.channel.id)
    change(store, monitor)
    one.run_once()
    assert len(api.messages) == 1  # the alarm is told at once


def test_an_answer_that_came_too_late_is_not_sent(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    add(store, "1001")
    say(store, lasts=-1.0)
    sender().run_once()
    assert api.messages == []
    store.delete_expired()
    assert rows(store) == 0


def rows(store: Store) -> int:
    with store._engine.begin() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar() or 0)


def test_the_full_answer_takes_the_place_of_the_first(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    add(store, "1001")
    number = say(store, "done", held=60.0)
    one = sender()
    assert 0 < one.run_once() <= 60 and api.messages == []
    store.answers.complete(number, ChatAnswer("stopped <b>printer</b>", ((UNDO,),)))
    one.run_once()
    assert texts(api) == ["stopped <b>printer</b>"] and api.chat.buttons(1001, 1) == ["Undo"]


def test_a_first_answer_that_was_held_back_is_sent_after_a_restart(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    add(store, "1001")
    say(store, "done", held=60.0)
    store.outbox.release_held_messages()
    sender().run_once()
    assert texts(api) == ["done"]


def test_alarms_go_first(store: Store, api: BotApi, sender: Callable[..., Sender]) -> None:
    monitor = add(store, "1001")
    for number in range(3):
        say(store, f"answer {number}")
    change(store, monitor)
    one = sender()
    for _ in range(3):
        one.run_once()
    assert "is down" in texts(api)[0] and texts(api)[1:] == [f"answer {number}" for number in range(3)]


def test_an_alarm_that_comes_among_answers_waits_for_one_of_them(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    monitor = add(store, "1001")
    for chat in range(1002, 1012):
        say(store, f"answer {chat}", Place(str(chat), ChatKind.PRIVATE))
    one, send = sender(), TelegramClient.send
    client = one._client

    def first_then_alarm(*values: object, **more: object) -> object:
        if not api.messages:
            change(store, monitor)
            one.wake()
        return send(client, *values, **more)  # type: ignore[arg-type]

    client.send = first_then_alarm  # type: ignore[method-assign, assignment]
    assert one.run_once() == 0.0
    one._wake.clear()  # as the thread does
    one.run_once()
    assert texts(api)[0] == "answer 1002" and "is down" in texts(api)[1] and len(texts(api)) == 11


def test_an_answer_is_tried_again_after_trouble_and_waits_as_long_as_alarms(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    monitor = add(store, "1001")
    say(store)
    api.script.extend([error(502, "Bad Gateway"), error(429, "Too Many Requests", retry_after=60)])
    one = sender()
    one.run_once()
    assert api.messages == [] and store.outbox.deliveries() == {}
    one.retry([monitor.channel.id])
    one._pacing.retry("1001", monitor.channel.id, time.monotonic())
    one.run_once()
    change(store, monitor)
    assert one.run_once() > 25 and api.messages == []
    assert store.outbox.floods(1)["1001"] > 50


def test_an_answer_follows_a_group_that_became_a_supergroup(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    add(store, "-1002")
    api.moved[-1002] = -100500
    say(store, place=GROUP)
    one = sender()
    one.run_once()
    one.run_once()
    assert [message["chat_id"] for message in api.messages] == [-100500]
    say(store, "again", Place("-100500", ChatKind.SUPERGROUP))
    one.run_once()
    assert [message["chat_id"] for message in api.messages] == [-100500] * 2


def test_a_topic_is_answered_in_its_topic_or_without_it(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    add(store, "-100500", 7)
    topic = Place("-100500", ChatKind.SUPERGROUP, 7)
    say(store, "in it", topic)
    one = sender()
    one.run_once()
    api.topics_gone.add(7)
    say(store, "without it", topic)
    one.run_once()
    assert [message.get("message_thread_id") for message in api.messages] == [7, None]


def test_markup_that_is_refused_and_texts_that_are_too_long_are_told_all_the_same(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    add(store, "1001")
    say(store, "<b>1 < 2</i>")
    say(store, "x" * 5000)
    one = sender()
    one.run_once()
    one.run_once()
    assert len(api.messages) == 2 and len(texts(api)[1]) == 2500


def test_an_answer_is_edited_once_it_was_sent_and_only_the_latest_edit_counts(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    add(store, "1001")
    number = say(store, "added")
    for text in ("no word yet", "it answers"):
        store.answers.edit_own(number, ChatAnswer(text, ((UNDO,),)), time.time() + 310)
    one = sender()
    for _ in range(3):
        one.run_once()
    assert texts(api) == ["added"] and api.chat.text(1001, 1) == "it answers"
    assert len(api.chat.edits) == 1 and api.chat.buttons(1001, 1) == ["Undo"]
    store.answers.edit_own(number, ChatAnswer("gone"), time.time() + 310)
    one.run_once()
    assert api.chat.text(1001, 1) == "gone" and api.chat.buttons(1001, 1) == []


def test_an_edit_of_an_answer_that_was_refused_is_dropped(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    add(store, "1001")
    number = say(store)
    api.script.append(error(403, "Forbidden: bot was blocked by the user"))
    store.answers.edit_own(number, ChatAnswer("more"), time.time() + 310)
    one = sender()
    one.run_once()
    one.run_once()
    assert api.asked == ["sendMessage"] and rows(store) == 0


def test_a_chat_that_only_wrote_is_forgotten_after_its_answers(
    store: Store, api: BotApi, sender: Callable[..., Sender], monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor = add(store, "1001")
    say(store, place=Place("1005", ChatKind.PRIVATE))
    sender().run_once()
    store.delete_expired()
    assert len(store.channels.addresses()) == 2
    later = time.time() + 2 * 86400
    monkeypatch.setattr(time, "time", lambda: later)
    store.delete_expired()
    assert store.channels.addresses() == {monitor.channel.id: "1001"}


def test_a_chat_that_wrote_and_then_got_a_monitor_stays(
    store: Store, api: BotApi, sender: Callable[..., Sender], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "1001")
    say(store, place=Place("1005", ChatKind.PRIVATE))
    sender().run_once()
    add(store, "1005")
    later = time.time() + 2 * 86400
    monkeypatch.setattr(time, "time", lambda: later)
    store.delete_expired()
    assert sorted(store.channels.addresses().values()) == ["1001", "1005"]


def test_answers_and_edits_outlast_an_evil_network(
    store: Store, api: BotApi, sender: Callable[..., Sender]
) -> None:
    """A sender that dies after each turn stands for a kill -9: nothing is kept but the database."""
    import random

    add(store, "1001")
    api.chaos = random.Random(3)
    numbers = [say(store, f"answer {number}") for number in range(5)]
    for number in numbers:
        store.answers.edit_own(number, ChatAnswer(f"edited {number}"), time.time() + 310)

    def all_is_sent() -> bool:
        sender().run_once()
        return not store.answers.pending(1)

    until(all_is_sent, 60, "all to be sent")
    assert {f"answer {number}" for number in range(5)} <= set(texts(api))
    shown = {one["text"] for one in api.chat.sent()}
    assert {f"edited {number}" for number in numbers} <= shown


def test_known_is_told_with_the_store_that_alarms_use(store: Store) -> None:
    """The helper of these tests does what the engine does."""
    monitor = add(store, "1001")
    found(store, monitor, Known.UP)
    found(store, monitor, Known.DOWN)
    assert store.outbox.depth()[0] == 1
