"""The second half of `alarm.step`: what the channel was told last against what it should know. Pure."""

from dataclasses import replace

from pingmon.model.alarm_holds import (
    acknowledgement,
    is_expected_off,
    is_silenced,
    is_soundless,
    quiet_until,
    with_hold,
)
from pingmon.model.alarm_schedule import is_blocked, reminders_due, weeks_of
from pingmon.model.alarm_state import LASTING, Alarm, Hold, HoldKind, Known, Message, MessageKind, Rules

Messages = tuple[Message, ...]


def wanted(alarm: Alarm, now: float, rules: Rules) -> Known:
    """What the channel should have been told by now, if nothing holds it."""
    known, told = alarm.known, alarm.told
    if alarm.unseen or known is told or known is Known.NOTHING:
        return told
    if known is Known.UP:
        return Known.UP
    if is_expected_off(rules, now):
        return told
    knows = told in (Known.DOWN, Known.FLAPPING)
    delay = rules.tell_after[0]
    if knows or not delay:
        return known
    if known is Known.DOWN and not acknowledgement(alarm) and alarm.counted >= delay:
        return known
    return told


def tell(alarm: Alarm, now: float, rules: Rules) -> tuple[Alarm, Messages]:
    """The difference, unless it is held."""
    if is_blocked(alarm, rules, now):
        return alarm, ()
    silent, told = is_soundless(rules, now), list[Message]()
    target = wanted(alarm, now, rules)
    if target is not alarm.told:
        kind = _kind(alarm, target)
        if kind is not MessageKind.FIRST_REPLY or alarm.told_unseen:
            told.append(_change(alarm, kind, target, now, silent))
        alarm = _told(alarm, target, now, rules)
    elif alarm.known is alarm.told and alarm.changes:
        alarm = replace(alarm, changes=0)
    ack = acknowledgement(alarm)
    if alarm.was_alarmed and (ack is not None) is not alarm.ack_told:
        if not told:  # else the message has said so
            told.append(_of_ack(alarm, ack, now, silent))
        alarm = replace(alarm, ack_told=ack is not None)
    is_off = is_expected_off(rules, now)
    due = [one for one in alarm.notices if not is_off or one.kind in LASTING]
    if due:
        told += [
            Message(one.kind, one.at, now, reason=one.reason, silent=silent, ends=one.ends) for one in due
        ]
        is_unseen = any(one.kind is MessageKind.NEVER_SEEN for one in due)
        left = tuple(one for one in alarm.notices if one not in due)
        alarm = replace(alarm, notices=left, told_unseen=alarm.told_unseen or is_unseen)
    return alarm, tuple(told)


def _kind(alarm: Alarm, target: Known) -> MessageKind:
    if target is Known.FLAPPING:
        return MessageKind.FLAPPING
    if alarm.told is Known.FLAPPING:
        return MessageKind.STEADY
    if target is Known.DOWN:
        return MessageKind.DOWN
    if alarm.told is Known.DOWN and not alarm.told_at:
        return MessageKind.FIRST_REPLY
    return MessageKind.UP


def _change(alarm: Alarm, kind: MessageKind, target: Known, now: float, silent: bool) -> Message:
    ack = acknowledgement(alarm)
    return Message(
        kind,
        alarm.at,
        now,
        after=target,
        reason=alarm.reason,
        lasted=alarm.lasted if alarm.changes == 1 else None,
        meanwhile=max(0, alarm.changes - 1),
        elapsed=alarm.counted,
        by=ack.by if ack else "",
        comment=ack.comment if ack else "",
        silent=silent,
    )


def _told(alarm: Alarm, target: Known, now: float, rules: Rules) -> Alarm:
    """What is due by now is said with it."""
    alarm = replace(alarm, told=target, told_at=now, changes=0)
    if target is Known.UP:
        return replace(alarm, ack_told=False, told_unseen=False)
    if target is Known.FLAPPING:
        return alarm
    return replace(
        alarm,
        reminded=max(alarm.reminded, reminders_due(rules.remind, alarm.counted)),
        escalated=max(alarm.escalated, _steps_due(alarm, rules)),
    )


def _of_ack(alarm: Alarm, ack: Hold | None, now: float, silent: bool) -> Message:
    if ack is None:
        return Message(MessageKind.UNACKNOWLEDGED, now, now, after=alarm.told, silent=silent)
    return Message(
        MessageKind.ACKNOWLEDGED,
        ack.since,
        now,
        after=alarm.told,
        by=ack.by,
        comment=ack.comment,
        silent=silent,
    )


def _steps_due(alarm: Alarm, rules: Rules) -> int:
    return sum(one <= alarm.counted for one in rules.tell_after)


def remind(alarm: Alarm, now: float, rules: Rules, may_remind: bool) -> tuple[Alarm, Messages]:
    """That it lasts: reminders when the chat may be reminded, steps of an escalation when due."""
    if quiet_until(rules, now) is not None:
        return alarm, ()
    told = list[Message]()
    silent = is_soundless(rules, now)
    if may_remind:
        alarm, told = _remind_of_mutes(alarm, now, silent)
    is_due = alarm.known is Known.DOWN and not alarm.unseen and alarm.told is Known.DOWN
    is_held = acknowledgement(alarm) or is_silenced(alarm, now) or is_expected_off(rules, now)
    if not is_due or is_held:
        return alarm, tuple(told)
    steps, reminders = _steps_due(alarm, rules), reminders_due(rules.remind, alarm.counted)
    is_step = steps > max(alarm.escalated, 1)
    is_reminder = may_remind and reminders > alarm.reminded
    if alarm.told_at and (is_step or is_reminder):
        told.append(
            Message(
                MessageKind.STILL_DOWN,
                alarm.at,
                now,
                after=Known.DOWN,
                reason=alarm.reason,
                elapsed=alarm.counted,
                escalation=is_step,
                silent=silent,
            )
        )
        alarm = replace(alarm, reminded=max(alarm.reminded, reminders))
    return replace(alarm, escalated=max(alarm.escalated, steps)), tuple(told)


def _remind_of_mutes(alarm: Alarm, now: float, silent: bool) -> tuple[Alarm, list[Message]]:
    told = list[Message]()
    for hold in alarm.holds:
        weeks = weeks_of(hold.since, now)
        if hold.kind is HoldKind.MUTED and hold.until is None and weeks > hold.reminded:
            since, by, comment = hold.since, hold.by, hold.comment
            told.append(
                Message(MessageKind.STILL_MUTED, since, now, by=by, comment=comment, silent=silent)
            )
            alarm = with_hold(alarm, hold._replace(reminded=weeks))
    return alarm, told
