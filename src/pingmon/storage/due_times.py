"""When the clock alone brings something next. Looks cost no query while nothing is written."""

from math import inf

from sqlalchemy import func, select, union_all
from sqlalchemy.engine import Engine

from pingmon.storage.chat_notices import owes
from pingmon.storage.sqlite.transactions import count_writes, reading
from pingmon.storage.tables import alarms, chat_undos, downtimes

_SOONEST = union_all(*map(select, map(func.min, (alarms.c.due, downtimes.c.due, chat_undos.c.expires))))


class DueTimes:
    """For one thread. Of alarms, planned downtime, deletions that can be undone, and owed notices."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writes = -1  # transactions that were committed when it was read
        self._soonest = -inf

    def is_due(self, now: float) -> bool:
        """Whether anything may be due by now, epoch seconds. Raises StorageUnavailable."""
        return now >= self.soonest()

    def soonest(self) -> float:
        """When anything may be due, epoch seconds; inf: never. Raises StorageUnavailable."""
        writes = count_writes(self._engine)  # before it is read: what is written meanwhile is read next
        if writes != self._writes:
            self._soonest = self._read()
            self._writes = writes
        return self._soonest

    def _read(self) -> float:
        """Epoch seconds; what chats are owed is due as soon as they may hear it, which is not known."""
        with reading(self._engine) as connection:
            times = [time for time in connection.execute(_SOONEST).scalars() if time is not None]
            return -inf if owes(connection) else min(times, default=inf)
