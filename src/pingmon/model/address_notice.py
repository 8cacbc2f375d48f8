"""What is told of a name that has another address: "10.0.0.2 → 10.0.0.3". Pure."""

from dataclasses import replace

from pingmon.model.alarm_state import Alarm, MessageKind, Notice

_BETWEEN = " → "


def address_notice(before: str, after: str, now: float) -> Notice:
    """now: epoch seconds."""
    return Notice(MessageKind.ADDRESS, now, f"{before}{_BETWEEN}{after}")


def addresses_of(reason: str) -> tuple[str, str]:
    """Before and after, of a notice or the event that is made of it."""
    before, _, after = reason.partition(_BETWEEN)
    return before, after


def joined_changes(first: str, second: str) -> str:
    """Of two in a row the one that is told; there and back again: the second."""
    before, after = addresses_of(first)[0], addresses_of(second)[1]
    return second if before == after else f"{before}{_BETWEEN}{after}"


def with_address_notice(alarm: Alarm, notice: Notice) -> Alarm:
    """One that waits already and this one are one change; back to the first address is none."""
    waiting = next((one for one in alarm.notices if one.kind is notice.kind), None)
    rest = tuple(one for one in alarm.notices if one is not waiting)
    before, after = addresses_of(notice.reason)
    if waiting:
        before, _ = addresses_of(waiting.reason)
        notice = address_notice(before, after, notice.at)
    return replace(alarm, notices=rest if before == after else (*rest, notice))
