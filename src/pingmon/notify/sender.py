"""The outbox loop: one thread per bot sends what waits, in order per chat, until it is delivered."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pingmon.channels.telegram.client import TelegramClient, chat_number
from pingmon.model.delivery import Answer
from pingmon.model.errors import PingmonError
from pingmon.notify.coalesce import coalesce
from pingmon.notify.digest import LIMIT, Part, compose, units
from pingmon.notify.interfaces import Message, Queue, Recipient
from pingmon.notify.pacing import BOT_SPACING, REFUSED_PAUSE, Pacing
from pingmon.notify.translation import Translation, translation_for

log = logging.getLogger(__name__)

IDLE_PAUSE = 30.0  # s
STUMBLE_PAUSE = 5.0  # s
MANY = 1_000  # rows that wait for one channel; more are folded
WINDOW = 10_000  # rows that are folded in one go, about a quarter of a second
SMALLEST = 250  # UTF-16 units; a message that short is not split any more
SUSPENDED = "suspended: "
BOT_SUSPENDED = SUSPENDED + "the bot: "
# The server counts tokens that it does not know, 20 a minute for an address: looks are spread.
LOOK_SPACING = 3.0  # s


class Sender:
    """Delivers the messages of one bot. `turn` can be called without the thread."""

    def __init__(
        self,
        queue: Queue,
        bot_id: int,
        bot: TelegramClient,
        clock: Callable[[], float] = time.time,
        language: str = "en",
        zone: str = "",
    ) -> None:
        self.heartbeat = time.monotonic()
        self.stuck = 180.0  # s; a turn makes requests, each bounded by its timeouts
        self.uncertain = 0  # sends whose answer was lost, and that were repeated
        self._queue, self._bot_id, self._bot, self._clock = queue, bot_id, bot, clock
        self._language, self._zone = language, zone
        self._pacing = Pacing()
        self._tried: dict[int, float] = {}  # channel → when, monotonic; who waits longest is next
        self._coalesce_above: dict[int, int] = {}  # channel → rows
        self._suspended: set[int] | None = None  # channels to be looked at first; None: not known yet
        self._bot_suspended = ""  # why, as it shows in the channels' deliveries
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sender-{bot_id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self, timeout: float) -> None:
        """What is under way may be left behind: the outbox has it still."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                pause = self.run_once()
            except PingmonError:  # the database is away: it has said so itself
                pause = STUMBLE_PAUSE
            except Exception:
                log.exception("a sender stumbled; its messages stay in the outbox")
                pause = STUMBLE_PAUSE
            self._wake.wait(pause)

    def run_once(self) -> float:
        """Try what may be tried now; seconds until there can be more to do."""
        self.heartbeat = time.monotonic()
        suspended = self._remembered()
        pending = self._queue.pending(self._bot_id)
        for place in sorted(pending, key=lambda one: self._tried.get(one.channel_id, 0.0)):
            if self._stop.is_set():
                return 0.0
            self._coalesce_backlog(place)
            self.heartbeat = now = time.monotonic()
            if self._pacing.ready_at(place.chat_id, place.channel_id) > now:
                continue
            self._tried[place.channel_id] = now
            if self._look(place, suspended):
                self._deliver(place)
            self._stop.wait(BOT_SPACING)
        self.heartbeat = now = time.monotonic()
        left = self._queue.pending(self._bot_id)
        waits = [self._pacing.ready_at(one.chat_id, one.channel_id) - now for one in left]
        return max(0.0, min([IDLE_PAUSE, *waits]))

    def _remembered(self) -> set[int]:
        """The channels that were suspended when pingmon last ran are looked at before they are used."""
        if self._suspended is None:
            found = self._queue.suspended(self._bot_id)
            of_bot = [words for words in found.values() if words.startswith(BOT_SUSPENDED)]
            if of_bot:
                self._bot_suspended = of_bot[0]
                first = min(REFUSED_PAUSE, LOOK_SPACING * (self._bot_id - 1))
                self._pacing.pause_bot(first, time.monotonic())
            self._suspended = {one for one, words in found.items() if not words.startswith(BOT_SUSPENDED)}
        return self._suspended

    def _coalesce_backlog(self, place: Recipient) -> None:
        """Weeks without Telegram must not fill the disk."""
        waiting, above = place.waiting, self._coalesce_above.get(place.channel_id, MANY)
        if waiting <= above:
            return
        window = WINDOW
        while waiting > above:
            before, waiting = waiting, self._queue.compact(place.channel_id, coalesce, window)
            if before - waiting < MANY:
                if window >= waiting:
                    break
                window *= 2  # that many rows are of that many devices: look further
        self._coalesce_above[place.channel_id] = max(MANY, 2 * waiting)
        if waiting < place.waiting:
            log.info("%d messages that wait for chat %s became %d", place.waiting, place.chat_id, waiting)

    def _look(self, place: Recipient, suspended: set[int]) -> bool:
        """Whether what was suspended is well again; nothing that anybody sees is sent for that."""
        if self._bot_suspended:
            if not self._is_well(place, "getMe", {}):
                return False
            self._queue.set_bot_delivery(self._bot_id, self._bot_suspended, "ok")
            self._bot_suspended = ""
            log.warning("the bot is accepted again: what waits is told")
        if place.channel_id in suspended:
            if not self._is_well(place, "getChat", {"chat_id": chat_number(place.chat_id)}):
                return False
            suspended.discard(place.channel_id)
            log.warning("chat %s is tried again: what waits is told", place.chat_id)
        return True

    def _is_well(self, place: Recipient, method: str, body: dict[str, Any]) -> bool:
        look = self._bot.call(method, body)
        if look.ok or (look.error_code == 404 and method != "getMe"):  # not every server knows it
            return True
        if look.is_permanent or look.migrate_to:
            self._failed(place, [], look)
        else:  # nothing new is known
            self._pacing.on_failed(place.chat_id, place.channel_id, look, time.monotonic())
        return False

    def _deliver(self, place: Recipient) -> None:
        """One message to one channel, about as much of what waits as fits."""
        waiting: Sequence[Message] = self._queue.waiting(place.channel_id)
        if not waiting:
            return
        only = waiting[0] if len(waiting) == 1 and waiting[0].monitor_id else None
        reply_to = self._queue.answers_to(only) if only else None
        language = waiting[-1].event.get("language") or self._language
        words = translation_for(language, self._zone)
        part, answer, topic = self._send(place, waiting, words, reply_to)
        if not answer.ok:
            self.uncertain += answer.uncertain
            self._failed(place, part.ids, answer)
            return
        result = answer.result if isinstance(answer.result, dict) else {}
        gone = topic != place.thread_id
        self._queue.mark_sent(place.channel_id, part.ids, result.get("message_id"), gone)
        self._pacing.on_sent(place.chat_id, time.monotonic())

    def _send(
        self, place: Recipient, waiting: Sequence[Message], words: Translation, reply_to: int | None
    ) -> tuple[Part, Answer, int | None]:
        """Again in a form that Telegram takes when it does not like the first."""
        rows = [(queued.id, queued.monitor_id, queued.event) for queued in waiting]
        topic, notice, limit, plain = place.thread_id, "", LIMIT, False
        while True:
            part = compose(rows, self._clock(), words, limit - units(notice))[0]
            quiet = all(_is_quiet(one.event) for one in waiting if one.id in part.ids)
            text = notice + part.text
            answer = self._bot.send(place.chat_id, topic, text, reply_to, plain, quiet)
            if topic and is_topic_gone(answer):
                log.warning("the topic %s in chat %s is gone: told without it", topic, place.chat_id)
                topic, reply_to = None, None
                notice = _without_topic(words)
            elif "message is too long" in answer.description and limit > SMALLEST:
                limit //= 2
            elif "can't parse entities" in answer.description and not plain:
                plain = True
            else:
                return part, answer, topic

    def _failed(self, place: Recipient, ids: Iterable[int], answer: Answer) -> None:
        chat, channel = place.chat_id, place.channel_id
        if answer.migrate_to and answer.migrate_to != chat:
            self._queue.migrate_chat(chat, answer.migrate_to)
            log.info("chat %s moved to %s; remembered", chat, answer.migrate_to)
            self._pacing.retry_now(chat, channel)
            return
        self._pacing.on_failed(chat, channel, answer, time.monotonic())
        if answer.refuses_bot:
            before, self._bot_suspended = self._bot_suspended, f"{BOT_SUSPENDED}{answer.words}"
            self._queue.set_bot_delivery(self._bot_id, before, self._bot_suspended)
            log.warning("nothing is delivered, all stays queued: the bot is refused: %s", answer.words)
            return
        words = answer.words
        if answer.is_permanent:
            self._remembered().add(channel)
            words = SUSPENDED + words
        self._queue.mark_failed(channel, ids, words)
        log.warning("message to chat %s not delivered, it stays queued: %s", chat, words)


def _without_topic(words: Translation) -> str:
    _ = words._
    return _("⚠️ The topic for these messages is closed or gone: they come here from now on") + "\n\n"


def _is_quiet(event: dict[str, Any]) -> bool:
    return bool(event.get("quiet")) and event.get("after") == "up"


def is_topic_gone(answer: Answer) -> bool:
    gone = ("message thread not found", "TOPIC_CLOSED", "TOPIC_DELETED")
    return answer.error_code == 400 and any(words in answer.description for words in gone)
