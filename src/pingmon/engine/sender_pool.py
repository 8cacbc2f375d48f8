"""The senders: one per bot, and what they share with everything else that speaks to Telegram."""

import threading
import time

from pingmon.channels.telegram.checks import bot_api_reachable
from pingmon.channels.telegram.client import BotApiEndpoint, TelegramClient
from pingmon.model.delivery import Answer
from pingmon.notify.sender import Sender
from pingmon.storage.channels import Recipient
from pingmon.storage.outbox import Outbox


class SenderPool:
    """Thread-safe."""

    def __init__(self, outbox: Outbox, endpoint: BotApiEndpoint, language: str, zone: str) -> None:
        """language, zone: of messages, unless a monitor says otherwise."""
        self.endpoint = endpoint
        self._outbox, self._language, self._zone = outbox, language, zone
        self._lock = threading.Lock()
        self._senders: dict[int, Sender] = {}
        self._token_of_any = ""  # a bot's that exists

    def start_sender(self, bot_id: int, token: str) -> None:
        with self._lock:
            if bot_id not in self._senders:
                self._token_of_any = token
                bot = TelegramClient(token, self.endpoint)
                sender = Sender(self._outbox, bot_id, bot, language=self._language, zone=self._zone)
                self._senders[bot_id] = sender
                sender.start()

    def all(self) -> list[tuple[int, Sender]]:
        """With the number of the bot."""
        with self._lock:
            return list(self._senders.items())

    def wake(self, bot_ids: set[int] | None) -> None:
        """None: all of them."""
        for bot_id, sender in self.all():
            if bot_ids is None or bot_id in bot_ids:
                sender.wake()

    def stop(self, within: float = 1.0) -> None:
        """Messages not sent yet stay in the outbox."""
        deadline = time.monotonic() + within
        for _, sender in self.all():
            sender.stop(max(0.0, deadline - time.monotonic()))

    def uncertain(self) -> int:
        """How many messages may have come twice."""
        return sum(sender.uncertain for _, sender in self.all())

    def telegram_reachable(self) -> bool:
        """Whether the Bot API can be reached; takes seconds."""
        return bot_api_reachable(self._token_of_any, self.endpoint)

    def send_now(self, token: str, place: Recipient, text: str) -> tuple[Answer, str]:
        """Now, past the queue; the answer, and the chat that was written to in the end."""
        bot, chat = TelegramClient(token, self.endpoint), place.chat_id
        answer = bot.send(chat, place.thread_id, text)
        if answer.migrate_to:
            self._outbox.migrate_chat(chat, answer.migrate_to)
            chat = answer.migrate_to
            answer = bot.send(chat, place.thread_id, text)
        bot.close()
        return answer, chat
