"""What is told to one channel of one monitor: (alarm, event, now) -> (alarm, messages). Pure.

No other place decides whether a message is created or held; docs/alarms.md has it as a table, from which
the tests are made. An event changes what is known; then what the channel was told last is compared with
what it should know now, and the difference is told unless something holds it. So the end of any hold
needs no rule of its own. Invariants, for any history of events:
- what a channel is told of a device's state never repeats itself;
- a channel that was told "down" is told "up", or gets one closing line;
- when nothing holds it and the device is seen, what the channel was told last is what is so.
"""

from collections.abc import Iterable
from dataclasses import replace

from pingmon.model.address_notice import with_address_notice
from pingmon.model.alarm_events import (
    Closed,
    Concluded,
    Event,
    HoldBegan,
    HoldEnded,
    Noticed,
    ReminderDue,
    Reopened,
    SightLost,
)
from pingmon.model.alarm_holds import (
    acknowledgement,
    is_expected_off,
    is_paused,
    is_silenced,
    is_soundless,
    quiet_until,
    renewed,
    with_hold,
    without_holds,
    without_past_holds,
)
from pingmon.model.alarm_schedule import count_time
from pingmon.model.alarm_state import (
    LASTING,
    Alarm,
    Hold,
    HoldKind,
    Known,
    Message,
    MessageKind,
    Notice,
    Rules,
)
from pingmon.model.alarm_telling import Messages, remind, tell

AFRESH = "found out afresh"  # why a device is unseen after its address was changed, or a deletion undone
PAUSED = "paused"


def step(alarm: Alarm, event: Event, now: float, rules: Rules) -> tuple[Alarm, Messages]:
    """Take one event into account. now: epoch seconds.

    Events of one moment are given `in_order`. After an edit: `TimePassed` with the new rules.
    """
    if alarm.closed and not isinstance(event, Reopened):
        return alarm, ()
    alarm = without_past_holds(count_time(alarm, rules, now), now)
    if isinstance(event, Closed):
        return _close(alarm, event, now, rules)
    alarm = _learn(alarm, event, now, rules)
    alarm, messages = tell(alarm, now, rules)
    alarm, reminders = remind(alarm, now, rules, isinstance(event, ReminderDue))
    return alarm, messages + reminders


def step_all(alarm: Alarm, events: Iterable[Event], now: float, rules: Rules) -> tuple[Alarm, Messages]:
    """Take events in the order given."""
    told: Messages = ()
    for event in events:
        alarm, messages = step(alarm, event, now, rules)
        told += messages
    return alarm, told


def _learn(alarm: Alarm, event: Event, now: float, rules: Rules) -> Alarm:
    match event:
        case Concluded():
            return alarm if is_paused(alarm) else _conclude(alarm, event, now, rules)
        case SightLost(why):
            return alarm if is_paused(alarm) else replace(alarm, unseen=why)
        case HoldBegan(hold, is_known):
            return _begin(alarm, hold, now, is_known)
        case HoldEnded(kind, key):
            was_paused, alarm = is_paused(alarm), without_holds(alarm, kind, key)
            return replace(alarm, unseen=AFRESH) if was_paused and not is_paused(alarm) else alarm
        case Noticed(notice):
            return _notice(alarm, notice, now, rules)
        case Reopened():
            return replace(alarm, closed=False, unseen=AFRESH) if alarm.closed else alarm
    return alarm


def _conclude(alarm: Alarm, event: Concluded, now: float, rules: Rules) -> Alarm:
    known = event.known
    if alarm.known is Known.NOTHING and event.before:
        alarm = replace(alarm, known=event.before, told=event.before, told_at=event.at)
    is_change = known is not alarm.known
    if is_change:
        changes = alarm.changes + (alarm.known is not Known.NOTHING)
        alarm = replace(
            alarm, known=known, at=event.at, reason=event.reason, lasted=event.lasted, changes=changes
        )
    alarm = replace(alarm, unseen="", notices=_still_worth_telling(alarm.notices, known))
    if alarm.told is Known.NOTHING:  # what is so at first is known to who added it
        is_down = known is Known.DOWN and not is_expected_off(rules, now)
        # Who was told that it never answered hears that it does.
        alarm = replace(alarm, told=Known.DOWN if is_down or alarm.told_unseen else Known.UP)
    elif event.is_news and alarm.told is known and not alarm.told_at:
        alarm = replace(alarm, told=Known.UP)
    if known is Known.UP:
        holds = tuple(one for one in alarm.holds if not one.until_up)
        return replace(
            alarm, holds=holds, outage_at=0.0, counted=0.0, counted_at=0.0, reminded=0, escalated=0
        )
    if not alarm.outage_at:
        runs = known is Known.DOWN and not is_silenced(alarm, now) and not is_expected_off(rules, now)
        counted = max(0.0, now - event.at) if runs else 0.0
        return replace(alarm, outage_at=event.at, counted=counted, counted_at=now)
    return alarm


def _begin(alarm: Alarm, hold: Hold, now: float, is_known: bool) -> Alarm:
    is_over = hold.until is not None and hold.until <= now
    if is_over or (hold.until_up and alarm.known is Known.UP and not alarm.unseen):
        return alarm
    hold = renewed(alarm, hold)
    if hold.kind is HoldKind.ACKNOWLEDGED:
        if alarm.known not in (Known.DOWN, Known.FLAPPING):
            return alarm
        before = acknowledgement(alarm)
        is_same = before is not None and (before.by, before.comment) == (hold.by, hold.comment)
        return with_hold(alarm if is_same else replace(alarm, ack_told=is_known), hold)
    alarm = with_hold(alarm, hold)
    return replace(alarm, unseen=PAUSED) if hold.kind is HoldKind.PAUSED else alarm


def _notice(alarm: Alarm, notice: Notice, now: float, rules: Rules) -> Alarm:
    """That it is slow is of the moment: only quiet hours keep it."""
    is_up = alarm.known is Known.UP and not alarm.unseen
    if notice.kind is MessageKind.ADDRESS:  # so whatever the device does
        return with_address_notice(alarm, notice)
    is_slow = notice.kind is MessageKind.SLOW
    if is_slow and (not is_up or is_silenced(alarm, now) or is_expected_off(rules, now)):
        return alarm
    if notice.kind is MessageKind.NEVER_SEEN and alarm.known is Known.UP:
        return alarm
    rest = tuple(one for one in alarm.notices if one.kind is not notice.kind)
    return replace(alarm, notices=(*rest, notice))


def _still_worth_telling(notices: tuple[Notice, ...], known: Known) -> tuple[Notice, ...]:
    wanted = MessageKind.SLOW if known is Known.UP else MessageKind.NEVER_SEEN
    return tuple(one for one in notices if one.kind is wanted or one.kind in LASTING)


def _close(alarm: Alarm, event: Closed, now: float, rules: Rules) -> tuple[Alarm, Messages]:
    """Whatever holds, this is the last chance; quiet hours may delay it, a mute takes its sound."""
    closed = replace(alarm, closed=True, notices=(), outage_at=0.0, counted=0.0, ack_told=False)
    closed = replace(closed, counted_at=0.0, reminded=0, escalated=0, holds=(), changes=0)
    if not alarm.was_alarmed:
        return closed, ()
    message = Message(
        MessageKind.CLOSED,
        now,
        now,
        after=alarm.told,
        by=event.by,
        silent=is_silenced(alarm, now) or (quiet_until(rules, now) is None and is_soundless(rules, now)),
        not_before=quiet_until(rules, now) or 0.0,
        is_watched=event.is_watched,
    )
    return replace(closed, told=Known.CLOSED), (message,)
