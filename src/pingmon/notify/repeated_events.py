"""Coalesces waiting messages: past outages and repeated notices become one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pingmon.model.address_notice import joined_changes
from pingmon.model.alarm_state import MessageKind

Waiting = tuple[int, str | None, dict[str, Any]]  # outbox id, monitor id, event
CLOSED = "closed"  # of an outage of which no more is told
PASSED = "passed"  # the kind of event that stands for outages which began and ended while they waited
_REPEATED = {"change", "flapping", "steady", "slow", "address", "blind", "operator"}
_BLIND_BEGAN = ("blind_began",)  # the key of what one chat was told of blindness that goes on


@dataclass(slots=True)
class Entry:
    """What is told as one: the outbox rows that it stands for, and their event.

    The row `at_row` (one of `ids`) keeps its place in the order of the chat.
    """

    at_row: int
    ids: tuple[int, ...]
    monitor: str | None
    event: dict[str, Any]


def coalesce(waiting: Sequence[Waiting]) -> list[Entry]:
    """All of `waiting` (oldest first), each row in exactly one entry; counts and seconds stay exact.

    Of one monitor at most these are left: the end of an outage that was told before, the outages
    that passed, one that lasts, and one of each kind of notice. Two in a row that say "down" (while
    a device flaps its changes are not told) are the latest, with `times`. An unknown kind is left
    alone.
    """
    entries: dict[int, Entry] = {}
    latest: dict[tuple[Any, ...], Entry] = {}
    for number, monitor, event in waiting:
        kind = event.get("kind", "change")
        entry = Entry(number, (number,), monitor, event)
        if kind in ("blind_began", "blind_ended"):
            entry, kind = _fold_blindness(entry, latest.pop(_BLIND_BEGAN, None), entries), "blind"
            if entry.event["kind"] != "blind":
                entries[entry.at_row] = entry
                latest |= {_BLIND_BEGAN: entry} if entry.event["kind"] == "blind_began" else {}
                continue
        if kind == CLOSED and (down := latest.pop(_begun(monitor), None)):
            event = down.event | {"closed": True, "is_watched": event.get("is_watched", False)}
            entries[down.at_row] = Entry(down.at_row, (*down.ids, number), monitor, event)
            continue
        start = latest.pop(_begun(monitor), None) if kind == "change" and event["after"] == "up" else None
        if start:
            del entries[start.at_row]
            ids = (*start.ids, number)
            entry = Entry(start.at_row, ids, monitor, _outage(start.event, event))
            kind = PASSED
        key = _key(kind, monitor, entry.event)
        before = latest.get(key) if key else None
        if before:
            del entries[before.at_row]
            # Outages keep the place of the first, of what is said again the latest counts.
            at_row = before.at_row if kind == PASSED else number
            event = _sum(before.event, entry.event)
            entry = Entry(at_row, before.ids + entry.ids, monitor, event)
        entries[entry.at_row] = entry
        if key:
            latest[key] = entry
    return sorted(entries.values(), key=lambda entry: entry.at_row)


def _fold_blindness(entry: Entry, began: Entry | None, entries: dict[int, Entry]) -> Entry:
    """With the beginning that still waits: the latest beginning covers it, with its end it is past."""
    if began is None:
        return entry
    del entries[began.at_row]
    kind = "blind" if entry.event["kind"] == "blind_ended" else "blind_began"
    event = entry.event | {"kind": kind, "decided_at": began.event["decided_at"]}
    return Entry(began.at_row, (*began.ids, *entry.ids), entry.monitor, event)


def _key(kind: str, monitor: str | None, event: dict[str, Any]) -> tuple[Any, ...] | None:
    """Events with the same key are told as one."""
    if kind == PASSED:
        return kind, monitor
    if kind in _REPEATED:
        return kind, monitor, event.get("after"), event.get("text")
    return None


def _begun(monitor: str | None) -> tuple[Any, ...]:
    return "change", monitor, "down", None


def _outage(down: dict[str, Any], up: dict[str, Any]) -> dict[str, Any]:
    """at: when it began; seconds: how long it was."""
    return down | {
        "kind": PASSED,
        "after": "up",
        "name": up["name"],
        "quiet": False,  # nobody heard of its beginning
        "times": down.get("times", 1),
        "seconds": max(0.0, up["at"] - down["at"]),  # the clock may have been set back
        "decided_at": min(down["decided_at"], up["decided_at"]),
    }


def _sum(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The later event, with how often it was, for how long in all, and since when it waits."""
    total = second | {
        "times": first.get("times", 1) + second.get("times", 1),
        "decided_at": min(first["decided_at"], second["decided_at"]),
    }
    if second.get("kind") == MessageKind.ADDRESS:
        total["reason"] = joined_changes(first["reason"], second["reason"])
    lengths = [_seconds(one) for one in (first, second)]
    if None not in lengths:
        total["seconds"] = sum(length for length in lengths if length is not None)
    return total


def _seconds(event: dict[str, Any]) -> float | None:
    if "seconds" in event:
        return float(event["seconds"])
    return event["until"] - event["at"] if "until" in event else None
