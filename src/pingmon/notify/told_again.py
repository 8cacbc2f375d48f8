"""A message that told alarms, as it reads now: who cares, what is over. Pure."""

import html
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pingmon.model.delivery import Keyboard
from pingmon.model.told_outage import CARING, Fate
from pingmon.notify.alarm_buttons import Outage, keyboard_of, outages_of
from pingmon.notify.alarm_text import label
from pingmon.notify.digest import compose, units
from pingmon.notify.interfaces import Message
from pingmon.notify.translation import Translation

MOST_NAMED = (10, 3, 0)  # devices in one line; fewer if that is too long
ROOM = 90  # UTF-16 units; kinds with buttons take so much more than what their limit is set to


class Told(Message, Protocol):
    """A row of the outbox that a message told."""

    @property
    def sent_at(self) -> float: ...
    @property
    def fate(self) -> Fate: ...


class Shown(NamedTuple):
    """What a message says, and the buttons under it."""

    text: str
    keyboard: Keyboard


def show_again(told: Sequence[Told], words: Translation, limit: int) -> Shown:
    """told: all rows of one message, oldest first. limit: UTF-16 units."""
    rows = [(one.id, one.monitor_id, one.event) for one in told]
    text = compose(rows, told[0].sent_at, words, limit)[0].text
    keys = {one.key for one in outages_of(told)}
    its = [one for one in told if one.key in keys]
    tail_of = [one for one in its if _kind(one) != CARING]
    for most in MOST_NAMED:
        tail = _tail(tail_of, words, most)
        if tail and units(text + tail) + 2 <= limit + ROOM:
            text += "\n\n" + tail if len(tail_of) > 1 else "\n" + tail
            break
    outages = [Outage(one.key, _kind(one), one.fate.is_cared_for) for one in its if one.fate.is_open]
    return Shown(text, keyboard_of(outages, words))


def _kind(told: Told) -> str:
    return str(told.event.get("kind", "change"))


def _tail(told: Sequence[Told], words: Translation, most: int) -> str:
    """most: devices that a line names."""
    if len(told) == 1:
        return _line(told[0].fate, words)
    groups: dict[tuple[str, float], list[Told]] = {}
    for one in told:
        if one.fate.is_cared_for:
            groups.setdefault((one.fate.by, one.fate.cared_at), []).append(one)
    lines = [
        f"{_line(some[0].fate, words)}: {_named(some, len(told), words, most)}"
        for some in groups.values()
    ]
    if over := [one for one in told if one.fate.ended_at]:
        text = words._("🟢 up again: {devices}")
        lines.append(text.format(devices=_named(over, len(told), words, most)))
    return "\n".join(lines)


def _line(fate: Fate, words: Translation) -> str:
    """Of one outage."""
    _ = words._
    if fate.is_cared_for:
        who, when = html.escape(fate.by, quote=False), words.format_time(fate.cared_at)
        return _("🔵 acknowledged by {who}, {time}").format(who=who, time=when)
    if fate.ended_at:
        return _("🟢 up again since {time}").format(time=words.format_time(fate.ended_at))
    return ""


def _named(some: Sequence[Told], total: int, words: Translation, most: int) -> str:
    if len(some) == total:
        return words._("all of them")
    if not most:
        return words._("{n} of {total}").format(n=len(some), total=total)
    names = [label(one.event) for one in some[:most]]
    if (more := len(some) - most) > 0:
        names.append(words.plural("and {n} more", "and {n} more", more).format(n=more))
    return ", ".join(names)
