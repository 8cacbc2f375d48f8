"""What holds for an alarm whatever happens, in any order, at any time, with any settings."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pingmon.model.alarm import step, step_all
from pingmon.model.alarm_events import (
    Closed,
    Event,
    HoldEnded,
    ReminderDue,
    TimePassed,
    in_order,
)
from pingmon.model.alarm_holds import holds_at, is_expected_off
from pingmon.model.alarm_schedule import count_time, is_blocked, next_due
from pingmon.model.alarm_state import (
    Alarm,
    HoldKind,
    Known,
    MessageKind,
    Rules,
    added_channel,
)
from pingmon.model.alarm_telling import wanted
from pingmon.model.quiet_hours import parse_quiet_hours
from pingmon.model.when import DAY
from tests.support.alarm_world import (
    OPEN_RULES,
    STATE_KINDS,
    Action,
    Begin,
    Find,
    Notify,
    World,
    actions,
    any_rules,
    histories,
    simple,
    starts,
)


@given(starts, any_rules, histories)
@settings(max_examples=400, deadline=None)
def test_a_channel_that_was_told_down_is_told_up_or_gets_the_closing_line(
    alarm: Alarm, rules: Rules, history: list[tuple[float, Action]]
) -> None:
    ended = World(alarm, rules).play(history)
    ended.end_all_holds()
    ended.act(5.0, Find(Known.UP, 0.0))
    assert ended.believes in ("", "up", "closed") and not ended.alarm.was_alarmed
    deleted = World(alarm, rules).play(history)
    deleted.take(Closed())
    assert deleted.believes in ("", "up", "closed") and not deleted.alarm.was_alarmed


@given(starts, any_rules, histories)
@settings(max_examples=400, deadline=None)
def test_when_nothing_holds_what_was_told_last_is_what_is_so(
    alarm: Alarm, rules: Rules, history: list[tuple[float, Action]]
) -> None:
    world = World(alarm, rules)
    for pause, action in history:
        world.act(pause, action)
        now, at, its = world.now, world.alarm, world.rules
        free = not is_blocked(at, its, now) and not is_expected_off(its, now) and not at.closed
        has_turn = its.tell_after[0] == 0 or at.known is Known.UP or at.was_alarmed
        if free and not at.unseen and at.known and has_turn:
            assert at.told is at.known
            assert world.believes in ("", at.known)
    world.end_all_holds()
    if world.alarm.known and not world.alarm.closed:
        assert world.alarm.told is world.alarm.known


@given(starts, any_rules, histories)
@settings(max_examples=400, deadline=None)
def test_nothing_is_told_twice(alarm: Alarm, rules: Rules, history: list[tuple[float, Action]]) -> None:
    world = World(alarm, rules).play(history)
    assert world.take(TimePassed()) == ()
    world.take(ReminderDue())
    assert world.take(ReminderDue()) == ()
    last, acked = "", False
    elapsed: dict[float, float] = {}  # when it went down → how long it had lasted when that was told
    for _, one in world.told:
        if one.kind in STATE_KINDS:
            assert one.after != last
            last, elapsed[one.at] = one.after, one.elapsed
            acked = bool(one.by) and one.after != Known.UP
        elif one.kind is MessageKind.CLOSED:
            last, acked, elapsed = "", False, {}
        elif one.kind is MessageKind.STILL_DOWN:
            assert last == Known.DOWN and one.elapsed > elapsed.get(one.at, 0.0)
            elapsed[one.at] = one.elapsed
        elif one.kind in (MessageKind.ACKNOWLEDGED, MessageKind.UNACKNOWLEDGED):
            assert acked or one.kind is MessageKind.ACKNOWLEDGED
            acked = one.kind is MessageKind.ACKNOWLEDGED


@given(starts, any_rules, histories)
@settings(max_examples=400, deadline=None)
def test_whatever_is_held_back_has_an_end_or_is_visible(
    alarm: Alarm, rules: Rules, history: list[tuple[float, Action]]
) -> None:
    world = World(alarm, rules)
    for pause, action in history:
        world.act(pause, action)
        shown = holds_at(world.alarm, world.rules, world.now)
        assert all(one.until is None or one.until > world.now for one in shown)
        if world.alarm.closed:
            continue
        assert {one.kind for one in world.alarm.holds} <= {one.kind for one in shown}
        due = next_due(world.alarm, world.rules, world.now)
        if wanted(world.alarm, world.now, world.rules) is not world.alarm.told:
            assert shown and (due.time is not None or shown[0].until is None)
        if any(one.until is not None for one in world.alarm.holds):
            assert due.time is not None and due.time > world.now
        if any(one.kind is HoldKind.MUTED and one.until is None for one in shown):
            assert due.reminder is not None


@given(starts, any_rules, histories, st.lists(actions, min_size=2, max_size=4))
@settings(max_examples=300, deadline=None)
def test_the_order_of_what_happens_at_one_moment_does_not_matter(
    alarm: Alarm, rules: Rules, history: list[tuple[float, Action]], together: list[Action]
) -> None:
    before = World(alarm, rules).play(history)
    events: dict[object, Event] = {}
    for action in together:
        if isinstance(action, Rules):
            continue
        event = action.at(before.now) if isinstance(action, Begin | Find | Notify) else action
        events[(type(event), getattr(event, "at", None))] = event
    outcomes = set()
    for some in permutations(events.values()):
        after, messages = step_all(before.alarm, in_order(some), before.now, before.rules)
        outcomes.add((after, messages))
    assert len(outcomes) == 1


@given(starts, any_rules, histories, st.lists(simple, min_size=2, max_size=4))
@settings(max_examples=300, deadline=None)
def test_what_is_told_in_the_end_does_not_depend_on_the_order_of_holds(
    alarm: Alarm, rules: Rules, history: list[tuple[float, Action]], together: list[Action]
) -> None:
    """Also when they come one by one, as they do from several threads."""
    kept = [one for one in together if isinstance(one, Begin | HoldEnded)]
    found = next((one for one in together if isinstance(one, Find)), None)
    ends = set()
    for some in permutations(kept + ([found] if found else [])):
        world = World(alarm, rules).play(history)
        for action in some:
            world.act(0.0, action)
        world.end_all_holds()
        world.act(0.0, found or Find(Known.UP, 0.0))
        ends.add(world.alarm.told)
    assert len(ends) == 1


@given(starts, any_rules, histories)
@settings(max_examples=300, deadline=None)
def test_a_restart_at_any_point_changes_nothing(
    alarm: Alarm, rules: Rules, history: list[tuple[float, Action]]
) -> None:
    straight, restarted = World(alarm, rules), World(alarm, rules)
    for pause, action in history:
        straight.act(pause, action)
        restarted.act(pause, action)
        restarted.restart()
        restarted.take(TimePassed())
    assert restarted.told == straight.told
    assert restarted.alarm == straight.alarm


@given(starts, any_rules, histories, st.floats(0, 1))
@settings(max_examples=300, deadline=None)
def test_nothing_would_be_told_before_it_is_due(
    alarm: Alarm, rules: Rules, history: list[tuple[float, Action]], share: float
) -> None:
    world = World(alarm, rules).play(history)
    world.take(ReminderDue())
    due = next_due(world.alarm, world.rules, world.now)
    end = min([one for one in due if one is not None], default=world.now + DAY)
    assert end > world.now
    at = world.now + share * (end - world.now) * 0.999
    assert step(world.alarm, ReminderDue(), at, world.rules)[1] == ()


@given(starts, any_rules, histories, st.lists(st.floats(0, 8 * DAY), max_size=6))
@settings(max_examples=300, deadline=None)
def test_time_is_counted_alike_however_often_it_is_looked_at(
    alarm: Alarm, rules: Rules, history: list[tuple[float, Action]], looks: list[float]
) -> None:
    world = World(alarm, rules).play(history)
    end = world.now + 8 * DAY
    once, often = count_time(world.alarm, world.rules, end), world.alarm
    for look in sorted(looks):
        often = count_time(often, world.rules, world.now + look)
    assert count_time(often, world.rules, end).counted == pytest.approx(once.counted)


@given(starts, any_rules, histories)
@settings(max_examples=200, deadline=None)
def test_after_an_absence_only_the_latest_is_told(
    alarm: Alarm, rules: Rules, history: list[tuple[float, Action]]
) -> None:
    world = World(alarm, rules).play(history)
    world.comes_back = False
    world.wait(world.now + 40 * DAY)
    first, second = world.take(ReminderDue()), world.take(ReminderDue())
    assert sum(one.kind is MessageKind.STILL_DOWN for one in first) <= 1
    assert second == ()


@given(any_rules, histories)
@settings(max_examples=200, deadline=None)
def test_reminders_and_steps_stop_while_somebody_has_acknowledged(
    rules: Rules, history: list[tuple[float, Action]]
) -> None:
    world = World(Alarm(), rules).play(history)
    world.act(0.0, Find(Known.DOWN, 0.0))
    world.act(0.0, Begin(HoldKind.ACKNOWLEDGED, "", None, until_up=True))
    count = len(world.told)
    world.wait(world.now + 30 * DAY)
    acked = any(one.kind is HoldKind.ACKNOWLEDGED for one in world.alarm.holds)
    later = [one for _, one in world.told[count:] if one.kind is MessageKind.STILL_DOWN]
    assert not (acked and later)


def test_messages_in_silent_quiet_hours_make_no_sound() -> None:
    quiet_rules = replace(OPEN_RULES, quiet=parse_quiet_hours("20:00-07:00", "silent", "Europe/Berlin"))
    world = World(added_channel(), quiet_rules)
    world.act(60.0, Find(Known.DOWN, 0.0))
    assert [one.silent for _, one in world.told] == [True]
    loud = World(added_channel(), replace(quiet_rules, critical=True))
    loud.act(60.0, Find(Known.DOWN, 0.0))
    assert [one.silent for _, one in loud.told] == [False]
