"""Each command against the real operations: what it changes, what it says, what its buttons do."""

import ipaddress
import re
import time
from typing import Any

import pytest

from pingmon.chat.commands.list_devices import PAGE
from pingmon.model.chat_messages import ChatAnswer, Place
from pingmon.model.chat_rights import Role
from pingmon.model.detector_state import State
from pingmon.storage.journal import Wanted
from tests.support.chat_desk import ANNA, BORIS, NOC, OFFICE, PRIVATE, Desk


def actions(desk: Desk) -> list[str]:
    """Of the journal, the latest first."""
    return [entry.action for _, entry in desk.context.store.journal.entries(Wanted())]


def holds(desk: Desk, name: str, place: Place = NOC) -> list[Any]:
    """Of one device, as a chat has them: kind, until, comment."""
    monitor = desk.live(name)
    assert monitor is not None
    channel = next(one.id for one in monitor.channels if one.address == place.chat_id)
    found = desk.context.store.alarms.of(monitor.id).get(channel)
    return [] if found is None else [(str(one.kind), one.until, one.comment) for one in found.holds]


def labels(answer: ChatAnswer | None) -> list[str]:
    assert answer is not None
    return [one.text for row in answer.keyboard for one in row]


# /list, /status


def test_a_list_is_grouped_by_state_the_worst_first(desk: Desk) -> None:
    for number, (name, state) in enumerate(
        {"nas": State.UP, "printer": State.DOWN, "camera": State.UNKNOWN, "box": State.UP}.items(), 2
    ):
        desk.set_state(desk.add(number, name), state)
    desk.say("/mute printer 2h")
    assert re.sub(r"min \d+ s", "min", desk.say("/list")).splitlines() == [
        "<b>4 devices</b>: 1 down, 1 unknown, 2 up",
        "",
        "🔴 <b>Down</b>",
        "• printer 10.0.0.3 · 5 min 🔕",
        "",
        "⚪ <b>Not known</b>",
        "• camera 10.0.0.4 · 5 min",
        "",
        "🟢 <b>Up</b>",
        "• box 10.0.0.5",
        "• nas 10.0.0.2",
    ]


def test_a_long_list_is_turned_by_buttons(desk: Desk) -> None:
    for number in range(PAGE + 3):
        # Of what is up no time is shown, which would go on.
        desk.set_state(desk.add(number + 2, f"{number:02} " + "x" * 190), State.UP)
    first = desk.send("/list")
    assert labels(first) == ["1/2 🔄", "▶"] and first and first.text.count("•") == PAGE
    second = desk.tap(first, "▶").replaces
    assert second and second.text.count("•") == 3 and labels(second) == ["◀", "2/2 🔄"]
    assert desk.tap(second, "◀").replaces == first


def test_status_says_nothing_of_other_chats(desk: Desk) -> None:
    desk.down(desk.add(2, "printer"))
    desk.add(3, "secret", OFFICE)
    monitor = desk.live("secret")
    assert monitor
    words = "suspended: 403 Forbidden: bot was kicked"
    desk.context.store.outbox.queue_events([(monitor.channel.id, monitor.id, {"kind": "slow"})])
    desk.context.store.outbox.mark_failed(monitor.channel.id, [], words)
    found = desk.say("/status")
    assert "In this chat: 1 device: 1 down" in found and "not all is well" in found
    assert "some chats can't be reached" in found and "-1002" not in found and "secret" not in found


# /add


def test_added_from_a_chat_it_tells_that_chat_and_says_its_id(desk: Desk) -> None:
    router = desk.add(1, "router")
    added = desk.send("/add 10.0.0.2 printer every 5s behind router.")
    monitor = desk.live("printer")
    assert added and monitor and f"<code>{monitor.id[:8]}</code>" in added.text
    assert monitor.detection.interval == 5 and monitor.options.parent == router.id
    assert monitor.channel.address == NOC.chat_id and added.first_reply_of == monitor.id
    desk.add(7, "роутер")
    assert "под наблюдением" in desk.say("/добавить 10.0.0.8 камера за роутером")
    again = desk.say("/add 10.0.0.2 printer every 5s behind router")
    assert f"watched here already, as <code>{monitor.id[:8]}" in again
    assert "with other settings" in desk.say("/add 10.0.0.2 printer every 7s")
    assert "Stop watching" in labels(added)


