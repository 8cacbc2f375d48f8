"""Composes one message of all that waits for a chat: counts first, then devices by event. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pingmon.notify.alarm_text import ended_words, label
from pingmon.notify.message_text import LATE_AFTER, reason, render, render_notice
from pingmon.notify.repeated_events import PASSED, Entry, Waiting, coalesce
from pingmon.notify.translation import ENGLISH, Translation

LIMIT = 4000  # UTF-16 units, unless the kind of channel says otherwise


@dataclass(frozen=True, slots=True)
class Part:
    """One message and the outbox rows that it delivers."""

    text: str
    ids: tuple[int, ...]


Lines = list[tuple[str, tuple[int, ...]]]


def compose(
    waiting: Sequence[Waiting], now: float, words: Translation = ENGLISH, limit: int = LIMIT
) -> list[Part]:
    """The messages that tell all of `waiting` (oldest first), each row in exactly one of them.

    A single event keeps its full form. Of many, the outages of a device that came and went are one
    line, however many they were. limit: UTF-16 units; a message of one line may be longer.
    """
    entries = coalesce(waiting)
    if len(entries) == 1 and _has_full_form(entries[0].event):
        return [Part(render(entries[0].event, now, words), entries[0].ids)]
    notes, down, up, passed = _group(entries, words)
    plural = words.plural
    counts = [
        plural("{n} notice", "{n} notices", len(notes)).format(n=len(notes)) if notes else "",
        plural("{n} is down", "{n} are down", len(down)).format(n=len(down)) if down else "",
        plural("{n} is up again", "{n} are up again", len(up)).format(n=len(up)) if up else "",
        plural("{n} was down meanwhile", "{n} were down meanwhile", len(passed)).format(n=len(passed))
        if passed
        else "",
    ]
    head = f"<b>{', '.join(count for count in counts if count)}</b>"
    oldest = max(now - entry.event["decided_at"] for entry in entries)
    if oldest > LATE_AFTER:
        head += "\n" + words._("(told up to {time} late)").format(time=words.format_duration(oldest))
    titles = (
        words._("🟡 <b>Also</b>"),
        words._("🔴 <b>Down</b>"),
        words._("🟢 <b>Up again</b>"),
        words._("⚪ <b>Was down meanwhile</b>"),
    )
    return list(_pack(head, zip(titles, (notes, down, up, passed), strict=True), limit))


def _has_full_form(event: dict[str, Any]) -> bool:
    kind = event.get("kind", "change")
    return kind != PASSED and not (kind == "change" and event.get("times", 1) > 1)


def _group(entries: Sequence[Entry], words: Translation) -> tuple[Lines, Lines, Lines, Lines]:
    """Lines for: notices, down now, up again, down and up while waiting."""
    notes: Lines = []
    down: Lines = []
    up: Lines = []
    passed: Lines = []
    for entry in entries:
        event, kind = entry.event, entry.event.get("kind", "change")
        if kind == PASSED:
            passed.append((_passed(event, words), entry.ids))
        elif kind != "change":
            notes.append((render_notice(event, words), entry.ids))
        elif event["after"] == "down":
            down.append((_down(event, words), entry.ids))
        else:
            up.append((_up(event, words), entry.ids))
    return notes, down, up, passed


def _down(event: dict[str, Any], words: Translation) -> str:
    why = "" if event["reason"] in ("", "no reply") else f": {reason(event, words)}"
    gone = f", {ended_words(event, words)}" if event.get("closed") else ""
    return f"{_device(event)} {words.format_time(event['at'])}{why}{_again(event, words)}{gone}"


def _up(event: dict[str, Any], words: Translation) -> str:
    text = f"{_device(event)} {words.format_time(event['at'])}"
    if event["lasted"] is not None:
        length = words.format_duration(event["lasted"])
        text += ", " + words._("was down for {time}").format(time=length)
    return text + _again(event, words)


def _again(event: dict[str, Any], words: Translation) -> str:
    times = event.get("times", 1)
    return ", " + words.plural("{n} time", "{n} times", times).format(n=times) if times > 1 else ""


def _passed(event: dict[str, Any], words: Translation) -> str:
    length, latest = words.format_duration(event["seconds"]), words.format_time(event["at"])
    if event["times"] == 1:
        text = words._("{latest}, for {time}")
    else:
        text = words.plural(
            "{n} time, for {time} in all, the latest {latest}",
            "{n} times, for {time} in all, the latest {latest}",
            event["times"],
        )
    return f"{_device(event)} " + text.format(n=event["times"], time=length, latest=latest)


def _device(event: dict[str, Any]) -> str:
    return f"• {label(event)}"


def _pack(head: str, groups: Iterable[tuple[str, Lines]], limit: int) -> Iterable[Part]:
    text, ids = head, list[int]()
    for title, lines in groups:
        titled = False
        for line, numbers in lines:
            addition = ("" if titled else f"\n\n{title}") + f"\n{line}"
            if ids and units(text + addition) > limit:
                yield Part(text, tuple(ids))
                text, ids, addition = title, [], f"\n{line}"
            text += addition
            ids += numbers
            titled = True
    yield Part(text, tuple(ids))


def units(text: str) -> int:
    """The length of a text in UTF-16 units, as limits of channels count it."""
    return len(text.encode("utf-16-le")) // 2
