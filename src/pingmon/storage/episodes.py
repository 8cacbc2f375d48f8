"""Episodes of blindness that chats were told of, stored with the messages that tell them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection, Engine

from pingmon.model.blindness import NO_EPISODE, Episode, episode_from_json
from pingmon.model.clock_jumps import ClockSet
from pingmon.storage.outbox import Outbox
from pingmon.storage.sqlite.transactions import reading
from pingmon.storage.tables import episodes


class EpisodeChange(NamedTuple):
    """A chat's episode from now on, and what to tell of it (see model.blindness), if anything."""

    channel_id: int
    episode: Episode
    event: dict[str, Any] | None


class Episodes:
    """Every public method is one transaction."""

    def __init__(self, engine: Engine, outbox: Outbox) -> None:
        self._engine, self._outbox = engine, outbox

    def load(self) -> dict[int, Episode]:
        """By channel; those of which nothing is remembered are not in it."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(episodes))
            return {row.channel_id: episode_from_json(row.episode) for row in rows}

    def restate(self, connection: Connection, clock: ClockSet) -> None:
        """Part of a transaction: the clock was set while pingmond did not run."""
        for row in connection.execute(select(episodes)).all():
            moved = episode_from_json(row.episode).restated(clock).to_json()
            which = update(episodes).where(episodes.c.channel_id == row.channel_id)
            connection.execute(which.values(episode=moved))

    def save(self, changes: Iterable[EpisodeChange]) -> None:
        """Remember and queue: both or neither."""
        changes = list(changes)
        rows = [
            {"channel_id": one.channel_id, "episode": one.episode.to_json()}
            for one in changes
            if one.episode != NO_EPISODE
        ]
        messages = [
            {"channel_id": one.channel_id, "monitor_id": None, "event": one.event, "not_before": 0.0}
            for one in changes
            if one.event is not None
        ]
        with self._outbox.transaction() as (connection, queue):
            gone = [one.channel_id for one in changes]
            connection.execute(delete(episodes).where(episodes.c.channel_id.in_(gone)))
            if rows:
                connection.execute(insert(episodes), rows)
            self._outbox.queue(connection, queue, messages)