def test_added_in_a_topic_it_tells_that_topic(desk: Desk) -> None:
    desk.add(1, "router")
    desk.send("/add 10.0.0.2 printer", place=NOC._replace(thread_id=7))
    monitor = desk.live("printer")
    assert monitor and monitor.channel.topic == 7


def test_a_name_is_watched_listed_and_found_by_it(desk: Desk) -> None:
    desk.add(1, "router")
    added = desk.say("/add nas.example.net big nas every 5s")
    assert "<b>big nas</b> (nas.example.net) is watched now" in added
    monitor = desk.live("big nas")
    assert monitor and (monitor.host, monitor.address) == ("nas.example.net", "")
    assert "big nas nas.example.net" in desk.say("/list")
    for text in ("NAS.example.net", "example.net", "host=nas.*"):
        assert "big nas" in desk.say(f"/list {text}")
    assert "<b>big nas</b> (nas.example.net): unknown" in desk.say("/explain nas.example.net")


def test_a_name_can_not_lead_out_of_the_networks_that_chats_may_watch(desk: Desk) -> None:
    desk.use(allow_networks=(ipaddress.ip_network("10.0.0.0/24"),))
    desk.add(1, "router")
    assert "give the address, not a name" in desk.say("/add nas.example.net")
    assert len(desk.context.worker_pool.monitors) == 1


def test_what_may_be_added_is_bounded(desk: Desk) -> None:
    desk.add(1, "router")
    desk.use(allow_networks=(ipaddress.ip_network("10.0.0.0/24"),), least_interval=5.0, most_monitors=2)
    assert "in no network that chats may watch: 10.0.0.0/24" in desk.say("/add 10.0.1.2")
    assert "in no network" in desk.say("/add 2001:db8::2")
    assert "the least interval is 5 s" in desk.say("/add 10.0.0.2 every 1s")
    assert "is watched now" in desk.say("/add 10.0.0.2")
    assert "has 2 devices, and may not have more" in desk.say("/add 10.0.0.3")
    assert len(desk.context.worker_pool.monitors) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Say which address"),
        ("300.0.0.1", "'300.0.0.1' is not an IP address: give one as 10.0.0.2"),
        ("10.0.0.2 printer behind nothing", "is not one device of this chat"),
        ("10.0.0.2 every 0.01s", "Seconds between probes: 0.2 to 3600"),
        ("10.0.0.2 " + "x" * 300, "A name has at most 200 characters"),
        ("<b>1</b>", "'&lt;b&gt;1&lt;/b&gt;' is not an IP address"),
    ],
)
def test_what_is_wrong_with_an_addition_is_said(desk: Desk, text: str, words: str) -> None:
    desk.add(1, "router")
    assert words in desk.say(f"/add {text}") and len(desk.context.worker_pool.monitors) == 1


def test_errors_are_in_the_language_of_the_chat(desk: Desk) -> None:
    desk.add(1, "router")
    assert "не IP-адрес" in desk.say("/добавить 300.0.0.1")
    assert "не длительность" in desk.say("/добавить 10.0.0.2 каждые скоро")
    assert "router" in desk.say("/список")


# /stop


