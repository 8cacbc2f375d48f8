"""Sends what waits for a channel as one message, in the form that the channel takes."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pingmon.model.delivery import (
    ChannelClient,
    ChannelLimits,
    DeliveryAnswer,
    DeliveryStatus,
    Keyboard,
    OutgoingMessage,
    Rendering,
)
from pingmon.model.monitor import Monitor
from pingmon.notify.alarm_buttons import keyboard_of, outages_of
from pingmon.notify.digest import Part, compose, units
from pingmon.notify.interfaces import Message, Recipient
from pingmon.notify.message_text import plain_text, title_of
from pingmon.notify.structured_events import message_key, structured_events
from pingmon.notify.translation import Translation

log = logging.getLogger(__name__)


class Form(NamedTuple):
    """What messages of a kind of channel look like.

    has_buttons: somebody hears when one is pressed. monitors: by ID, of kinds that read events.
    """

    limits: ChannelLimits
    rendering: Rendering
    has_buttons: bool = False
    monitors: Mapping[str, Monitor] = {}


class Sent(NamedTuple):
    """part: what of it was sent. topic: without which it went out in the end, None if without any."""

    part: Part
    answer: DeliveryAnswer
    topic: int | None


def send_message(
    client: ChannelClient,
    recipient: Recipient,
    waiting: Sequence[Message],
    form: Form,
    words: Translation,
    reply_to: int | None,
    now: Callable[[], float],
) -> Sent:
    """Once more as plain text, shorter, or without the topic, if the channel refuses the first form.

    now: epoch seconds; asked before each try.
    """
    rows = [(queued.id, queued.monitor_id, queued.event) for queued in waiting]
    topic, notice, limit = recipient.topic, "", form.limits.message_length
    plain = not form.rendering.html
    while True:
        part = compose(rows, now(), words, limit - units(notice))[0]
        ids = frozenset(part.ids)
        told = [one for one in waiting if one.id in ids]
        its = [row for row in rows if row[0] in ids]
        text = notice + part.text
        message = OutgoingMessage(
            text=plain_text(text),
            html="" if plain else text,
            title=title_of(part.text),
            reply_to=reply_to,
            silent=all(_is_quiet(one.event) for one in told),
            key=message_key(recipient.channel_id, its),
            events=structured_events(its, form.monitors) if form.rendering.events else (),
            keyboard=_buttons(told, words) if form.has_buttons else (),
        )
        answer = client.send(recipient.address, topic, message)
        status = answer.status
        if topic and status is DeliveryStatus.TOPIC_GONE:
            log.warning("the topic %s in chat %s is gone: told without it", topic, recipient.address)
            topic, reply_to = None, None
            notice = _without_topic(words)
        elif status is DeliveryStatus.TOO_LONG and limit > form.limits.least_length:
            limit //= 2
        elif status is DeliveryStatus.MARKUP_REFUSED and not plain:
            plain = True
        else:
            return Sent(part, answer, topic)


def _buttons(told: Iterable[Message], words: Translation) -> Keyboard:
    return keyboard_of(outages_of(told), words)


def _without_topic(words: Translation) -> str:
    _ = words._
    return _("⚠️ The topic for these messages is closed or gone: they come here from now on") + "\n\n"


def _is_quiet(event: dict[str, Any]) -> bool:
    return bool(event.get("silent")) or (bool(event.get("quiet")) and event.get("after") == "up")
