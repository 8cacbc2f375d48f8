"""How much one person in one chat may ask. Thread-safe; what is remembered is bounded."""

import threading
from collections import OrderedDict, deque
from collections.abc import Hashable
from enum import Enum

MINUTE, HOUR = 60.0, 3600.0
COMMANDS = 20  # in a minute, of one person in one chat
STRANGERS = 20  # in a minute, of one bot: so many of them are told their ids
MOST = 10_000  # that are remembered; beyond, those that asked the longest ago are forgotten


class Limit(Enum):
    """WITHIN: go on. SAY: one too many, which is said. SILENT: said already."""

    WITHIN = 0
    SAY = 1
    SILENT = 2


class RateLimits:
    """Times: seconds of a clock that does not jump."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: OrderedDict[Hashable, deque[float]] = OrderedDict()
        self._said: set[Hashable] = set()
        self._strangers: OrderedDict[Hashable, float] = OrderedDict()

    def command(self, who: Hashable, now: float) -> Limit:
        """who: bot, chat and user."""
        with self._lock:
            if self._is_room(who, now, COMMANDS):
                self._said.discard(who)
                return Limit.WITHIN
            if who in self._said:
                return Limit.SILENT
            self._said.add(who)
            return Limit.SAY

    def stranger(self, who: Hashable, bot: Hashable, now: float) -> bool:
        """Whether this one may be told something: once an hour."""
        with self._lock:
            before = self._strangers.get(who)
            if before is not None and now - before < HOUR:
                return False
            if not self._is_room(("strangers", bot), now, STRANGERS):
                return False
            self._strangers[who] = now
            self._strangers.move_to_end(who)
            if len(self._strangers) > MOST:
                self._strangers.popitem(last=False)
            return True

    def _is_room(self, who: Hashable, now: float, most: int) -> bool:
        times = self._asked.setdefault(who, deque(maxlen=most))
        self._asked.move_to_end(who)
        if len(self._asked) > MOST:
            gone, _ = self._asked.popitem(last=False)
            self._said.discard(gone)
        if len(times) == most and now - times[0] < MINUTE:
            return False
        times.append(now)
        return True
