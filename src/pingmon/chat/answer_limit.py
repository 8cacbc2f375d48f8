"""How much is answered in all, however many people write; see rate_limits for each of them."""

from collections import OrderedDict, deque

MINUTE = 60.0
ANSWERS = 60  # in a minute; a group takes 20 messages, so more would be dropped as too old
MOST = 1_000  # that are remembered


class AnswerLimit:
    """For one thread."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def has_room(self, what: str, now: float) -> bool:
        """Counts, if there is. what: a chat, or who presses buttons. now: seconds, of a steady clock."""
        times = self._times.setdefault(what, deque(maxlen=ANSWERS))
        self._times.move_to_end(what)
        if len(self._times) > MOST:
            self._times.popitem(last=False)
        if len(times) == ANSWERS and now - times[0] < MINUTE:
            return False
        times.append(now)
        return True
