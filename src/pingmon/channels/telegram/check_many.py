"""Many chats are checked side by side, as fast as Telegram takes it.

Each gets its own result: one that is refused, or has to wait longer than there is time, takes nothing
from the others. What a bot's token is worth is asked once.
"""

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from pingmon.channels.telegram.chat_check import Limited, Trouble, check_chat, check_token
from pingmon.channels.telegram.client import BotApiEndpoint, TelegramClient
from pingmon.model.delivery import CheckedChannel
from pingmon.model.errors import PingmonError, Unreachable
from pingmon.model.monitor import ChannelRequest

AT_ONCE = 8  # requests under way
SPACING = 0.034  # s between requests: about 30 a second per bot are documented
PATIENCE = 60.0  # s for all; the client waits for 90, and a request that was begun may take 20
AGAIN_AFTER, ATTEMPTS = 1.0, 2  # s; when the network or the server fails, if there are many chats
IN_A_ROW = 3  # failures that are no single chat's any more
MANY_IN_A_ROW = 10  # long waits, of which the same is true

Result = CheckedChannel | PingmonError


@dataclass(slots=True)
class _Item:
    request: ChannelRequest
    not_before: float = 0.0  # monotonic seconds
    attempts: int = 0


def check_all(
    requests: Iterable[ChannelRequest], endpoint: BotApiEndpoint, patience: float = PATIENCE
) -> dict[ChannelRequest, Result]:
    """What became of each; for none it raises. patience: seconds, waits that Telegram wants included."""
    return _Round(list(dict.fromkeys(requests)), endpoint, patience).run()


class _Round:
    """One call: what it has learned of bots, and which chats are left."""

    def __init__(self, requests: list[ChannelRequest], endpoint: BotApiEndpoint, patience: float) -> None:
        self._endpoint, self._ends = endpoint, time.monotonic() + patience
        self._left = [_Item(one) for one in requests]
        self._attempts = ATTEMPTS if len(requests) > 1 else 1
        self._results: dict[ChannelRequest, Result] = {}
        self._changed = threading.Condition()
        self._tokens: dict[str, threading.Lock] = {one.secret: threading.Lock() for one in requests}
        self._bots: dict[str, dict[str, object] | PingmonError] = {}
        self._next_request = 0.0
        self._held = 0.0  # nobody is asked before that
        self._under_way = 0
        self._failed = 0  # in a row
        self._waits: list[float] = []  # until when: that Telegram wanted, in a row

    def run(self) -> dict[ChannelRequest, Result]:
        others = [
            threading.Thread(target=self._work, name="check", daemon=True)
            for _ in range(min(AT_ONCE, len(self._left)) - 1)
        ]
        started = []
        for one in others:
            with suppress(RuntimeError):  # no more threads are allowed: then fewer at once
                one.start()
                started.append(one)
        self._work()
        for one in started:
            one.join()
        return self._results

    def _work(self) -> None:
        clients: dict[str, TelegramClient] = {}
        try:
            while item := self._take():
                token = item.request.secret
                if token not in clients:
                    clients[token] = TelegramClient(token, self._endpoint, self._before_request)
                self._put(item, self._check(item, clients[token]))
        finally:
            for client in clients.values():
                client.close()

    def _check(self, item: _Item, bot: TelegramClient) -> Result:
        try:
            return check_chat(bot, self._me(bot, item.request.secret), item.request)
        except PingmonError as error:
            return error

    def _me(self, bot: TelegramClient, token: str) -> dict[str, object]:
        """What getMe says of a bot, asked once. Raises PingmonError."""
        with self._tokens[token]:
            known = self._bots.get(token)
            if known is None:
                try:
                    known = dict(check_token(bot))
                except Limited:
                    raise
                except PingmonError as error:
                    known = error
                self._bots[token] = known
        if isinstance(known, PingmonError):
            raise known
        return known

    def _before_request(self) -> None:
        with self._changed:
            now = time.monotonic()
            at = self._next_request = max(now, self._next_request + SPACING)
        time.sleep(max(0.0, at - now))

    def _take(self) -> _Item | None:
        """The next that may be asked, None when all have their result."""
        with self._changed:
            while self._left or self._under_way:
                now = time.monotonic()
                if now >= self._ends:
                    self._results |= {one.request: _too_late(one.request) for one in self._left}
                    self._left.clear()
                    return None
                times = [max(one.not_before, self._held) for one in self._left]
                first = min(times, default=self._ends)
                if first <= now:
                    self._under_way += 1
                    return self._left.pop(times.index(first))
                self._changed.wait(min(first, self._ends) - now)
            return None

    def _put(self, item: _Item, result: Result) -> None:
        """A result, or the chat back among those that are left."""
        with self._changed:
            self._under_way -= 1
            again = self._again_after(item, result)
            if again is None:
                self._results[item.request] = result
            else:
                item.not_before = again
                self._left.append(item)
            if isinstance(result, Trouble | Limited) and self._is_about_no_chat():
                self._results |= {one.request: result for one in self._left}
                self._left.clear()
            self._changed.notify_all()

    def _is_about_no_chat(self) -> bool:
        """None of the rest would fare better."""
        return self._failed >= IN_A_ROW or (len(self._waits) >= MANY_IN_A_ROW and not self._held)

    def _again_after(self, item: _Item, result: Result) -> float | None:
        """When to ask about this chat again, monotonic seconds; None: never."""
        now = time.monotonic()
        if isinstance(result, Limited):
            again = now + result.seconds
            self._waits.append(again)
            soonest = min(self._waits)
            if len(self._waits) >= IN_A_ROW and soonest < self._ends:  # one of these is tried first
                self._held = soonest
            return again if again < self._ends else None
        self._waits.clear()
        self._held = 0.0
        if not isinstance(result, Trouble):
            self._failed = 0
            return None
        self._failed += 1
        item.attempts += 1
        return now + AGAIN_AFTER if item.attempts < self._attempts and now < self._ends else None


def _too_late(request: ChannelRequest) -> PingmonError:
    return Unreachable(
        f"chat {request.address} was not checked yet, as others took long; "
        "import fewer at once, or with --no_verify",
        "chat_id",
    )
