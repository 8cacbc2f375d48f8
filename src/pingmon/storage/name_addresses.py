"""The address that a name has now is stored, with what is told of it: parts of a transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from pingmon.model.address_notice import address_notice
from pingmon.model.alarm_events import Noticed
from pingmon.model.detector_state import DetectorState
from pingmon.model.monitor import Monitor
from pingmon.storage.alarms import Audience, Occurrence, advance
from pingmon.storage.sqlite.bulk import update_rows
from pingmon.storage.tables import monitors

Move = tuple[Monitor, Monitor]  # before and after


def store_addresses(
    connection: Connection,
    moved: Sequence[Move],
    states: Mapping[str, DetectorState],
    audience: Audience,
    now: float,
) -> list[dict[str, Any]]:
    """Rows for the outbox. states: of those that had no address before, by ID. now: epoch seconds."""
    update_rows(
        connection, monitors, ("id",), [{"id": new.id, "address": new.address} for _, new in moved]
    )
    begun = [{"id": one, "detector": state.to_json()} for one, state in states.items()]
    update_rows(connection, monitors, ("id",), begun)
    told = [
        Occurrence(new, (Noticed(address_notice(old.address, new.address, now)),), now)
        for old, new in moved
        if old.address and new.options.tell_address_change
    ]
    return advance(connection, told, audience).rows
