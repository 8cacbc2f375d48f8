"""What a message tells, for programs: docs/webhook.md is the schema. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pingmon.model.address_notice import addresses_of
from pingmon.model.alarm_state import MessageKind
from pingmon.model.monitor import Monitor
from pingmon.model.timestamps import rfc3339
from pingmon.notify.repeated_events import PASSED, Waiting

Event = dict[str, Any]
# Kinds of stored events that have another name here; "change" is what became of the device.
_TYPES = {
    PASSED: "was_down",
    "never_seen": "unseen",
    "blind_began": "blind",
    "blind_ended": "sight",
    "blind": "was_blind",
    "still_down": "reminder",
}
_TIMES = {"until": "until", "certificate_ends": "ends"}  # name here → name of what is stored
# What some kinds have besides, under the names that they are stored with.
_MORE = ("times", "seconds", "elapsed", "by", "comment", "count", "of", "text")


def structured_events(rows: Sequence[Waiting], monitors: Mapping[str, Monitor]) -> tuple[Event, ...]:
    """One for each row, oldest first; reminders of many devices are one for each that is named.

    monitors: by ID, as they are now; those that are not known are shown as the event has them.
    """
    return tuple(
        _structured(event, monitors.get(monitor or ""), monitor)
        for _, monitor, stored in rows
        for event in _each(stored)
    )


def trial_event(monitor: Monitor, now: float) -> Event:
    """Of test-mon. now: epoch seconds."""
    stored = {"kind": "test", "at": now, "name": monitor.name, "address": monitor.address}
    return _structured(stored, monitor, monitor.id)


def message_key(channel_id: int, rows: Sequence[Waiting]) -> str:
    """The same for the same rows, whenever and however they are sent; 32 hexadecimal digits.

    Numbers of rows may be given again, and databases restored: so it is made of what they say, too.
    """
    told = json.dumps([channel_id, rows], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _each(event: Event) -> Iterator[Event]:
    if "devices" not in event:
        yield event
        return
    yield from event["devices"]


def _structured(event: Event, monitor: Monitor | None, monitor_id: str | None) -> Event:
    kind = str(event.get("kind", "change"))
    found: Event = {
        "type": str(event["after"]) if kind == "change" else _TYPES.get(kind, kind),
        "monitor": _monitor(event, monitor, monitor_id),
        "at": _time(event.get("at", event.get("decided_at"))),
        "reason": _reason(event),
        "previous_seconds": event.get("lasted"),
    }
    if kind == MessageKind.ADDRESS:
        found["before"], found["after"] = addresses_of(event["reason"])
    if kind in ("steady", PASSED):
        found["state"] = event["after"]
    found |= {name: _time(event[its]) for name, its in _TIMES.items() if its in event}
    return found | {name: event[name] for name in _MORE if event.get(name) not in (None, "")}


def _reason(event: Event) -> str:
    reasons = event.get("reasons")
    return "; ".join(map(str, reasons)) if reasons else str(event.get("reason") or "")


def _monitor(event: Event, monitor: Monitor | None, monitor_id: str | None) -> Event | None:
    """None: it is about no single one."""
    if monitor is not None:
        return {
            "id": monitor.id,
            "name": monitor.name,
            "target": monitor.target,
            "ip_address": monitor.address or None,
            "mon_type": monitor.mon_type,
            "tags": list(monitor.options.tags),
        }
    if not event.get("address"):
        return None
    return {
        "id": monitor_id,
        "name": event.get("name", ""),
        "target": event["address"],
        "ip_address": event["address"],
        "mon_type": None,
        "tags": list(event.get("tags", ())),
    }


def _time(at: float | None) -> str | None:
    return None if at is None else rfc3339(at)
