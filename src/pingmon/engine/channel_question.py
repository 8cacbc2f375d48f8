"""Asks whether a channel's service (of Telegram: the Bot API) answers: the last witness of a way out."""

import logging
import threading
import time
from collections.abc import Callable
from math import inf

from pingmon.model.mass_silence import REQUEST_TIMEOUT

log = logging.getLogger(__name__)

ASK_EVERY = 5.0  # s; at least, between two requests


class ChannelQuestion:
    """Thread-safe; a request has its own thread. Times are monotonic seconds, of when it was asked."""

    def __init__(
        self,
        can_reach_anybody: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        on_answer: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """can_reach_anybody: may block. on_answer: is told each outcome, in the request's thread."""
        self._can_reach_anybody, self._clock = can_reach_anybody, clock
        self._on_answer = on_answer
        self._lock = threading.Lock()
        self._asked = self._failed = -inf
        self._is_under_way = False
        self.reached = -inf  # the newest question that was answered

    @property
    def failed(self) -> float:
        """The newest question that was not answered, or not within the time that it may take."""
        with self._lock:
            overdue = self._is_under_way and self._clock() - self._asked > REQUEST_TIMEOUT
            return self._asked if overdue else self._failed

    def ask(self) -> None:
        """Returns at once."""
        now = self._clock()
        with self._lock:
            if self._is_under_way or now - self._asked < ASK_EVERY:
                return
            self._asked, self._is_under_way = now, True
        threading.Thread(target=self._ask, args=(now,), name="way-out", daemon=True).start()

    def ask_now(self) -> bool:
        """Whether it answers; takes seconds."""
        asked = self._clock()
        works = self._can_reach_anybody()
        with self._lock:
            self.reached = max(self.reached, asked) if works else self.reached
        return works

    def _ask(self, asked: float) -> None:
        try:
            works = self._can_reach_anybody()
        except Exception:
            log.exception("could not ask whether our way out works")
            works = False
        with self._lock:
            self._is_under_way = False
            if works:
                self.reached = asked
            else:
                self._failed = asked
        self._on_answer(works)
