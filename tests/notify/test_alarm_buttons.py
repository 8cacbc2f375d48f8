"""Buttons under alarms, and alarms that are shown anew, against the stand-in and a real database."""

import time
from collections.abc import Callable

import pytest

from pingmon.model.alarm_state import Known
from pingmon.model.button_data import ButtonData, parse_button_data
from pingmon.model.chat_messages import Button, ButtonPress, ChatAnswer, ChatKind, Person, Place
from pingmon.model.clock_jumps import ClockSet
from pingmon.model.monitor import Monitor
from pingmon.notify.message_text import plain_text
from pingmon.notify.sender import Sender
from pingmon.storage.store import Store
from tests.notify.test_sender import add
from tests.support.bot_api import BotApi
from tests.support.bot_chat import keys
from tests.support.told import acknowledge, found, unacknowledge

HERE = Place("1001", ChatKind.PRIVATE)
ANNA = Person(42, "Anna", "anna")
ONE_ALARM = ["Acknowledge", "Details", "Mute 1 h", "Mute 8 h"]
NewSender = Callable[..., Sender]


def run(one: Sender, times: int = 3) -> None:
    for _ in range(times):
        one.run_once()


def data_of(api: BotApi, text: str, message: int = 1, chat: int = 1001) -> str:
    shown = keys(api.chat.messages[chat, message])
    return next(one["callback_data"] for one in shown if one["text"] == text)


def press(
    store: Store, data: str, message: int | None = 1, place: Place = HERE, account: int = 1
) -> Button | None:
    return store.told.pressed(account, ButtonPress(1, "q1", place, message, ANNA, data))


def told_down(store: Store, one: Sender, *monitors: Monitor) -> None:
    for monitor in monitors:
        found(store, monitor, Known.UP)
    for monitor in monitors:
        found(store, monitor, Known.DOWN)
    run(one)


def test_an_alarm_of_a_polled_bot_has_buttons(store: Store, api: BotApi, sender: NewSender) -> None:
    monitor = add(store, "1001")
    told_down(store, sender(), monitor)
    assert api.chat.buttons(1001, 1) == ONE_ALARM
    data = [one["callback_data"] for one in keys(api.chat.messages[1001, 1])]
    assert len({one[1:] for one in data}) == 1 and all(len(one) == 13 for one in data)
    assert [press(store, one) for one in data] == [
        Button("", action, monitor.id) for action in ("ack", "details", "mute:1h", "mute:8h")
    ]


def test_an_alarm_of_any_other_bot_has_none(store: Store, api: BotApi, sender: NewSender) -> None:
    told_down(store, sender(polled=False), add(store, "1001"))
    assert "reply_markup" not in api.messages[0]
    acknowledge(store, store.load()[0][:1], "Anna")
    run(sender(polled=False))
    assert len(api.messages) == 2 and "reply_markup" not in api.messages[1] and not api.chat.edits


def test_buttons_are_in_the_language_of_the_alarm(store: Store, api: BotApi, sender: NewSender) -> None:
    from tests.notify.test_sender import change

    monitor = add(store, "1001")
    change(store, monitor, language="ru")
    run(sender())
    assert api.chat.buttons(1001, 1) == ["Принято", "Подробно", "Тихо 1 ч", "Тихо 8 ч"]


def test_what_is_up_again_has_no_buttons(store: Store, api: BotApi, sender: NewSender) -> None:
    monitor, one = add(store, "1001"), sender()
    told_down(store, one, monitor)
    found(store, monitor, Known.UP)
    run(one)
    assert api.chat.buttons(1001, 2) == []


def test_an_alarm_says_when_it_was_over(store: Store, api: BotApi, sender: NewSender) -> None:
    monitor, one = add(store, "1001"), sender()
    told_down(store, one, monitor)
    data = data_of(api, "Acknowledge")
    found(store, monitor, Known.UP)
    run(one)
    text = api.chat.text(1001, 1)
    assert "is down" in text and "🟢 up again since" in text and api.chat.buttons(1001, 1) == []
    assert press(store, data) == Button("", "outdated", "over")
    assert len(api.chat.edits) == 1 and len(api.messages) == 2


