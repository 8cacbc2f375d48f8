"""What waits for one chat becomes one message: counts first, then devices by what happened. Pure."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pingmon.notify.text import LATE_AFTER, notice, reason, render
from pingmon.notify.words import ENGLISH, Words

LIMIT = 4000  # UTF-16 units; Telegram takes 4,096 after entities are parsed

Waiting = tuple[int, str | None, dict[str, Any]]  # outbox id, monitor id, event


@dataclass(frozen=True, slots=True)
class Part:
    """One message and the outbox rows that it delivers."""

    text: str
    ids: tuple[int, ...]


@dataclass(slots=True)
class _Passed:
    """Outages of one device that began and ended while they waited."""

    event: dict[str, Any]  # that began the latest
    ids: list[int] = field(default_factory=list)
    times: int = 0
    seconds: float = 0.0


Lines = list[tuple[str, tuple[int, ...]]]


def compose(waiting: Sequence[Waiting], now: float, words: Words = ENGLISH) -> list[Part]:
    """The messages that tell all of `waiting` (oldest first), each row in exactly one of them.

    A single event keeps its full form. Of many, the outages of a device that came and went are one
    line, however many they were.
    """
    if len(waiting) == 1:
        number, _, event = waiting[0]
        return [Part(render(event, now, words), (number,))]
    notes, down, up, passed = _group(waiting, words)
    many = words.many
    counts = [
        many("{n} notice", "{n} notices", len(notes)).format(n=len(notes)) if notes else "",
        many("{n} is down", "{n} are down", len(down)).format(n=len(down)) if down else "",
        many("{n} is up again", "{n} are up again", len(up)).format(n=len(up)) if up else "",
        many("{n} was down meanwhile", "{n} were down meanwhile", len(passed)).format(n=len(passed))
        if passed
        else "",
    ]
    head = f"<b>{', '.join(count for count in counts if count)}</b>"
    oldest = max(now - event["decided_at"] for _, _, event in waiting)
    if oldest > LATE_AFTER:
        head += "\n" + words._("(told up to {time} late)").format(time=words.duration(oldest))
    titles = (
        words._("🟡 <b>Also</b>"),
        words._("🔴 <b>Down</b>"),
        words._("🟢 <b>Up again</b>"),
        words._("⚪ <b>Was down meanwhile</b>"),
    )
    return list(_pack(head, zip(titles, (notes, down, up, passed), strict=True)))


def _group(waiting: Sequence[Waiting], words: Words) -> tuple[Lines, Lines, Lines, Lines]:
    """Lines for: notices, down now, up again, down and up while waiting."""
    notes: Lines = []
    down: Lines = []
    up: Lines = []
    passed: dict[str | None, _Passed] = {}
    began: dict[str | None, tuple[int, dict[str, Any]]] = {}
    for number, monitor, event in waiting:
        if event.get("kind", "change") != "change":
            notes.append((notice(event, words), (number,)))
        elif event["after"] == "down":
            if monitor in began:  # two in a row do not happen; lose nothing if they do
                down.append(_down(*began[monitor], words))
            began[monitor] = (number, event)
        elif monitor in began:
            first, start = began.pop(monitor)
            outages = passed.setdefault(monitor, _Passed(start))
            outages.event = start
            outages.ids += [first, number]
            outages.times += 1
            outages.seconds += event["at"] - start["at"]
        else:
            text = f"{_device(event)} {words.clock(event['at'])}"
            if event["lasted"] is not None:
                length = words.duration(event["lasted"])
                text += ", " + words._("was down for {time}").format(time=length)
            up.append((text, (number,)))
    down += [_down(number, event, words) for number, event in began.values()]
    return notes, down, up, [(_passed(one, words), tuple(one.ids)) for one in passed.values()]


def _down(number: int, event: dict[str, Any], words: Words) -> tuple[str, tuple[int, ...]]:
    why = "" if event["reason"] in ("", "no reply") else f": {reason(event, words)}"
    return f"{_device(event)} {words.clock(event['at'])}{why}", (number,)


def _passed(one: _Passed, words: Words) -> str:
    length, latest = words.duration(one.seconds), words.clock(one.event["at"])
    if one.times == 1:
        text = words._("{latest}, for {time}")
    else:
        text = words.many(
            "{n} time, for {time} in all, the latest {latest}",
            "{n} times, for {time} in all, the latest {latest}",
            one.times,
        )
    return f"{_device(one.event)} " + text.format(n=one.times, time=length, latest=latest)


def _device(event: dict[str, Any]) -> str:
    address, name = (html.escape(event[key], quote=False) for key in ("address", "name"))
    return f"• {name} ({address})" if name else f"• {address}"


def _pack(head: str, groups: Iterable[tuple[str, Lines]]) -> Iterable[Part]:
    text, ids = head, list[int]()
    for title, lines in groups:
        titled = False
        for line, numbers in lines:
            addition = ("" if titled else f"\n\n{title}") + f"\n{line}"
            if ids and _units(text + addition) > LIMIT:
                yield Part(text, tuple(ids))
                text, ids, addition = title, [], f"\n{line}"
            text += addition
            ids += numbers
            titled = True
    yield Part(text, tuple(ids))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
