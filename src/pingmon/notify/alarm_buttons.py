"""The buttons under a message that tells outages. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pingmon.model.button_data import (
    ACKNOWLEDGE,
    ACKNOWLEDGE_ALL,
    CHOOSE,
    DETAILS,
    MUTE,
    UNDO,
    ButtonData,
)
from pingmon.model.delivery import Keyboard, SentButton
from pingmon.model.told_outage import CARING, TELLING
from pingmon.notify.interfaces import Message
from pingmon.notify.repeated_events import coalesce
from pingmon.notify.translation import Translation


class Outage(NamedTuple):
    """One that a message tells, or of which it tells that somebody cares. key: of its buttons."""

    key: str
    kind: str
    is_cared_for: bool = False


def outages_of(told: Iterable[Message]) -> list[Outage]:
    """Those that last as far as the message itself says: what came back while it waited is over."""
    rows = list(told)
    keys = {one.id: one.key for one in rows if one.key}
    entries = coalesce([(one.id, one.monitor_id, one.event) for one in rows])
    return [
        Outage(keys[one.at_row], one.event.get("kind", "change"), _is_cared_for(one.event))
        for one in entries
        if one.at_row in keys and one.event.get("kind", "change") in (*TELLING, CARING)
    ]


def _is_cared_for(event: dict[str, object]) -> bool:
    return event.get("kind") == CARING or bool(event.get("by"))


def keyboard_of(outages: Sequence[Outage], words: Translation) -> Keyboard:
    """outages: that last, of one message. Whether somebody cares is told by a line of its own."""
    if len(outages) == 1:
        only = outages[0]
        return _of_care(only, words) if only.kind == CARING else _of_one(only, words)
    some = [one for one in outages if one.kind != CARING]
    if not some:
        return ()
    rows, key = list[list[SentButton]](), some[0].key
    if count := sum(not one.is_cared_for for one in some):
        text = words._("Acknowledge all ({n})").format(n=count)
        rows.append([_button(text, ACKNOWLEDGE_ALL, key)])
    return [*rows, [_button(words._("Choose…"), CHOOSE, key)]]


def _of_one(outage: Outage, words: Translation) -> Keyboard:
    _, key = words._, outage.key
    details = _button(_("Details"), DETAILS, key)
    first = [details] if outage.is_cared_for else [_button(_("Acknowledge"), ACKNOWLEDGE, key), details]
    mutes = [
        _button(_("Mute {hours} h").format(hours=hours), letter, key) for hours, letter in MUTE.items()
    ]
    return [first, mutes]


def _of_care(outage: Outage, words: Translation) -> Keyboard:
    return [[_button(words._("Undo"), UNDO, outage.key)]] if outage.is_cared_for else ()


def _button(text: str, letter: str, key: str) -> SentButton:
    return SentButton(text, str(ButtonData(letter, key)))