def test_stop_asks_back_and_can_be_undone(desk: Desk) -> None:
    router, camera = desk.add(1, "router"), desk.add(2, "camera", parent="router")
    asked = desk.send("/stop router")
    assert asked and "1 device is behind it" in asked.text and desk.live("router")
    kept = desk.tap(asked, "Keep").replaces
    assert kept and "watched on" in kept.text and not kept.keyboard
    done = desk.tap(asked, "Stop watching").replaces
    assert done and not desk.live("router") and "5 minutes" in done.text
    assert desk.tap(asked, "Stop watching").toast == "It is not watched any more."
    back = desk.tap(done, "Undo").replaces
    assert back and "watched again" in back.text
    again, child = desk.live("router"), desk.live("camera")
    assert again and again.id == router.id and child and child.options.parent == router.id
    assert "too late" in desk.tap(done, "Undo").toast and camera.id == child.id
    assert actions(desk)[:2] == ["undo_del_mon", "del_mon"]


def test_an_undo_needs_the_role_and_the_chat(desk: Desk) -> None:
    desk.add(1, "router")
    desk.add(2, "nas")
    desk.add(3, "secret", OFFICE)
    desk.allow(OFFICE, ANNA, Role.ADMIN)
    done = desk.tap(desk.send("/stop router"), "Stop").replaces
    assert "needs the role admin" in desk.tap(done, "Undo", BORIS._replace(language="en")).toast
    assert "no such device" in desk.tap(done, "Undo", place=OFFICE).toast
    assert not desk.live("router") and desk.tap(done, "Undo").replaces


def test_only_one_is_stopped_at_a_time(desk: Desk) -> None:
    desk.add(1, "router")
    desk.add(2, "nas")
    asked = desk.send("/stop all")
    assert asked and "One at a time" in asked.text and len(labels(asked)) == 2


# /mute, /unmute


def test_a_mute_holds_only_what_this_chat_is_told(desk: Desk) -> None:
    desk.add(2, "printer", others=[OFFICE.chat_id])
    answer = desk.send("/mute printer 2h")
    ((kind, until, _),) = holds(desk, "printer")
    assert kind == "muted" and abs(until - time.time() - 7200) < 60
    assert not holds(desk, "printer", OFFICE)
    done = desk.tap(answer, "Undo").replaces
    assert done and "not muted any more" in done.text and not holds(desk, "printer")


@pytest.mark.parametrize(
    "text",
    [
        "/mute printer 2ч",
        "/mute printer на 2 часа",
        "/MUTE PRINTER 2H!",
        "/mute 2h printer",
        "/тихо printer 2ч",
    ],
)
def test_a_mute_as_people_type_it(desk: Desk, text: str) -> None:
    desk.add(2, "printer")
    desk.add(3, "nas")
    desk.say(text)
    ((_, until, _),) = holds(desk, "printer")
    assert abs(until - time.time() - 7200) < 60 and not holds(desk, "nas")


def test_a_mute_without_a_time_is_asked_for_one(desk: Desk) -> None:
    desk.down(desk.add(2, "printer"))
    asked = desk.send("/mute printer")
    assert labels(asked) == ["1 h", "8 h", "1 d", "until it is up"] and not holds(desk, "printer")
    desk.tap(asked, "until")
    assert holds(desk, "printer") == [("muted", None, "")]
    assert "without end" in desk.say("/mute printer forever")
    assert "00:00" in desk.say("/mute printer until tomorrow")


def test_times_that_can_not_be_are_refused(desk: Desk) -> None:
    desk.set_state(desk.add(2, "printer"), State.UP)
    assert "too short or too long" in desk.say("/mute printer 20000 weeks")
    assert "is past" in desk.say("/mute printer until 2020-01-01")
    assert "time of day" in desk.say("/mute printer until 25:00")
    assert "is not down" in desk.say("/mute printer until up")
    assert not holds(desk, "printer")


def test_unmute_without_a_name_means_what_is_muted(desk: Desk) -> None:
    for number, name in enumerate(("printer", "nas", "box"), 2):
        desk.add(number, name)
    assert "Nothing is muted" in desk.say("/unmute")
    desk.say("/mute nas 2h")
    assert "<b>nas</b>" in desk.say("/unmute")
    desk.say("/mute nas 2h")
    desk.say("/mute box 2h")
    assert labels(desk.send("/unmute")) == ["⚪ nas 10.0.0.3", "⚪ box 10.0.0.4", "All 2"]
    assert "was not muted" in desk.say("/unmute printer")


