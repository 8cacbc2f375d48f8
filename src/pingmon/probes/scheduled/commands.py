"""What other threads tell the thread of a prober: taken in its own time, in order."""

import logging
import time
from collections import deque
from collections.abc import Callable

log = logging.getLogger(__name__)

SUSPENDED = 0.5  # s that CLOCK_BOOTTIME gained on CLOCK_MONOTONIC


class Commands:
    """`give` may be called from any thread.

    Only the first of many has to wake the prober. It takes `_woken` back before it takes commands, so
    who finds it set may rely on being heard. No lock: thousands of workers would queue for it.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._waiting: deque[Callable[[], None]] = deque()
        self._woken = False

    def give(self, command: Callable[[], None]) -> None:
        self._waiting.append(command)
        if not self._woken:
            self._woken = True
            self._wake()

    def run(self) -> None:
        """Run what was given; in the prober's thread."""
        self._woken = False
        while self._waiting:
            try:
                self._waiting.popleft()()
            except Exception:
                log.exception("a command to a prober failed; the others go on")


class Sleep:
    """Whether the machine was suspended since the latest look (clock_gettime(2))."""

    def __init__(self) -> None:
        self._slept = _slept()

    def was_suspended(self) -> bool:
        before, self._slept = self._slept, _slept()
        return abs(self._slept - before) > SUSPENDED


def _slept() -> float:
    """Seconds that the machine has been suspended since it booted."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
