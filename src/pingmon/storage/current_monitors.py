"""Monitors as they are stored: what was decided or asked for was so a moment ago."""

import json
from collections.abc import Iterable

from sqlalchemy.engine import Connection

from pingmon.model.monitor import Monitor
from pingmon.storage.row_mapping import all_channels, live_monitors, monitor_of
from pingmon.storage.sqlite.bulk import rows_for
from pingmon.storage.sqlite.chunks import chunks
from pingmon.storage.tables import monitors

_QUERY = (
    "SELECT id, address, channel_id, json_extract(options, '$.others', '$.grouped') "
    "FROM monitors WHERE deleted = 0 AND id IN :given"
)
_NO_OTHERS = json.dumps([None, None], separators=(",", ":"))


def current(connection: Connection, known: Iterable[Monitor]) -> dict[str, Monitor]:
    """By ID, those that were not deleted; those with another address or channels as they are now.

    An edit may have been committed since: a channel that it took away must not be told.
    """
    wanted = {one.id: one for one in known}
    found, changed = dict[str, Monitor](), list[str]()
    for which, address, channel, others in rows_for(connection, _QUERY, list(wanted)):
        one = wanted[which]
        if (address, channel, others) == (one.address, one.channel.id, _others(one)):
            found[which] = one
        else:
            changed.append(which)
    if changed:
        channels = all_channels(connection)
        for some in chunks(changed):
            for row in connection.execute(live_monitors().where(monitors.c.id.in_(some))):
                found[row.id] = monitor_of(row, channels)
    return found


def _others(monitor: Monitor) -> str:
    """As SQLite writes them."""
    if not (monitor.others or monitor.grouped):
        return _NO_OTHERS
    numbers = ([one.id for one in some] or None for some in (monitor.others, monitor.grouped))
    return json.dumps(list(numbers), separators=(",", ":"))
