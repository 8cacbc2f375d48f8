"""What an edit changes, in words and as values."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from pingmon.kinds.common_settings import SETTINGS
from pingmon.kinds.declaration import ChannelKind
from pingmon.model.channel_words import has_sender
from pingmon.model.detection_settings import DetectionSettings, format_rate
from pingmon.model.hidden_settings import SECRETS, masked
from pingmon.model.monitor import Monitor
from pingmon.operations.context import Context

_NAMES = tuple(one.name for one in SETTINGS)
_DETECTION = tuple(one for one in _NAMES if one in {its.name for its in fields(DetectionSettings)})
_OPTIONS = tuple(one for one in _NAMES if one not in _DETECTION)
_UNITS = {one.name: " s" for one in SETTINGS if one.metavar == "S"}


def changed_values(old: Monitor, new: Monitor) -> dict[str, tuple[Any, Any]]:
    """Setting → before, after: those that differ. Cheap: it is asked of thousands at a time."""
    found = dict[str, tuple[Any, Any]]()
    if old.probe_options != new.probe_options:
        before, after = _filled(old), _filled(new)
        found |= {name: (before.get(name), after.get(name)) for name in before | after}
    found["name"] = old.name, new.name
    for first, last, names in (
        (old.detection, new.detection, _DETECTION),
        (old.options, new.options, _OPTIONS),
    ):
        if first is not last:
            found |= {name: (getattr(first, name), getattr(last, name)) for name in names}
    if not (old.host and new.host):  # else it is the resolver's
        found["ip_address"] = old.address, new.address
    found["host"], found["family"] = (old.host, new.host), (old.family, new.family)
    if old.channels != new.channels:
        for kind in CHANNEL_KINDS.values():
            found[kind.address] = _addresses(old, kind), _addresses(new, kind)
        found["thread_id"] = old.channel.topic, new.channel.topic
        if old.channel.kind == new.channel.kind and has_sender(new.channel.kind):
            found["bot"] = old.channel.account, new.channel.account
    return {
        name: (masked(values[0]), masked(values[1])) if name in SECRETS else values
        for name, values in found.items()
        if values[0] != values[1]
    }


def _filled(monitor: Monitor) -> dict[str, Any]:
    """Settings of its kind of probe in their order, with their defaults."""
    given, kind = dict(monitor.probe_options), PROBE_KINDS.get(monitor.mon_type)
    return dict.fromkeys(one.name for one in kind.settings) | kind.filled(given) if kind else given


def describe_changes(context: Context, old: Monitor, new: Monitor) -> str:
    """ "interval 10 s → 5 s, name none → printer, parent none → router (10.0.0.1)"."""
    changes = {name: list(values) for name, values in changed_values(old, new).items()}
    return describe_details(context, changes) or ", ".join(_given_words(old, new))


def describe_details(context: Context, details: Mapping[str, Any]) -> str:
    """Of an entry of the journal: setting → [before, after], or a value that was given."""

    def shown(name: str, value: Any) -> str:
        parent = context.worker_pool.monitors.get(str(value)) if name == "parent" else None
        return parent.label if parent else _shown(name, value)

    words = []
    for name, value in details.items():
        if isinstance(value, list) and len(value) == 2:
            before, after = (shown(name, one) for one in value)
            words.append(f"{name} {before} → {after}")
        elif value not in (None, "", []):
            words.append(f"{name} {shown(name, value)}")
    return ", ".join(words)


def _given_words(old: Monitor, new: Monitor) -> list[str]:
    """Settings that are given now, or not any more, with the values that they had already."""
    before, after = dict(old.given), dict(new.given)
    words = [f"{name} {_shown(name, after[name])} is its own now" for name in after if name not in before]
    return words + [f"{name} is not its own any more" for name in before if name not in after]


def _addresses(monitor: Monitor, kind: ChannelKind) -> tuple[str, ...]:
    return tuple(one.address for one in monitor.channels if one.kind == kind.name)


def _shown(name: str, value: Any) -> str:
    if isinstance(value, tuple | list):
        value = ("; " if name == "holds" else " ").join(map(str, value))
    if value in (None, ""):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "false_alarms":
        return format_rate(value)
    return f"{value:g}{_UNITS.get(name, '')}" if isinstance(value, int | float) else str(value)
