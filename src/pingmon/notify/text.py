"""What a message says. Pure: an event in, Telegram HTML out."""

import html
from datetime import UTC, datetime
from typing import Any

LATE_AFTER = 30.0  # s; a message delivered later than this carries the time of its event


def render(event: dict[str, Any], now: float) -> str:
    """The message for a transition (see model.detector.Transition, plus `name` and `address`)."""
    if event.get("kind", "change") != "change":
        return notice(event)
    address = html.escape(event["address"], quote=False)
    name = html.escape(event["name"], quote=False)
    device = f"<b>{name}</b> ({address})" if name else f"<b>{address}</b>"
    lasted = duration(event["lasted"]) if event["lasted"] is not None else ""
    if event["after"] == "down":
        text = f"🔴 {device} is down: {html.escape(event['reason'], quote=False)}"
        details = [f"since {clock(event['at'])}", f"was up for {lasted}" if lasted else ""]
    else:
        text = f"🟢 {device} is up again"
        details = [f"since {clock(event['at'])}", f"was down for {lasted}" if lasted else ""]
    late = now - event["decided_at"]
    if late > LATE_AFTER:
        details.append(f"told {duration(late)} late")
    return text + "\n" + ", ".join(part for part in details if part)


def notice(event: dict[str, Any]) -> str:
    """One line for what is no change of a device's state."""
    if event["kind"] == "blind":
        length = duration(event["until"] - event["at"])
        return f"⚫ pingmon could not see from {clock(event['at'])} to {clock(event['until'])} ({length})"
    address, name = (html.escape(event[key], quote=False) for key in ("address", "name"))
    device = f"<b>{name}</b> ({address})" if name else f"<b>{address}</b>"
    words = {
        "flapping": "changes all the time; you will hear when it is steady again",
        "steady": f"is steady again: {event['after']}",
        "slow": f"is slow: {html.escape(event['reason'], quote=False)}",
    }[event["kind"]]
    return f"🟡 {device} {words}, {clock(event['at'])}"


def clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def duration(seconds: float) -> str:
    """Two units are enough: 45 s, 3 min 20 s, 2 h 5 min, 12 d 3 h."""
    left = max(0, round(seconds))
    for big, unit, small, name in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if left >= big:
            rest = left % big // small
            return f"{left // big} {unit}" + (f" {rest} {name}" if rest else "")
    return f"{left} s"
