"""What waits for one chat becomes one message: counts first, then devices by what happened. Pure."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pingmon.notify.text import LATE_AFTER, clock, duration, notice, render

LIMIT = 4000  # UTF-16 units; Telegram takes 4,096 after entities are parsed

Waiting = tuple[int, str | None, dict[str, Any]]  # outbox id, monitor id, event


@dataclass(frozen=True, slots=True)
class Part:
    """One message and the outbox rows that it delivers."""

    text: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    ids: tuple[int, ...]


_TITLES = ("🟡 <b>Also</b>", "🔴 <b>Down</b>", "🟢 <b>Up again</b>", "⚪ <b>Was down meanwhile</b>")
_COUNTS = (
    ("notice", "notices", ""),
    ("is", "are", "down"),
    ("is", "are", "up again"),
    ("was", "were", "down meanwhile"),
)


def compose(waiting: Sequence[Waiting], now: float) -> list[Part]:
    """The messages that tell all of `waiting` (oldest first), each row in exactly one of them.

    A single event keeps its full form. Of many, a device that went down and came back is one line.
    """
    if len(waiting) == 1:
        number, _, event = waiting[0]
        return [Part(render(event, now), (number,))]
    groups = _group(waiting)
    head = _head(groups, max(now - event["decided_at"] for _, _, event in waiting))
    return list(_pack(head, groups))


def _group(waiting: Sequence[Waiting]) -> tuple[list[_Line], ...]:
    """Lines for: notices, down now, up again, down and up while waiting."""
    notes: list[_Line] = []
    down: list[_Line] = []
    up: list[_Line] = []
    passed: list[_Line] = []
    open_outage: dict[str | None, tuple[int, dict[str, Any]]] = {}
    for number, monitor, event in waiting:
        if event.get("kind", "change") != "change":
            notes.append(_Line(notice(event), (number,)))
        elif event["after"] == "down":
            if monitor in open_outage:  # two in a row do not happen; lose nothing if they do
                down.append(_down_line(*open_outage[monitor]))
            open_outage[monitor] = (number, event)
        elif monitor in open_outage:
            first, began = open_outage.pop(monitor)
            length = duration(event["at"] - began["at"])
            text = f"{_device(event)} {clock(began['at'])}, for {length}{_reason(began)}"
            passed.append(_Line(text, (first, number)))
        else:
            lasted = f", was down for {duration(event['lasted'])}" if event["lasted"] is not None else ""
            up.append(_Line(f"{_device(event)} {clock(event['at'])}{lasted}", (number,)))
    down += [_down_line(number, event) for number, event in open_outage.values()]
    return notes, down, up, passed


def _down_line(number: int, event: dict[str, Any]) -> _Line:
    return _Line(f"{_device(event)} {clock(event['at'])}{_reason(event)}", (number,))


def _device(event: dict[str, Any]) -> str:
    address = html.escape(event["address"], quote=False)
    name = html.escape(event["name"], quote=False)
    return f"• {name} ({address})" if name else f"• {address}"


def _reason(event: dict[str, Any]) -> str:
    reason = event["reason"]
    return "" if reason in ("", "no reply") else f": {html.escape(reason, quote=False)}"


def _head(groups: Iterable[list[_Line]], oldest: float) -> str:
    counts = [
        f"{len(lines)} {one if len(lines) == 1 else many} {words}".strip()
        for lines, (one, many, words) in zip(groups, _COUNTS, strict=True)
        if lines
    ]
    late = f"\n(told up to {duration(oldest)} late)" if oldest > LATE_AFTER else ""
    return f"<b>{', '.join(counts)}</b>{late}"


def _pack(head: str, groups: Iterable[list[_Line]]) -> Iterable[Part]:
    text, ids = head, list[int]()
    for title, lines in zip(_TITLES, groups, strict=True):
        titled = False
        for line in lines:
            addition = ("" if titled else f"\n\n{title}") + f"\n{line.text}"
            if ids and _units(text + addition) > LIMIT:
                yield Part(text, tuple(ids))
                text, ids, addition = title, [], f"\n{line.text}"
            text += addition
            ids += line.ids
            titled = True
    yield Part(text, tuple(ids))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
