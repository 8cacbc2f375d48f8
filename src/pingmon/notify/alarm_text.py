"""What a message says that is no change of a device: that somebody cares, that it lasts, that it ends."""

import html
from collections.abc import Callable
from typing import Any

from pingmon.model.monitor import label_of
from pingmon.model.timestamps import rfc3339
from pingmon.notify.translation import Translation

Event = dict[str, Any]
DAY = 86400.0  # s


def acknowledged(event: Event, words: Translation) -> str:
    _ = words._
    text = _("🔵 {device}: acknowledged by {who}").format(device=device(event), who=_plain(event, "by"))
    comment = _plain(event, "comment")
    return f"{text}: {comment}" if comment else text


def unacknowledged(event: Event, words: Translation) -> str:
    return words._("🔵 {device}: not acknowledged any more").format(device=device(event))


def still_down(event: Event, words: Translation) -> str:
    return words._("🔴 {device} is still down, for {time}").format(
        device=device(event), time=words.format_duration(event["elapsed"])
    )


def still_muted(event: Event, words: Translation) -> str:
    _ = words._
    since = words.format_time(event["at"])
    if who := _plain(event, "by"):
        text = _("🔕 {device} is still muted, since {time}, by {who}")
        return text.format(device=device(event), time=since, who=who)
    return _("🔕 {device} is still muted, since {time}").format(device=device(event), time=since)


def closed(event: Event, words: Translation) -> str:
    _ = words._
    text = _("⚪ {device} was down when it ceased to be watched: no more comes")
    if event.get("is_watched"):
        text = _("⚪ {device} was down when it ceased to be told here: no more comes")
    return text.format(device=device(event))


def reminder(event: Event, words: Translation) -> str:
    """Of several devices; those that are not named are counted."""
    total, named = event["total"], event["devices"]
    text = words.plural(
        "🔴 <b>Reminder of {n} device</b>", "🔴 <b>Reminder of {n} devices</b>", total
    ).format(n=total)
    lines = [_reminded(one, words) for one in named]
    if more := total - len(named):
        lines.append(words.plural("and {n} more", "and {n} more", more).format(n=more))
    return "\n".join([text, *lines])


def _reminded(event: Event, words: Translation) -> str:
    named = label(event)
    if event["kind"] == "still_muted":
        since = words.format_time(event["at"])
        return words._("• {device}: still muted, since {time}").format(device=named, time=since)
    lasts = words.format_duration(event["elapsed"])
    return words._("• {device}: still down, for {time}").format(device=named, time=lasts)


def late_details(event: Event, words: Translation) -> list[str]:
    """What is said beside a change that was held: who cares, and what was not told."""
    _, details = words._, list[str]()
    if count := event.get("meanwhile", 0):
        text = words.plural("{n} change before was not told", "{n} changes before were not told", count)
        details.append(text.format(n=count))
    if event.get("closed"):
        details.append(ended_words(event, words))
    if event.get("by"):
        details.append(_("acknowledged by {who}").format(who=_plain(event, "by")))
    return details


def ended_words(event: Event, words: Translation) -> str:
    """Of a message about an outage of which no more is told."""
    _ = words._
    return _("not told here any more") if event.get("is_watched") else _("not watched any more")


def certificate(event: Event, words: Translation) -> str:
    """Days are counted up to when it was decided to tell; what is told late says so."""
    _ = words._
    left, day = event["ends"] - event["decided_at"], rfc3339(event["ends"])[:10]
    named = device(event)
    if left <= 0:
        return _("🟡 certificate of {device} ended on {day}").format(device=named, day=day)
    text = words.plural(
        "🟡 certificate of {device} ends in {n} day, on {day}",
        "🟡 certificate of {device} ends in {n} days, on {day}",
        int(left // DAY),
    )
    return text.format(device=named, n=int(left // DAY), day=day)


TEXTS: dict[str, Callable[[Event, Translation], str]] = {
    "acknowledged": acknowledged,
    "unacknowledged": unacknowledged,
    "still_down": still_down,
    "still_muted": still_muted,
    "closed": closed,
    "certificate": certificate,
    "reminder": reminder,
}


def device(event: Event) -> str:
    """Name, address, and its tags if they are told: `printer (10.0.0.2) [site=berlin]`."""
    address, name = _plain(event, "address"), _plain(event, "name")
    first = name or address.partition(" (")[0]
    return f"<b>{first}</b>{label_of(name, address).removeprefix(first)}{_tags(event)}"


def label(event: Event) -> str:
    """Without markup."""
    return label_of(_plain(event, "name"), _plain(event, "address")) + _tags(event)


def _tags(event: Event) -> str:
    tags = ", ".join(html.escape(str(one), quote=False) for one in event.get("tags") or ())
    return f" [{tags}]" if tags else ""


def _plain(event: Event, key: str) -> str:
    return html.escape(str(event.get(key, "")), quote=False)
