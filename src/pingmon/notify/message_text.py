"""What a message says. Pure: an event in, HTML out, with <b> as its only tag."""

import html
import re
from typing import Any

from pingmon.notify.translation import ENGLISH, Translation

LATE_AFTER = 30.0  # s; a message delivered later than this says so


def render(event: dict[str, Any], now: float, words: Translation = ENGLISH) -> str:
    """The message for a transition (see model.detector.Transition, plus `name` and `address`)."""
    if event.get("kind", "change") != "change":
        return render_notice(event, words)
    _ = words._
    lasted = None if event["lasted"] is None else words.format_duration(event["lasted"])
    details = [_("since {time}").format(time=words.format_time(event["at"]))]
    if event["after"] == "down":
        text = _("🔴 {device} is down: {reason}").format(
            device=device(event), reason=reason(event, words)
        )
        was = _("was up for {time}")
    else:
        text = _("🟢 {device} is up again").format(device=device(event))
        was = _("was down for {time}")
    if lasted:
        details.append(was.format(time=lasted))
    late = now - event["decided_at"]
    if late > LATE_AFTER:
        details.append(_("told {time} late").format(time=words.format_duration(late)))
    return text + "\n" + ", ".join(details)


def render_notice(event: dict[str, Any], words: Translation = ENGLISH) -> str:
    """One line for what is no change of a device's state."""
    _ = words._
    times = event.get("times", 1)
    if event["kind"] == "operator":
        again = f" ({words.plural('{n} time', '{n} times', times).format(n=times)})" if times > 1 else ""
        return f"⚠️ {html.escape(event['text'], quote=False)}{again}"
    if event["kind"] == "blind":
        text = _("⚫ pingmon could not see from {start} to {end} ({time})")
        if times > 1:
            text = words.plural(
                "⚫ pingmon could not see {n} time, for {time} in all, the latest from {start} to {end}",
                "⚫ pingmon could not see {n} times, for {time} in all, the latest from {start} to {end}",
                times,
            )
        seconds = event.get("seconds", event["until"] - event["at"])
        start, end = words.format_time(event["at"]), words.format_time(event["until"])
        return text.format(n=times, start=start, end=end, time=words.format_duration(seconds))
    text = {
        "flapping": _("{device} changes all the time; you will hear when it is steady again"),
        "steady": _("{device} is steady again: down")
        if event["after"] == "down"
        else _("{device} is steady again: up"),
        "slow": _("{device} is slow: replies come later than the timeout"),
    }[event["kind"]]
    when = words.format_time(event["at"])
    if times > 1:
        when = words.plural(
            "{n} time, the latest {latest}", "{n} times, the latest {latest}", times
        ).format(n=times, latest=when)
    return f"🟡 {text.format(device=device(event))}, {when}"


def plain_text(text: str) -> str:
    """The same without markup."""
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def device(event: dict[str, Any]) -> str:
    address, name = (html.escape(event[key], quote=False) for key in ("address", "name"))
    return f"<b>{name}</b> ({address})" if name else f"<b>{address}</b>"


def reason(event: dict[str, Any], words: Translation) -> str:
    """ICMP errors stay in the words of their RFC."""
    found = event["reason"]
    return words._("no reply") if found == "no reply" else html.escape(found, quote=False)
