"""Which chats wrote to a bot, so that `find-chat` can name them though no other program reads updates."""

import time

from sqlalchemy.engine import Connection

from pingmon.model.chat_messages import Place
from pingmon.storage.chats import MOST_SEEN, SeenChat, note_seen

AGAIN = 60.0  # s; until a chat that is known is written anew


class SeenChats:
    """Of one bot; for one thread."""

    def __init__(self, account_id: int) -> None:
        self._account_id = account_id
        self._known: dict[str, tuple[str, str, float]] = {}  # address → kind, title, when written
        self._new: dict[str, SeenChat] = {}

    def see(self, place: Place | None) -> None:
        """None: it could not be read."""
        if place is None:
            return
        now, kind, title = time.time(), str(place.kind), place.title or place.username
        known = self._known.get(place.chat_id)
        if known and known[:2] == (kind, title) and now - known[2] < AGAIN:
            return
        if len(self._known) >= MOST_SEEN:
            self._known.clear()
        self._known[place.chat_id] = (kind, title, now)
        self._new[place.chat_id] = SeenChat(self._account_id, place.chat_id, kind, title, now)

    def save(self, connection: Connection) -> None:
        """Part of a transaction: those that are new. They are offered again if it fails."""
        for one in self._new.values():
            note_seen(connection, one)

    def saved(self) -> None:
        """The transaction was committed."""
        self._new.clear()
