"""The outbox loop: one thread per bot sends what waits, in order per chat, until it is delivered."""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from pingmon.notify.telegram import Answer, TelegramBot
from pingmon.notify.text import render

log = logging.getLogger(__name__)

CHAT_SPACING = 1.0  # s; Telegram documents about one message per second per chat
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # s; after failures that may pass
REFUSED_PAUSE = 300.0  # s; after a refusal that lasts until somebody acts
IDLE_PAUSE = 30.0


class Message(Protocol):
    """A message that waits, as storage hands it over."""

    @property
    def id(self) -> int: ...
    @property
    def channel_id(self) -> int: ...
    @property
    def chat_id(self) -> str: ...
    @property
    def thread_id(self) -> int | None: ...
    @property
    def event(self) -> dict[str, Any]: ...


class Outbox(Protocol):
    """The part of storage that a sender needs."""

    def waiting(self, bot_id: int) -> Any: ...
    def mark_sent(self, queued: Any, message_id: int | None) -> None: ...
    def mark_failed(self, queued: Any, delivery: str) -> None: ...
    def migrate_chat(self, queued: Any, chat_id: str) -> None: ...


class Sender:
    """Delivers the messages of one bot. `turn` can be called without the thread."""

    def __init__(
        self, outbox: Outbox, bot_id: int, bot: TelegramBot, clock: Callable[[], float] = time.time
    ) -> None:
        self.heartbeat = time.monotonic()
        self.stuck = 180.0  # s; a turn makes requests, each bounded by its timeouts
        self._outbox, self._bot_id, self._bot, self._clock = outbox, bot_id, bot, clock
        self._not_before: dict[int, float] = {}  # per channel, monotonic seconds
        self._failures: dict[int, int] = {}
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
        for queued in self._outbox.waiting(self._bot_id):
            if self._stop:
                return 0.0
            if self._not_before.get(queued.channel_id, 0.0) <= time.monotonic():
                self.heartbeat = time.monotonic()
                self._try(queued)
        self.heartbeat = now = time.monotonic()
        waits = [
            self._not_before[queued.channel_id] - now
            for queued in self._outbox.waiting(self._bot_id)
            if queued.channel_id in self._not_before
        ]
        return max(0.0, min([IDLE_PAUSE, *waits]))

    def _try(self, queued: Message) -> None:
        text = render(queued.event, self._clock())
        answer = self._bot.send(queued.chat_id, queued.thread_id, text)
        channel = queued.channel_id
        if answer.ok:
            result = answer.result if isinstance(answer.result, dict) else {}
            self._outbox.mark_sent(queued, result.get("message_id"))
            self._failures.pop(channel, None)
            self._not_before[channel] = time.monotonic() + CHAT_SPACING
            return
        if answer.migrate_to:
            self._outbox.migrate_chat(queued, answer.migrate_to)
            log.info("chat %s moved to %s; remembered", queued.chat_id, answer.migrate_to)
            self._not_before[channel] = 0.0
            return
        count = self._failures[channel] = self._failures.get(channel, 0) + 1
        self._not_before[channel] = time.monotonic() + pause_after(answer, count)
        words = f"{answer.error_code or ''} {answer.description}".strip()
        self._outbox.mark_failed(queued, words)
        log.warning("message to chat %s not delivered, it stays queued: %s", queued.chat_id, words)


def pause_after(answer: Answer, failures: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds before the next attempt: as Telegram says, else growing, with jitter."""
    if answer.retry_after is not None:
        return float(answer.retry_after)
    if answer.is_permanent:
        return REFUSED_PAUSE
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10)) * (0.5 + jitter() / 2))
