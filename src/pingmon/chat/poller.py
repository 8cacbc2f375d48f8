"""Reads what one bot hears: a thread of its own, on a connection of its own."""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Protocol

from pingmon.model.chat_service import ChatClient, ReceivedUpdates
from pingmon.model.delivery import DeliveryAnswer
from pingmon.model.errors import PingmonError
from pingmon.model.polling import PollState, PollTrouble, advance, pause_after

log = logging.getLogger(__name__)

WAIT = 50.0  # s; as long as the service lets one wait
STUMBLE_PAUSE = 5.0  # s; after what should not happen
JITTER = 0.2
PATIENCE = 5  # failures in a row, about half a minute


class Handler(Protocol):
    """What is done with what was received."""

    @property
    def offset(self) -> int | None:
        """Of the first update that was not handled yet; None: whatever the service has."""

    def handle_all(self, received: ReceivedUpdates, should_stop: Callable[[], bool]) -> bool:
        """Whether there was anything new. Raises StorageUnavailable; then the rest is not handled."""

    def introduce(self, client: ChatClient) -> DeliveryAnswer:
        """Ask who the account is, before anything is handled. What came of that."""

    def retire(self, client: ChatClient) -> None:
        """Commands of this account are not read any more."""


class Poller:
    """`run_once` can be called without the thread."""

    def __init__(
        self, name: str, client: ChatClient, handler: Handler, is_retired: Callable[[], bool]
    ) -> None:
        """name: of the bot, for the log. The client is closed at the end.

        is_retired: whether nobody reads its commands after this one.
        """
        self.state = PollState()
        self.heartbeat = time.monotonic()
        self._name, self._client, self._handler = name, client, handler
        self._is_introduced, self._is_retired = False, is_retired
        self._said = PollTrouble.NONE
        self._handling = threading.Lock()
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"poller-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, within: float = 2.0) -> None:
        """What is being handled is finished; what comes after that is left to the next who asks."""
        self._stop.set()
        self._wake.set()
        if self._handling.acquire(timeout=within):
            self._handling.release()

    def wake(self) -> None:
        """Ask now."""
        self._wake.set()

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
                log.exception("the reading of commands for bot %s stumbled", self._name)
                pause = STUMBLE_PAUSE
            if pause:
                self._wake.wait(pause)
        try:
            if self._is_introduced and self._is_retired():
                self._handler.retire(self._client)
        except PingmonError:
            pass  # the database has said so itself
        finally:
            self._client.close()

    def run_once(self) -> float:
        """Ask once, and handle what comes. Seconds until the next question."""
        self.heartbeat = began = time.monotonic()
        got = self._ask()
        self.state = advance(self.state, got, time.time())
        self._say()
        has_news = False
        with self._handling:
            if got.answer.is_delivered and not self._stop.is_set():
                has_news = self._handler.handle_all(got, self._stop.is_set)
        pause = pause_after(self.state, got, has_news, time.monotonic() - began)
        return pause * (1 + random.uniform(-JITTER, JITTER) * (self.state.failures > 0))

    def _ask(self) -> ReceivedUpdates:
        if not self._is_introduced:
            answer = self._handler.introduce(self._client)
            if not answer.is_delivered:
                return ReceivedUpdates(answer)
            self._is_introduced = True
        return self._client.updates(self._handler.offset, WAIT)

    def _say(self) -> None:
        """Once for each trouble; of a network that comes and goes only when it is away for longer."""
        now = self.state
        if now.trouble is self._said:
            return
        if now.trouble is PollTrouble.NONE:
            log.warning("commands for bot %s are read again", self._name)
        elif now.trouble is PollTrouble.UNREACHABLE and now.failures < PATIENCE:
            return
        else:
            log.warning("commands for bot %s are not read: %s", self._name, now.words)
        self._said = now.trouble
