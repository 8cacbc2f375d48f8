"""Alarms, told as stories: holds, acknowledgement, reminders, escalation, and what one chat hears."""

from dataclasses import replace
from datetime import datetime

import pytest

from pingmon.model.alarm import step_all
from pingmon.model.alarm_chat import BEGAN, ENDED, NAMED, Chat, Told, chat_from_json, collect, may_remind
from pingmon.model.alarm_events import Concluded, HoldBegan, HoldEnded, SightLost, in_order
from pingmon.model.alarm_holds import holds_at
from pingmon.model.alarm_schedule import (
    next_due,
    next_reminder,
    parse_reminders,
    reminders_due,
    restate_times,
)
from pingmon.model.alarm_state import Hold, HoldKind, Known, Message, MessageKind, Rules
from pingmon.model.clock_jumps import ClockSet
from pingmon.model.errors import InvalidValue
from pingmon.model.weekly_hours import parse_weekly_hours
from pingmon.model.when import DAY, HOUR, MINUTE, WEEK, to_epoch
from tests.support.alarm_table import MAINTENANCE, MUTED, NOON, QUIET, RULES, Play, down, up
from tests.support.alarm_world import Begin, Find, World

ACK = Begin(HoldKind.ACKNOWLEDGED, "", None, until_up=True)


def kinds(play: Play | World) -> list[str]:
    found = [one if isinstance(one, Message) else one[1] for one in play.told]
    return [str(one.kind) for one in found]


def test_a_mute_until_up_ends_with_up_and_that_is_told() -> None:
    play = down()
    play.hold(MUTED, None, until_up=True)
    play.found(Known.FLAPPING)
    assert kinds(play) == ["down"]
    play.found(Known.UP)
    assert kinds(play) == ["down", "up"] and not play.alarm.holds
    play.hold(MUTED, None, until_up=True)  # it is up
    assert not play.alarm.holds


def test_an_acknowledgement_ends_with_up_and_a_new_outage_is_a_new_alarm() -> None:
    play = down()
    play.hold(HoldKind.ACKNOWLEDGED, None, until_up=True)
    play.found(Known.UP)
    play.found(Known.DOWN)
    play.remind(HOUR)
    assert kinds(play) == ["down", "acknowledged", "up", "down", "still_down"]


def test_an_acknowledgement_is_taken_back_when_a_mute_hid_that_another_outage_began() -> None:
    play = down()
    play.hold(HoldKind.ACKNOWLEDGED, None, until_up=True)
    play.hold(MUTED)
    play.found(Known.UP)
    play.found(Known.DOWN)
    play.take(HoldEnded(MUTED), 1.0)
    assert kinds(play) == ["down", "acknowledged", "unacknowledged"]


def test_down_that_is_told_late_says_who_has_acknowledged() -> None:
    play = up()
    play.hold(MUTED)
    play.found(Known.DOWN)
    play.hold(HoldKind.ACKNOWLEDGED, None, until_up=True)
    play.take(HoldEnded(MUTED), 1.0)
    assert [(one.kind, one.by) for one in play.told] == [(MessageKind.DOWN, "ann")]


def test_what_begins_at_the_moment_at_which_something_else_ends_leaves_no_gap() -> None:
    play = up()
    play.hold(MUTED)
    play.found(Known.DOWN)
    window = HoldBegan(Hold(MAINTENANCE, "w", play.now, play.now + HOUR))
    events = in_order([HoldEnded(MUTED), window])
    assert step_all(play.alarm, events, play.now, play.rules)[1] == ()


def test_a_mute_at_the_moment_of_down_comes_first() -> None:
    play = up()
    mute = HoldBegan(Hold(MUTED, "", play.now, play.now + HOUR))
    events = in_order([Concluded(Known.DOWN, play.now), mute])
    assert step_all(play.alarm, events, play.now, play.rules)[1] == ()


def test_many_changes_during_a_hold_are_one_message_that_counts_them() -> None:
    play = up()
    play.hold(MAINTENANCE)
    for known in (Known.DOWN, Known.UP, Known.DOWN):
        play.found(known)
    play.take(HoldEnded(MAINTENANCE), 1.0)
    assert [(one.kind, one.meanwhile, one.lasted) for one in play.told] == [(MessageKind.DOWN, 2, None)]


