"""When an alarm's reminders and steps are due: the clock of an outage, which may stand still."""

from dataclasses import replace
from math import inf
from typing import Any, NamedTuple

from pingmon.model.alarm_holds import (
    acknowledgement,
    is_expected_off,
    is_silenced,
    quiet_until,
    stands_still,
)
from pingmon.model.alarm_state import Alarm, HoldKind, Known, Rules
from pingmon.model.clock_jumps import ClockSet
from pingmon.model.errors import InvalidValue
from pingmon.model.when import MINUTE, WEEK, parse_durations

MUTE_REMINDER = WEEK  # s


class Due(NamedTuple):
    """When the engine has to come back, epoch seconds, None for never.

    time: with `TimePassed`. reminder: with `ReminderDue`, at the chat's next minute after that.
    """

    time: float | None
    reminder: float | None


def parse_reminders(text: str) -> tuple[float, ...]:
    """`30m,2h,1d` → seconds after "down"; the last repeats. Empty: none. Raises InvalidValue."""
    found = parse_durations(text, "remind") if text.strip() else ()
    if found and (found[0] < MINUTE or len(found) > 20):
        raise InvalidValue("remind takes up to 20 times, the first 1m or more", "remind")
    return found


def reminders_due(remind: tuple[float, ...], elapsed: float) -> int:
    """How many reminders of an outage are due after so many seconds."""
    if not remind or elapsed < remind[0]:
        return 0
    if elapsed < remind[-1]:
        return sum(one <= elapsed for one in remind)
    return len(remind) + int((elapsed - remind[-1]) // remind[-1])


def next_reminder(remind: tuple[float, ...], told: int) -> float:
    """At which second of the outage the reminder after the first `told` is due; inf if none is."""
    if not remind:
        return inf
    if told < len(remind):
        return remind[told]
    return remind[-1] * (told - len(remind) + 2)


def weeks_of(since: float, now: float) -> int:
    return max(0, int((now - since) // MUTE_REMINDER))


def count_time(alarm: Alarm, rules: Rules, now: float) -> Alarm:
    """Count the outage's time until now, piece by piece, as holds and hours allow."""
    if not alarm.outage_at:
        return alarm
    total, at = alarm.counted, alarm.counted_at
    runs = alarm.known is Known.DOWN and not alarm.unseen
    while runs and at < now:
        end = min(now, _next_boundary(alarm, rules, at))
        if not stands_still(alarm, rules, at):
            total += end - at
        at = end
    return replace(alarm, counted=total, counted_at=now)


def restate_times(alarm: Alarm, clock: ClockSet) -> Alarm:
    """The wall clock was set. What people gave as a time (the end of a hold) stays as they gave it."""
    names = ("at", "told_at", "outage_at", "counted_at")
    moved: dict[str, Any] = {name: clock.restated(at) for name in names if (at := getattr(alarm, name))}
    notices = tuple(one._replace(at=clock.restated(one.at)) for one in alarm.notices)
    return replace(alarm, notices=notices, **moved)


def next_due(alarm: Alarm, rules: Rules, now: float) -> Due:
    """When something may have to be told, or changes by itself, though nothing else happens."""
    if alarm.closed:
        return Due(None, None)
    quiet = quiet_until(rules, now)
    times = [one.until for one in alarm.holds if one.until is not None]
    if quiet is not None:
        times.append(quiet)
    if rules.expect_up and alarm.known in (Known.DOWN, Known.FLAPPING) and is_expected_off(rules, now):
        times.append(rules.expect_up.next_start(now))
    reminders = [
        max(one.since + (one.reminded + 1) * MUTE_REMINDER, quiet or 0.0)
        for one in alarm.holds
        if one.kind is HoldKind.MUTED and one.until is None
    ]
    runs = alarm.known is Known.DOWN and not alarm.unseen and not stands_still(alarm, rules, now)
    if runs and not acknowledgement(alarm) and alarm.outage_at and quiet is None:
        began = alarm.counted_at - alarm.counted  # as if it had counted all the time
        told = alarm.told is Known.DOWN
        step = next((one for one in rules.tell_after[alarm.escalated :] if one), None)
        if step is not None:
            times.append(began + step)
        if told and alarm.told_at:
            reminders.append(began + next_reminder(rules.remind, alarm.reminded))
    reminder = min(reminders, default=inf)
    return Due(min(times, default=None), reminder if reminder < inf else None)


def _next_boundary(alarm: Alarm, rules: Rules, at: float) -> float:
    """When it may change whether time stands still."""
    ends = [one.until for one in alarm.holds if one.until is not None and one.until > at]
    if rules.expect_up:
        ends.append(rules.expect_up.next_change(at))
    return min(ends, default=inf)


def is_blocked(alarm: Alarm, rules: Rules, now: float) -> bool:
    """Whether nothing at all may be told now."""
    return is_silenced(alarm, now) or quiet_until(rules, now) is not None
