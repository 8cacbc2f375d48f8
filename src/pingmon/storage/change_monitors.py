"""Many monitors are added, edited and deleted in one transaction, which is short."""

import json
import time
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import DetectorState
from pingmon.model.errors import Conflict
from pingmon.model.host_name import is_address
from pingmon.model.monitor import (
    Channel,
    ChannelRequest,
    Monitor,
    MonitorRequest,
    probe_options_from,
)
from pingmon.storage.add_monitors import monitor_from, new_row
from pingmon.storage.channels import ensure_channels
from pingmon.storage.journal import Entry
from pingmon.storage.row_mapping import options_column, options_of, own_column, plain, target_columns
from pingmon.storage.sqlite.bulk import insert_rows, rows_for, run_for_values, update_rows
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

    channels: what stands for new ones in `edited`, by the negative number that each has there. states:
    what is known of monitors that get another address, by ID. entries: for the journal. done: how many
    are watched so.
    """

    added: Sequence[MonitorRequest] = ()
    edited: Sequence[tuple[Monitor, Monitor]] = ()
    deleted: Sequence[Monitor] = ()
    by: str = ""
    entries: Sequence[Entry] = ()
    channels: Mapping[int, ChannelRequest] = field(default_factory=dict)
    states: Mapping[str, DetectorState] = field(default_factory=dict)
    done: int = field(default=0, compare=False)


class Stored(NamedTuple):
    """Monitors as they are stored: those that were added; before and after, those that were edited.

    channels: in the place of the numbers in `MonitorChanges.channels`.
    """

    added: list[Monitor]
    edited: list[tuple[Monitor, Monitor]]
    channels: dict[int, Channel]


class PreparedChanges:
    """What can be done before the transaction begins is done."""

    def __init__(self, changes: MonitorChanges) -> None:
        self._changes, self._added = changes, changes.added
        self._deleted = [one.id for one in changes.deleted]
        self._plain: dict[DetectionSettings, dict[str, Any]] = {}
        self._options: dict[Any, dict[str, Any]] = {}
        is_new = changes.channels.keys()
        self._edited = list[tuple[Monitor, Monitor]]()  # whose channels are all stored
        self._with_new = list[tuple[Monitor, Monitor]]()
        for pair in changes.edited:
            has_new = is_new and not is_new.isdisjoint(its.id for its in pair[1].channels)
            (self._with_new if has_new else self._edited).append(pair)
        self._edits = [self._edit(*one) for one in self._edited]
        now = time.time()
        first = new_row(monitor_from(self._added[0], _NOWHERE), now) if self._added else {}
        self._rows = [
            first
            | {
                "id": one.id,
                **target_columns(one),
                "mon_type": one.mon_type,
                "name": one.name,
                "settings": self._settings(one),
                "options": self._options_of(one),
                "own": own_column(one),
                "created_at": now + index * _APART,
            }
            for index, one in enumerate(self._added)
        ]

    def carry_out(self, connection: Connection) -> Stored:
        """Part of a transaction. Raises Conflict when that makes monitors one another's equal."""
        wanted = (its for one in self._added for its in (one.channel, *one.others))
        channels = ensure_channels(connection, (*wanted, *self._changes.channels.values()))
        for row, one in zip(self._rows, self._added, strict=True):
            row["channel_id"] = channels[one.channel].id
            if one.others:
                others = [channels[its] for its in one.others]
                row["options"] = options_of(monitor_from(one, channels[one.channel], others))
        insert_rows(connection, monitors, self._rows)
        new = {number: channels[request] for number, request in self._changes.channels.items()}
        settled = [(old, with_stored(one, new)) for old, one in self._with_new]
        self._store_edits(connection, [*self._edits, *(self._edit(*one) for one in settled)])
        run_for_values(connection, _DELETE, self._deleted)
        run_for_values(connection, _FREE, self._deleted)
        edited = [*self._edited, *settled]
        refuse_equals(connection, edited)
        added = [
            monitor_from(one, channels[one.channel], [channels[its] for its in one.others])
            for one in self._added
        ]
        return Stored(added, edited, new)

    def _store_edits(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        alike = dict[tuple[str, ...], list[dict[str, Any]]]()  # by their columns
        for row in rows:
            alike.setdefault(tuple(row), []).append(row)
        for some in alike.values():
            update_rows(connection, monitors, ("id",), some)

    def _edit(self, old: Monitor, new: Monitor) -> dict[str, Any]:
        """The columns that are others, and those that may be."""
        row: dict[str, Any] = {
            "id": new.id,
            "name": new.name,
            "settings": self._settings(new),
            "options": self._options_of(new),
            "own": own_column(new),
        }
        if target_columns(old) != target_columns(new):
            row |= target_columns(new)
        if old.channel.id != new.channel.id:
            row["channel_id"] = new.channel.id
        if state := self._changes.states.get(new.id):
            row["detector"] = state.to_json()
        return row

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


def with_stored(monitor: Monitor, new: Mapping[int, Channel]) -> Monitor:
    """With the stored channels in the place of what stands for them."""
    others = tuple(new.get(one.id, one) for one in monitor.others)
    return replace(monitor, channel=new.get(monitor.channel.id, monitor.channel), others=others)


def refuse_equals(connection: Connection, edited: Iterable[tuple[Monitor, Monitor]]) -> None:
    """Raises Conflict when an edit made a monitor equal to another live one."""
    changed = {new.id: new for old, new in edited if identity_of(old) != identity_of(new)}
    if not changed:
        return
    known = dict[Hashable, str]()
    targets = list({one.target for one in changed.values()})
    for which, address, host, family, mon_type, channel, probe in _of_targets(connection, targets):
        probe_options = probe_options_from(json.loads(probe) if probe else {})
        key = host or address, family, mon_type, probe_options, channel
        other = known.setdefault(key, which)
        if other != which and (mine := changed.get(which) or changed.get(other)):
            equal = other if mine.id == which else which
            raise Conflict(f"{mine.label} with this channel is watched already, as {equal}", "id")


def _of_targets(connection: Connection, targets: Sequence[str]) -> Iterator[Any]:
    """Live monitors of these addresses and names, each once."""
    query = (
        "SELECT id, address, host, family, mon_type, channel_id, json_extract(options, '$.probe') "
        "FROM monitors WHERE deleted = 0 AND "
    )
    yield from rows_for(connection, query + "host = '' AND address IN :given", targets)
    names = [one for one in targets if not is_address(one)]
    yield from rows_for(connection, query + "host IN :given", names)


def identity_of(monitor: Monitor) -> Hashable:
    """What makes it this monitor and no other: its target and its first channel."""
    return monitor.what, monitor.channel.id
