"""How long a service wants nothing for an address (of Telegram: retry_after of a 429), over restarts."""

import time

from sqlalchemy import func, select, update
from sqlalchemy.engine import Engine

from pingmon.storage.sqlite.transactions import reading, writing
from pingmon.storage.tables import channels

_ADDRESS = func.coalesce(channels.c.migrated_to, channels.c.chat_id)  # where messages go now


def floods(engine: Engine, account_id: int) -> dict[str, float]:
    """Address → seconds left; never more than was said, though the clock may have been set back."""
    now = time.time()
    query = select(_ADDRESS.label("address"), channels.c.flood_until, channels.c.flood_seconds)
    query = query.where(channels.c.bot_id == account_id, channels.c.flood_until > now)
    found: dict[str, float] = {}
    with reading(engine) as connection:
        for row in connection.execute(query):
            left = min(row.flood_until - now, row.flood_seconds)
            found[row.address] = max(left, found.get(row.address, 0.0))
    return found


def set_flood(engine: Engine, account_id: int, address: str, seconds: float) -> None:
    """From now on. For all topics of the address; an earlier end changes nothing."""
    until = time.time() + seconds
    later = (
        update(channels)
        .where(channels.c.bot_id == account_id, channels.c.flood_until < until)
        .where(_ADDRESS.in_([address]))
    )
    with writing(engine) as connection:
        connection.execute(later.values(flood_until=until, flood_seconds=seconds))
