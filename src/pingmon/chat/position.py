"""Which updates of a bot were handled: noted in the transaction of what they changed."""

from collections.abc import Callable

from sqlalchemy.engine import Connection

from pingmon.chat.seen_chats import SeenChats
from pingmon.engine.system_clock import SYSTEM, Clock
from pingmon.model.chat_messages import Place
from pingmon.storage.chats import UPDATES_LIVE, note_handled
from pingmon.storage.store import Store


class Position:
    """Of one bot; for one thread. With it the chats that wrote are noted."""

    def __init__(self, store: Store, account_id: int, clock: Clock = SYSTEM) -> None:
        self._store, self._account_id = store, account_id
        known = store.chats.bot(account_id)
        self._handled, self._clock = known.handled, clock
        # By a clock that nobody sets: numbers must not be taken for old ones because the time was wrong.
        self._handled_at = clock.steady() - max(0.0, clock.wall() - known.handled_at)
        self._noted = self._handled  # what the database has
        self._seen = SeenChats(account_id)

    @property
    def next(self) -> int | None:
        """The number of the first update that was not handled yet; None: any may be it.

        Numbers begin anywhere after a week without updates, which live for a day.
        """
        if self._handled is None or self._clock.steady() - self._handled_at > UPDATES_LIVE:
            return None
        return self._handled + 1

    def see(self, place: Place | None) -> None:
        """A chat that wrote; None: it can't be read."""
        self._seen.see(place)

    def handled(self, update_id: int) -> None:
        """It is not to be handled again by this process."""
        self._handled, self._handled_at = update_id, self._clock.steady()

    def note(self, connection: Connection, update_id: int) -> None:
        """Part of a transaction, after which `noted` is to be called."""
        note_handled(connection, self._account_id, update_id)
        self._seen.save(connection)

    def noted(self, update_id: int) -> None:
        """The transaction was committed: whatever fails after that, the update is handled."""
        self._noted = update_id
        self._seen.saved()
        self.handled(update_id)

    def commit(self, write: Callable[[Connection], None], update_id: int) -> None:
        """A transaction: `write`, and that this update was handled. Raises StorageUnavailable."""

        def both(connection: Connection) -> None:
            self.note(connection, update_id)
            write(connection)

        self._store.chats.write_with(both)
        self.noted(update_id)

    def note_rest(self) -> None:
        """Of those that needed no answer."""
        if self._handled is not None and self._handled != self._noted:
            self.commit(lambda _: None, self._handled)
