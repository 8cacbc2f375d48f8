"""When a chat may be written to: Telegram's limits, and pauses after failures. Pure but for jitter.

Times are monotonic seconds, passed in.
"""

import random
from collections.abc import Callable

from pingmon.model.delivery import Answer

# What Telegram documents: about one message per second per chat, 20 per minute per group, 30 per
# second per bot. What it answers (retry_after) counts more.
CHAT_SPACING, GROUP_SPACING, BOT_SPACING = 1.0, 3.05, 0.034  # s
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # s; after failures that may pass
REFUSED_PAUSE = 300.0  # s; between looks at a channel or a bot that is refused


class Pacing:
    """Of one bot. Limits are those of a chat, whatever its topics; a refusal is one channel's."""

    def __init__(self) -> None:
        self._bot = 0.0
        self._bot_failures = 0
        self._chats: dict[str, float] = {}
        self._floods: dict[str, float] = {}  # until when a chat waits because Telegram said so
        self._channels: dict[int, float] = {}
        self._failures: dict[str, int] = {}

    def ready_at(self, chat: str, channel: int) -> float:
        """When that channel may be written to."""
        return max(self._bot, self._chats.get(chat, 0.0), self._channels.get(channel, 0.0))

    def on_sent(self, chat: str, now: float) -> None:
        self._failures.pop(chat, None)
        self._bot_failures = 0
        self._chats[chat] = now + (CHAT_SPACING if chat.isdigit() else GROUP_SPACING)

    def retry_now(self, chat: str, channel: int) -> None:
        """Something else is to be tried at once."""
        self._chats.pop(chat, None)
        self._channels.pop(channel, None)

    def on_failed(self, chat: str, channel: int, answer: Answer, now: float) -> None:
        count = self._failures[chat] = self._failures.get(chat, 0) + 1
        until = now + pause_after(answer, count)
        if answer.refuses_bot:
            self._bot = until
        elif answer.is_permanent:
            self._channels[channel] = until
        else:
            self._chats[chat] = until
        if answer.retry_after is not None:
            self._floods = {one: end for one, end in self._floods.items() if end > now} | {chat: until}
            if len(self._floods) > 1:  # two chats at once: it is the bot that is too fast
                self._bot = max(self._bot, *self._floods.values())
        elif not answer.was_heard:  # no chat would fare better: not one try for each of them
            self._bot_failures += 1
            self._bot = max(self._bot, now + pause_after(answer, self._bot_failures))

    def pause_bot(self, seconds: float, now: float) -> None:
        self._bot = max(self._bot, now + seconds)


def pause_after(answer: Answer, failures: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds before the next attempt: as Telegram says, else growing, with jitter."""
    if answer.retry_after is not None:
        return float(answer.retry_after)
    if answer.is_permanent:
        return REFUSED_PAUSE
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10)) * (0.5 + jitter() / 2))
