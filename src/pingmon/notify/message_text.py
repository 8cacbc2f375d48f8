"""What a message says. Pure: an event in, HTML out, with <b> as its only tag."""

import html
import re
from typing import Any

from pingmon.model.address_notice import addresses_of
from pingmon.notify.alarm_text import TEXTS, device, late_details
from pingmon.notify.reason_words import reason_words
from pingmon.notify.translation import ENGLISH, Translation

LATE_AFTER = 30.0  # s; a message delivered later than this says so


def render(event: dict[str, Any], now: float, words: Translation = ENGLISH) -> str:
    """The message for a transition (see model.detector.Transition, plus `name` and `address`)."""
    _ = words._
    late = now - event["decided_at"]
    told_late = _("told {time} late").format(time=words.format_duration(late))
    if event.get("kind", "change") != "change":
        text = render_notice(event, words)
        says_when = event["kind"] in ("blind_began", "blind_ended", "never_seen", "certificate")
        return f"{text}\n{told_late}" if says_when and late > LATE_AFTER else text
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
    details += late_details(event, words)
    if late > LATE_AFTER:
        details.append(told_late)
    return text + "\n" + ", ".join(details)


def render_notice(event: dict[str, Any], words: Translation = ENGLISH) -> str:
    """One line for what is no change of a device's state."""
    _ = words._
    if event["kind"] in TEXTS:
        return TEXTS[event["kind"]](event, words)
    times = event.get("times", 1)
    if event["kind"] == "operator":
        again = f" ({words.plural('{n} time', '{n} times', times).format(n=times)})" if times > 1 else ""
        return f"⚠️ {html.escape(_operator(event, words), quote=False)}{again}"
    if event["kind"] == "blind_began":
        return _blind_began(event, words)
    if event["kind"] == "blind_ended":
        return _blind_ended(event, words)
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
        "never_seen": _("{device} has not answered since it was added"),
        "first_reply": _("{device} answers, for the first time since it was added"),
        "address": _("the address of {device} changed from {before} to {after}"),
    }[event["kind"]]
    when, why = words.format_time(event["at"]), ""
    if event["kind"] == "never_seen" and event.get("reason") not in (None, "", "no reply"):
        why = f": {reason(event, words)}"
    if times > 1:
        when = words.plural(
            "{n} time, the latest {latest}", "{n} times, the latest {latest}", times
        ).format(n=times, latest=when)
    before, after = addresses_of(html.escape(str(event.get("reason") or ""), quote=False))
    if event["kind"] == "address":
        event = event | {"address": str(event["address"]).removesuffix(f" ({after})")}
    return f"🟡 {text.format(device=device(event), before=before, after=after)}, {when}{why}"


def _operator(event: dict[str, Any], words: Translation) -> str:
    """What is not delivered, in the operator's language; Telegram's own words stay as they are."""
    _, waiting = words._, event.get("waiting")
    if waiting is not None:
        return words.plural(
            "{n} message waits, the oldest for {time}",
            "{n} messages wait, the oldest for {time}",
            waiting,
        ).format(n=waiting, time=words.format_duration(event["seconds"]))
    if "addresses" not in event:  # queued by an older version
        return str(event["text"])
    named, total = ", ".join(event["addresses"]), event["chats"]
    if not event["bot"]:
        named += " …" if total > len(event["addresses"]) else ""
        return _("nothing reaches {chat}: {reason}").format(chat=named, reason=event["reason"])
    if total == 1:
        text = _("nothing reaches chat {chat} by {bot}: {reason}")
    else:
        text = words.plural(
            "nothing reaches {n} chat ({chat}) by {bot}: {reason}",
            "nothing reaches {n} chats ({chat}) by {bot}: {reason}",
            total,
        )
        named += " …" if total > len(event["addresses"]) else ""
    return text.format(n=total, chat=named, bot=event["bot"], reason=event["reason"])


def render_trial(event: dict[str, Any], words: Translation = ENGLISH) -> str:
    """The message of test-mon. event: `name` and `address` of the device."""
    return words._("pingmon: a test for {device}").format(device=device(event))


def _blind_began(event: dict[str, Any], words: Translation) -> str:
    _ = words._
    if event["name"] or event["address"]:
        text = _("⚫ can't see {device} since {time}").format(
            device=device(event), time=words.format_time(event["at"])
        )
    else:
        text = words.plural(
            "⚫ can't see {n} of {total} devices since {time}",
            "⚫ can't see {n} of {total} devices since {time}",
            event["count"],
        ).format(n=event["count"], total=event["of"], time=words.format_time(event["at"]))
    if event["reasons"]:
        text += ": " + html.escape(
            "; ".join(reason_words(one, words) for one in event["reasons"]), quote=False
        )
    if event["comes_and_goes"]:
        text += "\n" + _("This comes and goes; you will hear when it lasts, or is over.")
    return text


def _blind_ended(event: dict[str, Any], words: Translation) -> str:
    _ = words._
    start, end = words.format_time(event["at"]), words.format_time(event["until"])
    text = _("⚪ can see again, could not from {start} to {end} ({time})").format(
        start=start, end=end, time=words.format_duration(event["until"] - event["at"])
    )
    if event["down"]:
        count = words.plural("{n} device is down now", "{n} devices are down now", event["down"])
        text += ", " + count.format(n=event["down"])
    return text


def unclean_stops_text(times: int, since: float, until: float, seconds: float, words: Translation) -> str:
    """For the operator. since, until: of the latest time in which nothing was seen. seconds: of all."""
    start, end = words.format_time(since), words.format_time(until)
    total = words.format_duration(seconds)
    if times == 1:
        return f"pingmond was not stopped properly: nothing was seen from {start} to {end} ({total})"
    return (
        f"pingmond was not stopped properly {times} times: nothing was seen for {total} in all, "
        f"the latest from {start} to {end}"
    )


def title_of(text: str) -> str:
    """The first line of a message as one plain line, for what has a title."""
    return " ".join(plain_text(text.lstrip().partition("\n")[0]).split())


def plain_text(text: str) -> str:
    """The same without markup."""
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def reason(event: dict[str, Any], words: Translation) -> str:
    """ICMP errors stay in the words of their RFC."""
    return html.escape(reason_words(event["reason"], words), quote=False)