# /ack


def test_ack_means_what_is_down_and_its_words_are_a_comment(desk: Desk) -> None:
    printer, nas = desk.add(2, "printer"), desk.add(3, "nas")
    assert "Nothing is down" in desk.say("/ack")
    assert "is not down" in desk.say("/ack nas")
    desk.down(printer)
    answer = desk.send("/ack on my way.")
    assert answer and "Anna takes care: on my way." in answer.text
    assert holds(desk, "printer") == [("acknowledged", None, "on my way.")]
    done = desk.tap(answer, "Undo").replaces
    assert done and "not acknowledged any more" in done.text and not holds(desk, "printer")
    desk.down(nas)
    asked = desk.send("/ack")
    assert labels(asked) == ["🔴 printer 10.0.0.2", "🔴 nas 10.0.0.3", "All 2"]
    desk.tap(asked, "All")
    assert holds(desk, "printer") and holds(desk, "nas")
    assert "<b>nas</b>" in desk.say("/ack nas new disk") and holds(desk, "nas")[0][2] == "new disk"


def test_an_acknowledgement_is_told_to_other_chats_and_not_twice_here(desk: Desk) -> None:
    printer = desk.add(2, "printer", others=[OFFICE.chat_id])
    desk.down(printer)
    desk.say("/ack")
    outbox = desk.context.store.outbox
    told = {
        one.address: [row.event.get("kind") for row in outbox.waiting(one.id)] for one in printer.channels
    }
    assert "acknowledged" in told[OFFICE.chat_id] and "acknowledged" not in told[NOC.chat_id]


# /pause, /resume, /remind, /explain


def test_pause_and_resume(desk: Desk) -> None:
    desk.add(2, "printer")
    desk.add(3, "nas")
    assert "Nothing is paused" in desk.say("/resume")
    answer = desk.send("/pause printer new toner")
    assert holds(desk, "printer")[0][0] == "paused" and holds(desk, "printer")[0][2] == "new toner"
    state = desk.context.worker_pool.state_of(desk.live("printer").id)  # type: ignore[union-attr]
    assert state and state.is_paused and "⏸" in desk.say("/list printer")
    done = desk.tap(answer, "Resume").replaces
    assert done and "probed again" in done.text and not holds(desk, "printer")
    desk.say("/pause printer")
    assert "<b>printer</b>" in desk.say("/resume")


def test_reminders_are_set_and_said(desk: Desk) -> None:
    desk.add(2, "printer")
    desk.add(3, "nas")
    assert "no reminders" in desk.say("/remind printer")
    assert "after 30 min, 2 h" in desk.say("/remind printer 30м, 2 часа")
    assert desk.live("printer").options.remind == "30m,2h"  # type: ignore[union-attr]
    assert "reminders differ" in desk.say("/remind all")
    assert "no reminders" in desk.say("/remind printer выкл")
    assert "longer than before" in desk.say("/remind printer 2h, 30m")
    assert "<b>2 devices</b>" in desk.say("/remind all 1h")


def test_explain_says_why_since_when_and_what_holds(desk: Desk) -> None:
    router, printer = desk.add(1, "router"), desk.add(2, "printer", parent="router")
    desk.down(printer)
    desk.say("/ack printer toner")
    found = desk.send("/explain printer")
    assert found and "🔴 <b>printer</b> (10.0.0.2): down for 5 min" in found.text
    assert "acknowledged by Anna" in found.text and ": toner" in found.text
    assert "behind router (10.0.0.1)" in found.text and router.id not in found.text
    assert printer.id in found.text and labels(found) == ["Mute …"]
    desk.tap(desk.send("/ack printer"), "Undo")
    assert labels(desk.send("/explain printer")) == ["Acknowledge", "Mute …"]
    assert not labels(desk.send("/explain printer", BORIS))


# /id, /start, /help, and what is no command


