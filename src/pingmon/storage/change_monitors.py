"""Many monitors are added, edited and deleted in one transaction, which is short."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.monitor import Channel, Monitor, MonitorRequest
from pingmon.storage.add_monitors import monitor_from, new_row
from pingmon.storage.channels import ensure_channels
from pingmon.storage.journal import Entry
from pingmon.storage.row_mapping import options_column, options_of, own_column, plain
from pingmon.storage.sqlite.bulk import insert_rows, run_for_values, update_rows
from pingmon.storage.tables import monitors

_APART = 1e-6  # s between the times at which monitors of one plan were added: they keep their order
_DELETE = "UPDATE monitors SET deleted = 1 WHERE id IN :given"
# What was behind a deleted one is behind nothing; of those, too, that nobody watches.
_FREE = (
    "UPDATE monitors SET options = json_set(options, '$.parent', NULL) "
    "WHERE deleted = 0 AND json_extract(options, '$.parent') IN :given"
)


@dataclass(slots=True)
class MonitorChanges:
    """added: with the IDs that they get. edited: (before, after). by: who does that, for people.
    entries: for the journal. done: how many are watched so.
    """

    added: Sequence[MonitorRequest] = ()
    edited: Sequence[tuple[Monitor, Monitor]] = ()
    deleted: Sequence[Monitor] = ()
    by: str = ""
    entries: Sequence[Entry] = ()
    done: int = field(default=0, compare=False)


class PreparedChanges:
    """What can be done before the transaction begins is done."""

    def __init__(self, changes: MonitorChanges) -> None:
        self._added = changes.added
        self._deleted = [one.id for one in changes.deleted]
        self._plain: dict[DetectionSettings, dict[str, Any]] = {}
        self._options: dict[Any, dict[str, Any]] = {}
        self._edited = [
            {
                "id": one.id,
                "channel_id": one.channel.id,
                "name": one.name,
                "settings": self._settings(one),
                "options": self._options_of(one),
                "own": own_column(one),
            }
            for _, one in changes.edited
        ]
        now = time.time()
        first = new_row(monitor_from(self._added[0], _NOWHERE), now) if self._added else {}
        self._rows = [
            first
            | {
                "id": one.id,
                "address": one.address,
                "mon_type": one.mon_type,
                "name": one.name,
                "settings": self._settings(one),
                "options": self._options_of(one),
                "own": own_column(one),
                "created_at": now + index * _APART,
            }
            for index, one in enumerate(self._added)
        ]

    def carry_out(self, connection: Connection) -> list[Monitor]:
        """Part of a transaction. The monitors that were added."""
        channels = ensure_channels(
            connection, (its for one in self._added for its in (one.channel, *one.others))
        )
        for row, one in zip(self._rows, self._added, strict=True):
            row["channel_id"] = channels[one.channel].id
            if one.others:
                others = [channels[its] for its in one.others]
                row["options"] = options_of(monitor_from(one, channels[one.channel], others))
        insert_rows(connection, monitors, self._rows)
        update_rows(connection, monitors, "id", self._edited)
        run_for_values(connection, _DELETE, self._deleted)
        run_for_values(connection, _FREE, self._deleted)
        return [
            monitor_from(one, channels[one.channel], [channels[its] for its in one.others])
            for one in self._added
        ]

    def _settings(self, one: Monitor | MonitorRequest) -> dict[str, Any]:
        if one.detection not in self._plain:
            self._plain[one.detection] = plain(one.detection)
        return self._plain[one.detection]

    def _options_of(self, one: Monitor | MonitorRequest) -> dict[str, Any]:
        if isinstance(one, Monitor) and one.others:
            return options_of(one)
        key = one.options, one.probe_options, one.grouped, one.is_channel_own
        if key not in self._options:
            self._options[key] = options_column(
                one.options, one.probe_options, (), one.grouped, one.is_channel_own
            )
        return self._options[key]


_NOWHERE = Channel(0, "", 0, "", "", None)