def test_an_alarm_says_who_acknowledged_it_and_the_confirmation_can_be_undone(
    store: Store,
    api: BotApi,
    sender: NewSender,
) -> None:
    monitor, one = add(store, "1001"), sender()
    told_down(store, one, monitor)
    data = data_of(api, "Acknowledge")
    acknowledge(store, [monitor], "Anna <b> & Co")
    run(one)
    text = api.chat.text(1001, 1)
    assert "🔵 acknowledged by Anna &lt;b&gt; &amp; Co, " in text
    assert api.chat.buttons(1001, 1) == ["Details", "Mute 1 h", "Mute 8 h"]
    assert press(store, data) == Button("", "ack", monitor.id)  # who acknowledged it is said
    assert api.messages[1]["reply_parameters"]["message_id"] == 1
    assert api.chat.buttons(1001, 2) == ["Undo"]
    undo = data_of(api, "Undo", 2)
    assert press(store, undo, 2) == Button("", "unack", monitor.id)
    unacknowledge(store, monitor)
    run(one)
    assert "🔵" not in api.chat.text(1001, 1) and api.chat.buttons(1001, 1) == ONE_ALARM
    assert api.chat.buttons(1001, 2) == [] and api.chat.buttons(1001, 3) == ONE_ALARM
    assert press(store, undo, 2) == Button("", "outdated", "unacknowledged")


def test_the_undo_of_an_acknowledgement_is_not_of_a_later_one(
    store: Store,
    api: BotApi,
    sender: NewSender,
) -> None:
    monitor, one = add(store, "1001"), sender()
    told_down(store, one, monitor)
    acknowledge(store, [monitor], "Anna")
    run(one)
    undo = data_of(api, "Undo", 2)
    acknowledge(store, [monitor], "Boris", time.time() + 5)
    run(one)
    assert press(store, undo, 2) == Button("", "outdated", "unacknowledged")


def test_a_button_of_an_outage_that_is_over_does_nothing_in_the_next_one(
    store: Store,
    api: BotApi,
    sender: NewSender,
) -> None:
    monitor, one = add(store, "1001"), sender()
    now = time.time()
    found(store, monitor, Known.UP, at=now - 60)
    found(store, monitor, Known.DOWN, at=now - 50)
    run(one)
    data = data_of(api, "Acknowledge")
    found(store, monitor, Known.UP, Known.DOWN, at=now - 20)
    run(one)
    assert press(store, data) == Button("", "outdated", "over")
    newest = max(number for _, number in api.chat.messages)
    assert press(store, data_of(api, "Acknowledge", newest), newest) == Button("", "ack", monitor.id)
    assert api.chat.buttons(1001, 1) == []


def test_a_forged_button_is_known_as_such(store: Store, api: BotApi, sender: NewSender) -> None:
    told_down(store, sender(), add(store, "1001"))
    data = data_of(api, "Acknowledge")
    assert press(store, data, place=Place("1002", ChatKind.PRIVATE)) is None
    assert press(store, data, account=2) is None
    assert press(store, data, message=2) == press(store, data)  # a message that came twice
    assert press(store, data, message=None) is not None  # of a message that is not accessible any more
    for forged in ("", "a", "a" * 64, data[:-1], data + "x", "z" + data[1:], "b" + data[1:] + ".0"):
        assert press(store, forged) is None
    assert press(store, "a" + "A" * 12) is None


def test_a_button_that_is_pressed_before_its_message_is_noted_as_sent_is_taken(
    store: Store, api: BotApi, sender: NewSender
) -> None:
    monitors = [add(store, "1001", address=f"10.0.0.{number}") for number in (1, 2)]
    told_down(store, sender(), *monitors)
    everyone = data_of(api, "Acknowledge all (2)")
    with store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET message_id = NULL, sent_at = NULL")
    single = str(ButtonData("a", everyone[1:]))
    assert press(store, single) == Button("", "ack", monitors[0].id)
    assert press(store, everyone) == Button("", "ack_all", monitors[0].id)


def test_a_message_of_many_alarms_has_two_buttons(store: Store, api: BotApi, sender: NewSender) -> None:
    monitors = [add(store, "1001", address=f"10.0.0.{number}") for number in range(1, 6)]
    one = sender()
    told_down(store, one, *monitors)
    assert api.chat.buttons(1001, 1) == ["Acknowledge all (5)", "Choose…"]
    everyone, choose = data_of(api, "Acknowledge all (5)"), data_of(api, "Choose…")
    assert press(store, everyone) == Button("", "ack_all", ",".join(one.id for one in monitors))
    acknowledge(store, monitors[:2], "Anna")
    found(store, monitors[2], Known.UP)
    run(one)
    text = api.chat.text(1001, 1)
    assert "acknowledged by Anna, " in text and ": 10.0.0.1, 10.0.0.2" in text
    assert text.endswith("🟢 up again: 10.0.0.3")
    assert api.chat.buttons(1001, 1) == ["Acknowledge all (2)", "Choose…"]
    rest = ",".join(monitors[number].id for number in (0, 1, 3, 4))
    assert press(store, everyone) == Button("", "ack_all", rest)
    assert press(store, choose) == Button("", "choose", rest)
    for monitor in (*monitors[:2], *monitors[3:]):
        found(store, monitor, Known.UP)
    run(one)
    assert api.chat.text(1001, 1).endswith("🟢 up again: all of them")
    assert api.chat.buttons(1001, 1) == []