def test_start_in_a_private_chat_says_what_add_mon_wants(desk: Desk) -> None:
    desk.allow(PRIVATE, ANNA, Role.ADMIN)
    found = desk.say("/start", place=PRIVATE)
    assert "pingmonctl add-mon --chat_id=42" in found and "user_id <code>42</code>" in found
    assert "add-mon" not in desk.say("/start")
    assert "thread_id <code>7</code>" in desk.say("/id", place=NOC._replace(thread_id=7))


def test_help_shows_what_one_may_and_examples(desk: Desk) -> None:
    desk.add(2, "printer")
    found = desk.say("/help")
    assert all(f"/{name} – " in found for name in ("list", "stop", "mute"))
    found = desk.say("/help", BORIS._replace(language="en"))
    assert "/stop – " not in found and "With another role also: /ack, /mute" in found
    assert "/mute printer until 18:00" in desk.say("/help mute")
    assert "заглушить" in desk.say("/помощь тихо") and "18:00" in desk.say("/help /mute")


def test_in_a_group_only_commands_are_read(desk: Desk) -> None:
    desk.add(2, "printer")
    for text in ("hello", "list", "/weather", "/list@other_bot", "/lsit"):
        assert desk.say(text) == "", text
    assert "printer" in desk.say("/lsit@ping_bot")
    assert "There is no <b>/weather</b>" in desk.say("/weather@PING_BOT Berlin")


def test_in_a_private_chat_everything_is_answered(desk: Desk) -> None:
    desk.add(2, "printer", PRIVATE)
    desk.allow(PRIVATE, ANNA, Role.ADMIN)
    assert "Commands begin with /" in desk.say("hello", place=PRIVATE)
    assert "There is no <b>/weather</b>" in desk.say("/weather <x>", place=PRIVATE)
    assert "printer" in desk.say("/lsit", place=PRIVATE)  # a guess that changes nothing is carried out
    assert "Did you mean /pause?" in desk.say("/puase printer", place=PRIVATE)


def test_the_language_is_that_of_the_command_the_person_or_the_alarms(desk: Desk) -> None:
    desk.add(2, "printer", language="ru")
    assert "1 устройство" in desk.say("/list")
    assert "1 устройство" in desk.say("/список", ANNA)
    desk.add(3, "nas", PRIVATE)
    assert "1 device" in desk.say("/list", ANNA, PRIVATE)
    assert "1 устройство" in desk.say("/list", ANNA._replace(language="ru"), PRIVATE)
    desk.add(4, "box", OFFICE)
    assert "1 device" in desk.say("/list", BORIS, OFFICE)
    desk.use(language="ru")
    assert "1 устройство" in desk.say("/list", BORIS, OFFICE)


# Limits and secrets


def test_too_many_commands_are_said_once(desk: Desk) -> None:
    desk.add(2, "printer")
    found = [desk.say("/list") for _ in range(23)]
    assert all("printer" in one for one in found[:20])
    assert "Too many commands" in found[20] and found[21:] == ["", ""]
    assert "printer" in desk.say("/list", BORIS)


TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.mark.parametrize(
    "text", [TOKEN, f"/add 10.0.0.2 {TOKEN}", f"/ack {TOKEN}", f"here it is: {TOKEN} ok?"]
)
def test_a_pasted_token_is_not_kept(
    desk: Desk, text: str, caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    desk.down(desk.add(2, "printer"))
    found = desk.say(text)
    assert "@BotFather revoke it" in found and TOKEN not in found and TOKEN not in caplog.text
    assert not any(TOKEN.encode() in one.read_bytes() for one in tmp_path.iterdir() if one.is_file())


def test_names_of_people_and_devices_are_escaped(desk: Desk) -> None:
    desk.down(desk.add(2, "<i>printer</i> & co"))
    evil = ANNA._replace(name="<script>")
    for text in (
        "/list",
        "/explain printer",
        "/ack <u>",
        "/mute printer 2h",
        "/stop printer",
        "/remind printer",
    ):
        assert desk.say(text, evil)
