"""What holds messages back at a moment, and which of it is shown."""

from dataclasses import replace

from pingmon.model.alarm_state import Alarm, Hold, HoldKind, Rules
from pingmon.model.quiet_hours import QuietMode

# Of two holds that end together the first is shown.
_SHOWN_FIRST = (
    HoldKind.PAUSED,
    HoldKind.MUTED,
    HoldKind.MAINTENANCE,
    HoldKind.ACKNOWLEDGED,
    HoldKind.EXPECTED_OFF,
    HoldKind.QUIET_HOURS,
)
_SILENCE = frozenset({HoldKind.PAUSED, HoldKind.MUTED, HoldKind.MAINTENANCE})
OF_A_CHAT = "chat:"  # how the key of a hold begins that is given to one channel only


def renewed(alarm: Alarm, hold: Hold) -> Hold:
    """As it will be. Given once more by the same person it keeps its comment, unless there is another,
    and goes on since it began, if it has the same end.
    """
    same = (one for one in alarm.holds if (one.kind, one.key) == (hold.kind, hold.key))
    before = next(same, None)
    if before is None:
        return hold
    if hold.by == before.by:
        hold = hold._replace(comment=hold.comment or before.comment)
    goes_on = (before.until, before.until_up, before.by) == (hold.until, hold.until_up, hold.by)
    return hold._replace(since=before.since, reminded=before.reminded) if goes_on else hold


def with_hold(alarm: Alarm, hold: Hold) -> Alarm:
    """Instead of one of the same kind and key, if there is one."""
    rest = [one for one in alarm.holds if (one.kind, one.key) != (hold.kind, hold.key)]
    return replace(alarm, holds=tuple(sorted([*rest, hold], key=lambda one: (one.kind, one.key))))


def without_holds(alarm: Alarm, kind: HoldKind, key: str | None) -> Alarm:
    left = tuple(one for one in alarm.holds if one.kind is not kind or key not in (None, one.key))
    return alarm if left == alarm.holds else replace(alarm, holds=left)


def without_past_holds(alarm: Alarm, now: float) -> Alarm:
    left = tuple(one for one in alarm.holds if one.until is None or one.until > now)
    return alarm if left == alarm.holds else replace(alarm, holds=left)


def acknowledgement(alarm: Alarm) -> Hold | None:
    return next((one for one in alarm.holds if one.kind is HoldKind.ACKNOWLEDGED), None)


def is_silenced(alarm: Alarm, now: float) -> bool:
    """By a person or a plan: paused, muted or maintenance."""
    return any(one.kind in _SILENCE and _lasts(one, now) for one in alarm.holds)


def is_paused(alarm: Alarm) -> bool:
    return any(one.kind is HoldKind.PAUSED for one in alarm.holds)


def quiet_until(rules: Rules, now: float) -> float | None:
    """The end of quiet hours in which messages wait; None when they don't."""
    if rules.quiet is None or rules.critical or rules.quiet.mode is not QuietMode.HOLD:
        return None
    span = rules.quiet.span_at(now)
    return span.end if span else None


def is_soundless(rules: Rules, now: float) -> bool:
    return rules.quiet is not None and not rules.critical and rules.quiet.span_at(now) is not None


def is_expected_off(rules: Rules, now: float) -> bool:
    """Whether it may be down now."""
    if rules.expect_up is not None:
        return rules.expect_up.span_at(now) is None
    return rules.may_be_off


def stands_still(alarm: Alarm, rules: Rules, now: float) -> bool:
    """Whether the time of reminders and escalation stands still for a hold."""
    return is_silenced(alarm, now) or is_expected_off(rules, now)


def holds_at(alarm: Alarm, rules: Rules, now: float) -> tuple[Hold, ...]:
    """All that apply, the one that is shown as `held` first: that which ends last, indefinite wins.

    What ends when the device is up comes before what ends at a known time.
    """
    found = [one for one in alarm.holds if _lasts(one, now)]
    quiet = quiet_until(rules, now)
    if quiet is not None:
        found.append(Hold(HoldKind.QUIET_HOURS, until=quiet))
    if is_expected_off(rules, now):
        until = rules.expect_up.next_start(now) if rules.expect_up else None
        found.append(Hold(HoldKind.EXPECTED_OFF, until=until))
    return tuple(sorted(found, key=_shown))


def _shown(hold: Hold) -> tuple[int, float, int]:
    place = _SHOWN_FIRST.index(hold.kind)
    if hold.until is not None:
        return 2, -hold.until, place
    return (1 if hold.until_up else 0), 0.0, place


def _lasts(hold: Hold, now: float) -> bool:
    return hold.until is None or hold.until > now