def test_reminders_come_at_their_times_and_the_last_repeats() -> None:
    rules = Rules(remind=parse_reminders("30m, 2h, 1d"))
    world = World(up().alarm, rules)
    world.act(0.0, Find(Known.DOWN, 0.0))
    began = world.now
    world.wait(began + 3.5 * DAY)
    due = [at - began for at, one in world.told if one.kind is MessageKind.STILL_DOWN]
    assert due == [30 * MINUTE, 2 * HOUR, DAY, 2 * DAY, 3 * DAY]
    assert [next_reminder(rules.remind, n) for n in range(5)] == due
    assert [reminders_due(rules.remind, at) for at in due] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("kind", (MUTED, MAINTENANCE))
def test_time_stands_still_while_muted_or_planned(kind: HoldKind) -> None:
    world = World(up().alarm, Rules(remind=(HOUR,)))
    world.act(0.0, Find(Known.DOWN, 0.0))
    world.act(30 * MINUTE, Begin(kind, "", 5 * HOUR))
    world.wait(world.now + 6 * HOUR)
    reminders = [(at, one.elapsed) for at, one in world.told if one.kind is MessageKind.STILL_DOWN]
    assert [elapsed for _, elapsed in reminders] == [HOUR]
    assert reminders[0][0] == pytest.approx(world.now - 30 * MINUTE)


def test_time_stands_still_while_blind() -> None:
    play = down()
    play.take(Concluded(Known.DOWN, play.now), 30 * MINUTE)
    play.take(SightLost("blind"))
    play.remind(5 * HOUR)
    play.take(Concluded(Known.DOWN, play.now))
    play.remind(29 * MINUTE)
    assert kinds(play) == ["down"]
    play.remind(2 * MINUTE)
    assert kinds(play) == ["down", "still_down"]


def test_escalation_tells_later_channels_unless_it_is_acknowledged_or_up() -> None:
    rules = Rules(tell_after=(15 * MINUTE, HOUR))
    told = {}
    for name, then in {"lasts": None, "acked": ACK, "up": Find(Known.UP, 0.0)}.items():
        world = World(up().alarm, rules)
        world.act(0.0, Find(Known.DOWN, 0.0))
        if then:
            world.act(10 * MINUTE, then)
        world.wait(world.now + 2 * HOUR)
        world.act(0.0, Find(Known.UP, 0.0))
        told[name] = kinds(world)
    assert told == {"lasts": ["down", "still_down", "up"], "acked": [], "up": []}


def test_a_mute_without_end_is_recalled_every_week() -> None:
    world = World(up().alarm, RULES)
    world.act(0.0, Begin(MUTED, "", None))
    began = world.now
    world.wait(began + 2.5 * WEEK)
    assert [(at - began, one.kind) for at, one in world.told] == [
        (WEEK, MessageKind.STILL_MUTED),
        (2 * WEEK, MessageKind.STILL_MUTED),
    ]
    world.comes_back = False
    world.wait(began + 10 * WEEK)
    world.act(0.0, Find(Known.UP, 0.0))
    due = next_due(world.alarm, world.rules, world.now)
    assert due.reminder is not None and due.reminder <= world.now


def test_the_hold_that_is_shown_ends_last_and_indefinite_wins() -> None:
    play = down(QUIET)
    play.hold(MUTED, 10 * HOUR)
    play.hold(MAINTENANCE, 20 * HOUR)
    shown = [one.kind for one in holds_at(play.alarm, play.rules, play.now)]
    assert shown == [MAINTENANCE, MUTED, HoldKind.QUIET_HOURS]
    play.hold(HoldKind.ACKNOWLEDGED, None, until_up=True)
    assert holds_at(play.alarm, play.rules, play.now)[0].kind is HoldKind.ACKNOWLEDGED
    play.use(replace(play.rules, may_be_off=True))
    assert holds_at(play.alarm, play.rules, play.now)[0].kind is HoldKind.EXPECTED_OFF


