"""What the API shows of a monitor: in list_mon, and in explain."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pingmon.engine.neighbours import Neighbour
from pingmon.engine.probe_group import ProbeGroup
from pingmon.engine.system_clock import SYSTEM
from pingmon.handlers.shared_schemas import CHANNEL_FIELDS
from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from pingmon.kinds.common_settings import OPTIONS
from pingmon.kinds.declaration import ChannelKind
from pingmon.model.detection_settings import DetectionSettings, format_rate
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.down_threshold import forecast, path_knowledge
from pingmon.model.hidden_settings import masked_options
from pingmon.model.loss_model import LossModel, PathPrior
from pingmon.model.monitor import Channel, Monitor, MonitorRequest
from pingmon.model.path_description import describe_limit, describe_path
from pingmon.model.redaction import redact
from pingmon.model.timestamps import rfc3339
from pingmon.operations.context import Context
from pingmon.operations.import_plan import Plan, Problem
from pingmon.operations.monitor_view import seen_at, state_reason

DETECTION_FIELDS = ("interval", "timeout", "max_delay", "down_after", "down_after_seconds", "up_after")
# Of each kind of probe: what is so when nothing is said.
_DEFAULTS = {kind.name: kind.filled({}) for kind in PROBE_KINDS.values()}
# Of channels: what other kinds have.
NO_CHANNEL: dict[str, Any] = dict.fromkeys(CHANNEL_FIELDS)
LITTLE_KNOWN = (
    "little is known of this path yet: whether its losses come in bursts can't be said, and if they do "
    "the first day may bring a false alarm or two; who knows the path better gives --down_after"
)
LENGTHS_UNKNOWN = (
    "this path may go silent for seconds at a time, and how long is not known yet: until some 30 runs of "
    "losses were seen expect up to 2 false alarms; who knows the path better gives --down_after"
)


def _budget(detection: DetectionSettings) -> str | None:
    """As `false_alarms` is written in parameters."""
    return None if detection.false_alarms is None else format_rate(detection.false_alarms)


def _settings(monitor: Monitor) -> dict[str, Any]:
    """What edit_mon may change, but for the name."""
    return {
        **{field: getattr(monitor.detection, field) for field in DETECTION_FIELDS},
        "false_alarms": _budget(monitor.detection),
        **{one.name: getattr(monitor.options, one.name) for one in OPTIONS},
        "tags": list(monitor.options.tags),
    }


def _own(monitor: Monitor) -> list[str]:
    """Names of the settings that were given for it."""
    return [name for name, _ in monitor.given]


def setting_changes(before: Monitor, after: Monitor, request: MonitorRequest) -> dict[str, list[Any]]:
    """What differs: setting → before, after. request: whose channels it will have."""
    old, new = ({"name": one.name, **_settings(one)} for one in (before, after))
    for kind in CHANNEL_KINDS.values():
        name = kind.address
        old[name], new[name] = _given_addresses(before, kind), _given_addresses(request, kind)
    found = {name: [value, new[name]] for name, value in old.items() if value != new[name]}
    return found or {"own": [_own(before), _own(after)]}


def _given_addresses(one: Monitor | MonitorRequest, kind: ChannelKind) -> list[str]:
    """Those of its tags and its group are not."""
    given = (one.channel, *one.others) if one.is_channel_own else one.others
    return [its.address for its in given if its.kind == kind.name]


def planned_changes(plan: Plan) -> Iterator[dict[str, Any]]:
    """What a plan will do, in the order of its rows; deletions come last."""
    for index, one in plan.firsts():
        if one.old is not None and one.new is None:
            continue
        shown: dict[str, Any] = {
            "what": "change" if one.old else "add",
            "index": index,
            "id": one.id,
            "name": one.old.name if one.old else one.request.name,
            "ip_address": one.request.address or None,
            "target": one.request.target_label,
        }
        if one.old and one.new:
            shown["changes"] = setting_changes(one.old, one.new, one.request)
        yield shown
    for old in plan.deleted:
        about = {"name": old.name, "ip_address": old.address or None, "target": old.target_label}
        yield {"what": "delete", "index": None, "id": old.id, **about}


def problem_shown(problem: Problem) -> dict[str, Any]:
    """other: the index of the row that is in the way."""
    error = problem.error
    shown = {
        "index": problem.index,
        "message": redact(str(error)),
        "field": error.field and redact(error.field),
        "kind": error.kind,
    }
    shown |= {"id": problem.monitor_id} if problem.monitor_id else {}
    return shown | ({"other": problem.other} if problem.other is not None else {})


def listed(
    monitor: Monitor,
    channel: dict[str, Any],
    group: ProbeGroup,
    state: DetectorState,
    delivery: str,
    holds: list[dict[str, Any]],
    channels: list[dict[str, Any]],
    resolver: str = "",
) -> dict[str, Any]:
    """channel: its settings, as its kind declares them. holds: the one that ends last first. channels:
    all that are told. resolver: what is wrong with its name.
    """
    rtt = group.target.last_rtt
    return {
        "id": monitor.id,
        "name": monitor.name,
        "ip_address": monitor.address or None,
        "host": monitor.host or None,
        "family": monitor.family,
        "resolver": resolver,
        "target": monitor.target_label,
        "mon_type": monitor.mon_type,
        **_DEFAULTS[monitor.mon_type],
        **dict(masked_options(monitor.probe_options)),
        **NO_CHANNEL,
        **channel,
        **_settings(monitor),
        "own": _own(monitor),
        "chat_given": monitor.is_channel_own,
        "state": str(state.state),
        "told": str(state.told),
        "reason": state_reason(state, group, resolver),
        "seen": _moment(seen_at(state, group)),
        "since": rfc3339(state.since),
        "last_rtt_ms": None if rtt is None else round(rtt * 1000, 3),
        "certificate_ends": _certificate_end(group),
        "loss": round(group.loss, 4) if state.state is not State.UNKNOWN else 0.0,
        "delivery": delivery,
        "held": holds[0] if holds else None,
        "holds": holds,
        "channels": channels,
    }


def described(context: Context, channel: Channel) -> dict[str, Any]:
    """The settings that its kind declares, without secrets."""
    service = context.channels.get(channel.kind)
    return service.describe(channel) if service else {}


def _moment(at: float) -> str | None:
    return rfc3339(at) if at else None


def _certificate_end(group: ProbeGroup) -> str | None:
    ends = group.target.certificate_ends
    return None if ends is None else rfc3339(ends)


def _local_error(group: ProbeGroup) -> dict[str, Any] | None:
    refusal = group.refusal
    if refusal is None:
        return None
    since = rfc3339(refusal.since + SYSTEM.offset())
    return {"kind": refusal.kind, "words": refusal.words, "since": since}


def explained(
    monitor: Monitor,
    state: DetectorState,
    group: ProbeGroup,
    other: DetectionSettings | None,
    neighbour: Neighbour,
    resolver: str = "",
) -> dict[str, Any]:
    """What is known of the path, and what the plan of now and another one mean on it. resolver: what is
    wrong with its name.
    """
    target = group.target
    loss_model, interval = state.loss_model, monitor.detection.interval
    prior, lately = neighbour.prior(monitor.options.parent), neighbour.lately(monitor.options.parent)
    again = loss_model.repeat_loss(interval)[0]
    sure = path_knowledge(loss_model, monitor.detection, state.run if state.run_is_loss else 0)
    result: dict[str, Any] = {
        "id": monitor.id,
        "name": monitor.name,
        "ip_address": monitor.address or None,
        "host": monitor.host or None,
        "resolver": resolver,
        "target": monitor.target_label,
        "state": str(state.state),
        "since": rfc3339(state.since),
        "reason": state_reason(state, group, resolver),
        "loss": round(loss_model.loss(interval), 6),
        "loss_after_loss": round(again, 4),
        "burst_s": round(1 / (1 - again), 1),
        "phi": round(sure.phi, 2),
        "bound": None if sure.bound is None else round(sure.bound, 2),
        "probes": sure.probes,
        "runs_of_losses": round(sure.runs, 1),
        "assumed": not sure.probes,
        "path": describe_path(loss_model, monitor.detection, prior),
        "limit": describe_limit(loss_model, monitor.detection, prior),
        "neighbours": str(lately),
        "hint": LITTLE_KNOWN if sure.little else LENGTHS_UNKNOWN if sure.unsure else "",
        "local_error": _local_error(group),
        "note": target.note,
        "certificate_ends": _certificate_end(group),
        "counters": dict(target.counts()),
        "now": _forecast(loss_model, monitor.detection, prior),
    }
    if other is not None:
        result["with"] = _forecast(loss_model, other, prior)
    return result


def _forecast(loss_model: LossModel, detection: DetectionSettings, prior: PathPrior) -> dict[str, Any]:
    return asdict(forecast(loss_model, detection, prior)) | {
        "false_alarms": _budget(detection),
        "max_delay": detection.max_delay,
    }
