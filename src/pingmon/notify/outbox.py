"""The outbox loop: one thread per bot sends what waits, in order per chat, until it is delivered."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from pingmon.notify.digest import compose
from pingmon.notify.telegram import Answer, TelegramBot, chat_number
from pingmon.notify.words import words_in

log = logging.getLogger(__name__)

# What Telegram documents: about one message per second per chat, 20 per minute per group, 30 per
# second per bot. What it answers (retry_after) counts more.
CHAT_SPACING, GROUP_SPACING, BOT_SPACING = 1.0, 3.05, 0.034  # s
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # s; after failures that may pass
REFUSED_PAUSE = 300.0  # s; between looks at a channel that refuses
IDLE_PAUSE = 30.0


class Message(Protocol):
    """A message that waits, as storage hands it over."""

    @property
    def id(self) -> int: ...
    @property
    def channel_id(self) -> int: ...
    @property
    def monitor_id(self) -> str | None: ...
    @property
    def chat_id(self) -> str: ...
    @property
    def thread_id(self) -> int | None: ...
    @property
    def event(self) -> dict[str, Any]: ...


class Queue(Protocol):
    """The part of storage that a sender needs."""

    def waiting(self, bot_id: int) -> Any: ...
    def answers_to(self, queued: Any) -> int | None: ...
    def mark_sent(self, channel_id: int, ids: Iterable[int], message_id: int | None) -> None: ...
    def mark_failed(self, channel_id: int, ids: Iterable[int], delivery: str) -> None: ...
    def migrate_chat(self, old: str, new: str) -> None: ...


class Sender:
    """Delivers the messages of one bot. `turn` can be called without the thread."""

    def __init__(
        self,
        queue: Queue,
        bot_id: int,
        bot: TelegramBot,
        clock: Callable[[], float] = time.time,
        language: str = "en",
        zone: str = "",
    ) -> None:
        self.heartbeat = time.monotonic()
        self.stuck = 180.0  # s; a turn makes requests, each bounded by its timeouts
        self._queue, self._bot_id, self._bot, self._clock = queue, bot_id, bot, clock
        self._language, self._zone = language, zone
        self._not_before: dict[int, float] = {}  # per channel, monotonic seconds
        self._failures: dict[int, int] = {}
        self._suspended: set[int] = set()  # channels that refused: looked at before they are used
        self._without_topic: set[int] = set()
        self.uncertain = 0  # sends whose answer was lost, and that were repeated
        self._wake = threading.Event()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name=f"sender-{bot_id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self, timeout: float) -> None:
        """What is under way may be left behind: the outbox has it still."""
        self._stop = True
        self._wake.set()
        self._thread.join(timeout)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop:
            self._wake.clear()
            try:
                pause = self.turn()
            except Exception:
                log.exception("a sender stumbled; its messages stay in the outbox")
                pause = 5.0
            self._wake.wait(pause)

    def turn(self) -> float:
        """Try what may be tried now; seconds until there can be more to do."""
        self.heartbeat = time.monotonic()
        for channel, waiting in self._queue.waiting(self._bot_id).items():
            if self._stop:
                return 0.0
            if self._not_before.get(channel, 0.0) <= time.monotonic():
                self.heartbeat = time.monotonic()
                self._deliver(channel, waiting)
                time.sleep(BOT_SPACING)
        self.heartbeat = now = time.monotonic()
        left = self._queue.waiting(self._bot_id)
        waits = [self._not_before.get(channel, now) - now for channel in left]
        return max(0.0, min([IDLE_PAUSE, *waits]))

    def _deliver(self, channel: int, waiting: Sequence[Message]) -> None:
        """One message to one channel, about as much of what waits as fits."""
        first = waiting[0]
        if channel in self._suspended:
            look = self._bot.call("getChat", {"chat_id": chat_number(first.chat_id)})
            if not look.ok:
                self._failed(channel, first, [first.id], look)
                return
            self._suspended.discard(channel)
        rows = [(queued.id, queued.monitor_id, queued.event) for queued in waiting]
        language = waiting[-1].event.get("language") or self._language
        part = compose(rows, self._clock(), words_in(language, self._zone))[0]
        quiet = all(_is_quiet(one.event) for one in waiting if one.id in part.ids)
        topic = None if channel in self._without_topic else first.thread_id
        reply_to = self._queue.answers_to(first) if len(waiting) == 1 and first.monitor_id else None
        answer = self._bot.send(first.chat_id, topic, part.text, reply_to, quiet=quiet)
        if topic and is_topic_gone(answer):
            self._without_topic.add(channel)
            log.warning("the topic %s in chat %s is gone: told without it", topic, first.chat_id)
            answer = self._bot.send(first.chat_id, None, part.text, reply_to, quiet=quiet)
        if "can't parse entities" in answer.description:
            answer = self._bot.send(first.chat_id, topic, part.text, reply_to, True, quiet)
        if not answer.ok:
            self._failed(channel, first, part.ids, answer)
            return
        result = answer.result if isinstance(answer.result, dict) else {}
        self._queue.mark_sent(channel, part.ids, result.get("message_id"))
        self._failures.pop(channel, None)
        spacing = CHAT_SPACING if first.chat_id.isdigit() else GROUP_SPACING
        self._not_before[channel] = time.monotonic() + spacing

    def _failed(self, channel: int, first: Message, ids: Iterable[int], answer: Answer) -> None:
        if answer.migrate_to:
            self._queue.migrate_chat(first.chat_id, answer.migrate_to)
            log.info("chat %s moved to %s; remembered", first.chat_id, answer.migrate_to)
            self._not_before[channel] = 0.0
            return
        self.uncertain += answer.uncertain
        count = self._failures[channel] = self._failures.get(channel, 0) + 1
        self._not_before[channel] = time.monotonic() + pause_after(answer, count)
        words = f"{answer.error_code or ''} {answer.description}".strip()
        if answer.is_permanent:
            self._suspended.add(channel)
            words = f"suspended: {words}"
        self._queue.mark_failed(channel, ids, words)
        log.warning("message to chat %s not delivered, it stays queued: %s", first.chat_id, words)


def _is_quiet(event: dict[str, Any]) -> bool:
    return bool(event.get("quiet")) and event.get("after") == "up"


def is_topic_gone(answer: Answer) -> bool:
    gone = ("message thread not found", "TOPIC_CLOSED", "TOPIC_DELETED")
    return answer.error_code == 400 and any(words in answer.description for words in gone)


def pause_after(answer: Answer, failures: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds before the next attempt: as Telegram says, else growing, with jitter."""
    if answer.retry_after is not None:
        return float(answer.retry_after)
    if answer.is_permanent:
        return REFUSED_PAUSE
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10)) * (0.5 + jitter() / 2))
