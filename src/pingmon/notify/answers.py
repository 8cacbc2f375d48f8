"""Sends answers to what people wrote, and shows alarms anew: a part of the sender, after its alarms.

What fails for a while is tried again until it expires; what is refused is dropped, and nothing else
comes of it: an answer never suspends a channel.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, cast

from pingmon.model.button_data import keyboard_of_answer
from pingmon.model.chat_messages import ChatAnswer
from pingmon.model.chat_service import ButtonClient
from pingmon.model.delivery import (
    ChannelClient,
    ChannelLimits,
    DeliveryAnswer,
    DeliveryStatus,
    OutgoingMessage,
)
from pingmon.notify.digest import units
from pingmon.notify.interfaces import Queue, Recipient
from pingmon.notify.message_text import plain_text
from pingmon.notify.pacing import Pacing
from pingmon.notify.told_again import Shown, Told, show_again
from pingmon.notify.translation import Translation

log = logging.getLogger(__name__)


class WaitingAnswer(Protocol):
    """See storage.answers.WaitingAnswer."""

    @property
    def id(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def answer(self) -> ChatAnswer | None: ...
    @property
    def reply_to(self) -> int | None: ...
    @property
    def edits(self) -> int | None: ...


class AnswerQueue(Protocol):
    """The part of storage that has what is to be answered."""

    def pending(self, account_id: int) -> Sequence[Any]: ...
    def next(self, channel_id: int) -> Any: ...
    def soonest(self, account_id: int) -> float | None: ...
    def mark_sent(self, number: int, message_id: int | None) -> None: ...
    def drop(self, number: int) -> None: ...


class ToldMessages(Protocol):
    """The part of storage that knows what messages told."""

    def rows(self, channel_id: int, message_id: int) -> Sequence[Any]: ...


class Talk(NamedTuple):
    """What a sender needs besides when people can talk to its account.

    is_polled: whether somebody listens: then messages have buttons.
    """

    answers: AnswerQueue
    told: ToldMessages
    is_polled: Callable[[], bool]


class AnswerSender:
    """Of one account."""

    def __init__(
        self,
        talk: Talk,
        queue: Queue,
        account_id: int,
        limits: ChannelLimits,
        pacing: Pacing,
        words_for: Callable[[str], Translation],
    ) -> None:
        """words_for: by language, empty: the daemon's."""
        self.uncertain = 0  # answers that may have come twice
        self._talk, self._queue, self._account_id = talk, queue, account_id
        self._limits, self._pacing, self._words_for = limits, pacing, words_for

    def run(self, client: ChannelClient, pause: Callable[[float], bool]) -> None:
        """Send what may be sent now.

        pause: waits so many seconds; whether to go on, rather than to look for alarms.
        """
        for recipient in self._talk.answers.pending(self._account_id):
            if self._pacing.ready_for_answer(recipient.address) > time.monotonic():
                continue
            self._deliver(cast(ButtonClient, client), recipient)
            if not pause(self._limits.account_spacing):
                return

    def wait(self) -> float | None:
        """Seconds until something may be sent; None: nothing waits."""
        now = time.monotonic()
        ready = [
            self._pacing.ready_for_answer(one.address) - now
            for one in self._talk.answers.pending(self._account_id)
        ]
        if held := self._talk.answers.soonest(self._account_id):
            ready.append(held - time.time())
        return max(0.0, min(ready)) if ready else None

    def _deliver(self, client: ButtonClient, recipient: Recipient) -> None:
        waiting: WaitingAnswer | None = self._talk.answers.next(recipient.channel_id)
        if waiting is None:
            return
        shown = self._shown(recipient, waiting)
        if shown is None:
            self._talk.answers.drop(waiting.id)
            return
        answer = self._send(client, recipient, waiting, shown)
        address = recipient.address
        if answer.is_delivered:
            message_id = answer.message_id if waiting.edits is None else waiting.edits
            self._talk.answers.mark_sent(waiting.id, message_id if waiting.answer else None)
            self._pacing.on_sent(address, time.monotonic())
        elif answer.moved_to and answer.moved_to != address:
            self._queue.move_address(self._account_id, address, answer.moved_to)
            log.info("chat %s moved to %s; remembered", address, answer.moved_to)
        elif answer.is_permanent:
            self._talk.answers.drop(waiting.id)
            log.info("an answer to chat %s was refused, it is dropped: %s", address, answer.reason)
        else:
            self.uncertain += answer.uncertain and waiting.edits is None
            self._pacing.on_failed(address, recipient.channel_id, answer, time.monotonic())
            if answer.retry_after is not None:
                self._queue.set_flood(self._account_id, address, answer.retry_after)

    def _shown(self, recipient: Recipient, waiting: WaitingAnswer) -> Shown | None:
        """None: there is nothing to show any more."""
        if waiting.answer is not None:
            keyboard = keyboard_of_answer(waiting.answer.keyboard, waiting.key)
            return None if waiting.edits == 0 else Shown(waiting.answer.text, keyboard)
        told: Sequence[Told] = self._talk.told.rows(recipient.channel_id, waiting.edits or 0)
        if not told:
            return None
        words = self._words_for(str(told[-1].event.get("language") or ""))
        shown = show_again(told, words, self._limits.message_length)
        return shown if self._talk.is_polled() else Shown(shown.text, ())

    def _send(
        self, client: ButtonClient, recipient: Recipient, waiting: WaitingAnswer, shown: Shown
    ) -> DeliveryAnswer:
        """Once more as plain text, shorter, or without the topic, if the first form is refused."""
        topic, text, plain = recipient.topic, shown.text, False
        while True:
            if waiting.edits is not None:
                answer = client.edit(
                    recipient.address, waiting.edits, text, keyboard=shown.keyboard, plain=plain
                )
            else:
                message = OutgoingMessage(
                    text if plain else plain_text(text),
                    html="" if plain else text,
                    reply_to=waiting.reply_to,
                    keyboard=shown.keyboard,
                )
                answer = client.send(recipient.address, topic, message)
            status = answer.status
            if status is DeliveryStatus.TOPIC_GONE and topic:
                topic = None
            elif status is DeliveryStatus.MARKUP_REFUSED and not plain:
                text, plain = plain_text(text), True
            elif status is DeliveryStatus.TOO_LONG and units(text) > self._limits.least_length:
                text, plain = plain_text(text)[: len(text) // 2], True
            else:
                return answer
