"""How much one chat is answered, however many people write in it; see rate_limits for each of them."""

from collections import OrderedDict, deque

MINUTE = 60.0
ANSWERS = 60  # in a minute; a group takes 20 messages, so more would be dropped as too old
MOST = 1_000  # chats that are remembered


class ChatLimit:
    """For one thread."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def has_room(self, chat: str, now: float) -> bool:
        """Counts, if there is. now: seconds of a clock that does not jump."""
        times = self._times.setdefault(chat, deque(maxlen=ANSWERS))
        self._times.move_to_end(chat)
        if len(self._times) > MOST:
            self._times.popitem(last=False)
        if len(times) == ANSWERS and now - times[0] < MINUTE:
            return False
        times.append(now)
        return True
