"""Changes of settings, given to one monitor after the other. Thousands have few settings between them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from pingmon.engine.worker_pool import WorkerPool
from pingmon.kinds import PROBE_KINDS, defaults_of
from pingmon.kinds.common_settings import NAME
from pingmon.model.errors import InvalidValue
from pingmon.model.hidden_settings import refuse_elsewhere
from pingmon.model.monitor import Monitor, ProbeOptions
from pingmon.model.tag_settings import ByTag, InForce, Own, in_force, own_edited
from pingmon.model.tags import changed, parse_tags
from pingmon.model.text_values import parse_name
from pingmon.operations.monitor_channels import with_channels
from pingmon.operations.monitor_request import check_options, parent_of, parse_probe_options
from pingmon.operations.monitor_target import NAMES, edited_target

NO_TAGS: ByTag = {}


class _Edited(NamedTuple):
    given: Own
    in_force: InForce
    probe_options: ProbeOptions


class SettingsEdit:
    """Every setting but channels; monitors that have the same settings get one object between them."""

    def __init__(
        self,
        worker_pool: WorkerPool,
        changes: Mapping[str, Any],
        unset: Collection[str] = (),
        by_tag: ByTag = NO_TAGS,
        is_channel_unset: Callable[[Monitor], bool] = lambda _: False,
    ) -> None:
        """unset: settings that return to what tags give, or their defaults. by_tag: what tags give.
        is_channel_unset: whether the first channel is for tags or a group to give from now on.

        Raises InvalidValue.
        """
        self._pool, self._unset, self._by_tag = worker_pool, unset, by_tag
        for name in unset:
            if changes.get(name) is not None:
                raise InvalidValue(f"{name} is given and unset", name)
        self._changes = dict(changes)
        self._known: dict[Any, _Edited] = {}
        names = {name: self._changes.pop(name) for name in ("name",) if name in changes}
        if "name" in unset:
            names["name"] = NAME.schema["default"]
        self._is_channel_unset = is_channel_unset
        self._name = parse_name(names["name"]) if "name" in names else None
        self._of_target = {one: self._changes.pop(one) for one in NAMES if one in changes}

    def of(self, monitor: Monitor) -> Monitor:
        """The monitor after the edit; itself when nothing is different. Raises PingmonError."""
        parent = None if "parent" in self._unset else monitor.options.parent
        if "parent" in self._changes:
            parent = parent_of(self._pool, self._changes["parent"], monitor.id)
        given = monitor.given
        is_own = monitor.is_channel_own and not self._is_channel_unset(monitor)
        key = (monitor.mon_type, monitor.probe_options, given, monitor.options.tags, parent, is_own)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._edited(monitor, given, parent, is_own)
        name = monitor.name if self._name is None else self._name
        its, target = found.in_force, edited_target(monitor, found.probe_options, self._of_target)
        is_moved = target != (monitor.address, monitor.host, monitor.family)
        told = monitor if is_own is monitor.is_channel_own else replace(monitor, is_channel_own=is_own)
        told = with_channels(self._pool, told, its)
        if not is_moved and (name, its.detection, its.options, found.probe_options, found.given) == (
            monitor.name,
            monitor.detection,
            monitor.options,
            monitor.probe_options,
            given,
        ):
            return told
        new = replace(
            told,
            name=name,
            address=target.address,
            host=target.host,
            family=target.family,
            options=its.options,
            detection=its.detection,
            probe_options=found.probe_options,
            own=found.given,
        )
        if is_moved or monitor.probe_options != found.probe_options:
            self._pool.check_target(target.address, monitor.mon_type, found.probe_options)
            refuse_elsewhere(monitor, new, self._changes)
        return new

    def _edited(self, monitor: Monitor, given: Own, parent: str | None, is_own: bool) -> _Edited:
        changes = {name: value for name, value in self._changes.items() if name != "parent"}
        own = PROBE_KINDS[monitor.mon_type].settings
        changes |= {one.name: one.schema.get("default") for one in own if one.name in self._unset}
        probe_options = parse_probe_options(monitor.mon_type, changes, monitor.probe_options)
        tags = () if "tags" in self._unset else monitor.options.tags
        if changes.get("tags") is not None:
            tags = parse_tags(changes["tags"])
        tags = changed(tags, changes.get("add_tag", ()), changes.get("remove_tag", ()))
        given = own_edited(given, changes, self._unset)
        usual = defaults_of(monitor.mon_type)
        found = in_force(given, tags, self._by_tag, parent, is_own, usual)
        check_options(self._pool, found.options)
        return _Edited(given, found, probe_options)
