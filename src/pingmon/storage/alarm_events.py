"""What an alarm has to tell becomes an event, of which `notify` makes words."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pingmon.model.alarm_state import Known, Message, MessageKind
from pingmon.model.monitor import Monitor

CHANGE, REMINDER = "change", "reminder"
_CHANGES = {MessageKind.DOWN, MessageKind.UP}
_NO_EXTRAS = {"by": "", "comment": "", "meanwhile": 0, "silent": False, "is_watched": False, "ends": 0.0}


class Telling(NamedTuple):
    """A message about a monitor, and what its channel had been told before."""

    monitor: Monitor
    message: Message
    before: Known


def event_of(one: Telling) -> dict[str, Any]:
    """Of one message about one monitor."""
    monitor, message = one.monitor, one.message
    event = {
        "kind": CHANGE if message.kind in _CHANGES else str(message.kind),
        "before": str(one.before),
        "after": str(message.after),
        "at": message.at,
        "decided_at": message.decided_at,
        "reason": message.reason,
        "lasted": message.lasted,
        "name": monitor.name,
        "address": monitor.target_label,
        "language": monitor.options.language,
        "quiet": monitor.options.quiet,
    }
    if monitor.options.tell_tags and monitor.options.tags:
        event["tags"] = list(monitor.options.tags)
    if message.kind is MessageKind.STILL_DOWN:
        event["elapsed"] = message.elapsed
    return event | {
        name: value for name, none in _NO_EXTRAS.items() if (value := getattr(message, name)) != none
    }


def reminder_of(named: Sequence[Telling], total: int, silent: bool) -> dict[str, Any]:
    """Of all reminders that are due in a chat; the longest first. total: also those not named."""
    if total == 1:
        return event_of(named[0])
    return {
        "kind": REMINDER,
        "decided_at": named[0].message.decided_at,
        "language": named[0].monitor.options.language,
        "total": total,
        "devices": [event_of(one) for one in named],
        "silent": silent,
    }