def test_a_long_message_of_many_alarms_stays_whole(store: Store, api: BotApi, sender: NewSender) -> None:
    monitors = [add(store, "1001", address=f"10.0.{n // 250}.{n % 250 + 1}") for n in range(120)]
    one = sender()
    told_down(store, one, *monitors)
    before = api.chat.text(1001, 1)
    acknowledge(store, monitors, "Anna")
    run(one, 8)
    after = api.chat.text(1001, 1)
    lines = before.splitlines()[1:]  # without the counts, which were those of two messages
    assert after.splitlines()[1 : len(lines) + 1] == lines
    assert len(plain_text(after).encode("utf-16-le")) // 2 <= 4096
    assert "acknowledged by Anna" in after


def test_an_outage_that_was_over_before_it_was_told_has_no_buttons(
    store: Store,
    api: BotApi,
    sender: NewSender,
) -> None:
    monitor = add(store, "1001")
    found(store, monitor, Known.UP, Known.DOWN, Known.UP)
    run(sender())
    assert len(api.messages) == 1 and api.chat.buttons(1001, 1) == []


def test_alarms_of_another_chat_are_not_shown_anew(store: Store, api: BotApi, sender: NewSender) -> None:
    first, second = add(store, "1001"), add(store, "1002")
    one = sender()
    told_down(store, one, first, second)
    acknowledge(store, [first], "Anna")
    run(one)
    assert [body["chat_id"] for body in api.chat.edits] == [1001]


def test_buttons_of_an_answer_are_found_by_their_number(
    store: Store,
    api: BotApi,
    sender: NewSender,
) -> None:
    add(store, "1001")
    shown = ((Button("1", "page", "1"), Button("2", "page", "2")), (Button("Undo", "undo", "x"),))
    with store.outbox.transaction() as (connection, _):
        store.answers.queue(connection, 1, HERE, ChatAnswer("list", shown), None, time.time() + 300)
    one = sender()
    one.run_once()
    found_ = [press(store, data_of(api, text)) for text in ("1", "2", "Undo")]
    assert found_ == [*shown[0], *shown[1]]
    key = parse_button_data(data_of(api, "1"))
    assert key is not None
    assert press(store, str(ButtonData("b", key.key, 3))) is None
    assert press(store, str(ButtonData("a", key.key))) is None
    with store.outbox.transaction() as (connection, _):
        other = ChatAnswer("page 2", ((Button("1", "page", "1"),),))
        store.answers.edit(connection, 1, HERE, 1, other, time.time() + 300)
    one.run_once()
    assert api.chat.text(1001, 1) == "page 2"
    assert press(store, data_of(api, "1")) == Button("1", "page", "1")


@pytest.mark.parametrize("data", ["x" * 64, "🔴" * 16, "b" + "_" * 12 + ".999", "a\n" + "A" * 12])
def test_data_of_any_kind_is_parsed(data: str) -> None:
    found_ = parse_button_data(data)
    assert found_ is None or str(found_) == data


def test_buttons_fit_after_the_clock_was_set(
    store: Store, api: BotApi, sender: NewSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine that learns after its start what time it is."""
    monitor, one = add(store, "1001"), sender()
    told_down(store, one, monitor)
    ahead = 40 * 365 * 86400.0
    clock, real = ClockSet(ahead, time.time() - 3600, time.time() + 60), time.time
    monkeypatch.setattr(time, "time", lambda: real() + ahead)
    store.alarms.restate_times(clock)  # and, as it sees that the clock was set, messages
    assert press(store, data_of(api, "Acknowledge")) == Button("", "ack", monitor.id)
    acknowledge(store, [monitor], "Anna")
    run(one)
    text = api.chat.text(1001, 1)
    assert "acknowledged by Anna" in text and "late" not in text