def test_when_the_clock_is_set_the_time_of_an_outage_stays() -> None:
    play = down()
    play.remind(30 * MINUTE)
    clock = ClockSet(-5 * HOUR, 0.0, play.now)
    play.alarm, play.now = restate_times(play.alarm, clock), play.now - 5 * HOUR
    play.remind(31 * MINUTE)
    assert kinds(play) == ["down", "still_down"]
    assert play.told[-1].elapsed == pytest.approx(61 * MINUTE, abs=5)


def test_the_state_of_an_alarm_is_small() -> None:
    assert up().alarm.to_json() == {"known": "up", "at": NOON, "told": "up"}


@pytest.mark.parametrize("text", ("2h,30m", "30s", "2h,2h", "x", "1h,,2h", ",".join(["1h"] * 30)))
def test_reminders_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_reminders(text)


# What one chat hears


def still_down(monitor: str, elapsed: float) -> Told:
    return Told(monitor, Message(MessageKind.STILL_DOWN, NOON, NOON, after="down", elapsed=elapsed))


def test_reminders_of_a_thousand_monitors_are_one_message_a_minute() -> None:
    chat, sent = Chat(), list[float]()
    for second in range(600):
        now = NOON + second
        if may_remind(chat, now):
            due = [still_down(f"m{n}", float(n)) for n in range(1000)]
            chat, rows = collect(chat, due, [], now, Rules())
            assert len(rows) == 1 and rows[0].total == 1000 and len(rows[0].monitors) == NAMED
            assert rows[0].monitors[0] == "m999"
            sent.append(now)
    assert len(sent) == 10
    assert chat_from_json(chat.to_json()) == chat


def test_changes_go_out_at_once_beside_reminders() -> None:
    change = Told("m1", Message(MessageKind.DOWN, NOON, NOON, after="down"))
    _, rows = collect(Chat(), [still_down("m2", 1.0), change], [], NOON, Rules(), not_before=NOON + 1)
    assert [(row.monitors, row.not_before) for row in rows] == [(("m1",), NOON + 1), (("m2",), 0.0)]


def test_nobody_is_reminded_where_nothing_is_delivered() -> None:
    assert may_remind(Chat(), NOON) and not may_remind(Chat(), NOON, is_suspended=True)


def test_blindness_within_quiet_hours_is_one_line_at_their_end() -> None:
    began, ended = {"kind": BEGAN, "at": NOON}, {"kind": ENDED, "at": NOON, "until": NOON + 60}
    chat, rows = collect(Chat(), [], [began], NOON, QUIET)
    chat, more = collect(chat, [], [ended], NOON + 60, QUIET)
    assert rows == more == ()
    chat, rows = collect(chat_from_json(chat.to_json()), [], [], NOON + 2 * HOUR, QUIET)
    assert [row.notice for row in rows] == [ended] and chat == Chat()


def test_blindness_that_is_over_is_not_told_to_a_chat_that_hears_nothing() -> None:
    began, ended = {"kind": BEGAN, "at": NOON}, {"kind": ENDED, "at": NOON, "until": NOON + 60}
    chat, _ = collect(Chat(), [], [began], NOON, Rules(), hears=False)
    chat, _ = collect(chat, [], [ended], NOON + 60, Rules(), hears=False)
    assert chat == Chat()
    chat, _ = collect(Chat(), [], [began], NOON, Rules(), hears=False)
    chat, rows = collect(chat, [], [], NOON + 60, Rules())
    assert [row.notice for row in rows] == [began]


def test_a_device_that_is_still_down_when_its_hours_begin_is_told_then() -> None:
    hours = parse_weekly_hours("Mon-Fri 08:00-18:00", "Europe/Berlin", "expect_up")
    world = World(up().alarm, Rules(expect_up=hours))
    world.act(0.0, Find(Known.DOWN, 0.0))  # on a Saturday evening
    world.wait(world.now + 3 * DAY)
    monday = to_epoch(datetime(2026, 3, 30, 8), "Europe/Berlin")
    assert [(at, one.kind) for at, one in world.told] == [(monday, MessageKind.DOWN)]
    world.act(11 * HOUR, Find(Known.UP, 0.0))
    assert kinds(world) == ["down", "up"]
