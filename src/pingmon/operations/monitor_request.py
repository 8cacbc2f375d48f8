"""Parameters of a monitor become validated values: a request, settings, options."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from functools import partial
from typing import Any

from pingmon.engine.worker_pool import WorkerPool
from pingmon.kinds import DEFAULT_PROBE, PROBE_KINDS, defaults_of
from pingmon.kinds.declaration import Setting
from pingmon.model.alarm_rules import rules_of
from pingmon.model.detection_settings import DetectionSettings, Options, interned, parse_rate
from pingmon.model.errors import InvalidValue
from pingmon.model.hidden_settings import filled_from, filled_from_any
from pingmon.model.ip_address import parse_address
from pingmon.model.monitor import (
    MonitorRequest,
    ProbeOptions,
    probe_options_from,
)
from pingmon.model.tag_settings import BUDGET, FIXED, in_force, own_from
from pingmon.model.tags import parse_tags
from pingmon.model.text_values import parse_name, parse_text
from pingmon.operations.accounts import known_accounts
from pingmon.operations.context import Context
from pingmon.operations.monitor_channels import (
    Accounts,
    channel_requests,
    channel_settings,
    channels_of_group,
    shared_request,
)
from pingmon.operations.monitor_target import NAMES, parse_target
from pingmon.text.printable import shortened

MOST_TEXT = 16_384  # characters of a probe's settings: a page of list_mon has a thousand of them


def monitor_request(
    context: Context,
    accounts: Accounts | None = None,
    *,
    mon_type: str = DEFAULT_PROBE,
    name: str = "",
    **settings: Any,
) -> MonitorRequest:
    """From the parameters of add_mon. Raises PingmonError.

    accounts: that are known, by kind; default: those of the store and the configuration.
    """
    of_channel, name = channel_settings(settings), parse_name(name)
    of_target = {one: settings.pop(one) for one in NAMES if one in settings}
    probe_options = parse_probe_options(mon_type, settings)
    parent = parent_of(context.worker_pool, settings.pop("parent", None))
    tags, own = parse_tags(settings.pop("tags", None) or ()), own_from(settings)
    found = in_force(
        own, tags, context.configuration.tags, parent, bool(of_channel), defaults_of(mon_type)
    )
    check_options(context.worker_pool, found.options)
    grouped = channels_of_group(context.worker_pool, found)
    # What has no default comes last: a plan looks at a row again without what is wrong with it.
    target = parse_target(mon_type, probe_options, of_target)
    at = (target.host, target.host or target.address)
    probe_options = filled_from_any(context.worker_pool.monitors.all(), mon_type, at, probe_options)
    context.worker_pool.check_target(target.address, mon_type, probe_options)
    given, others = channel_requests(context, of_channel, accounts or partial(known_accounts, context))
    return MonitorRequest(
        target.address,
        mon_type,
        given or shared_request(context, found, grouped),
        found.detection,
        name,
        found.options,
        probe_options,
        others=others,
        own=own,
        grouped=grouped,
        is_channel_own=given is not None,
        host=target.host,
        family=target.family,
    )


def detection_settings(
    settings: Mapping[str, Any],
    before: DetectionSettings | None = None,
    unset: Collection[str] = (),
) -> DetectionSettings:
    """From parameters; giving one rule (budget or fixed) drops the other that was in force.

    unset: settings that return to their defaults.
    """
    settings = dict(settings)
    if isinstance(settings.get("false_alarms"), str):
        settings["false_alarms"] = parse_rate(settings["false_alarms"])
    kept = {one.name: getattr(before, one.name) for one in fields(DetectionSettings)} if before else {}
    for given, dropped in ((BUDGET, FIXED), (FIXED, BUDGET + FIXED)):
        if any(settings.get(key) is not None for key in given):
            kept = {key: value for key, value in kept.items() if key not in dropped}
    kept = {key: value for key, value in kept.items() if key not in unset}
    return interned(DetectionSettings, kept | settings)


def parse_probe_options(
    mon_type: str, settings: dict[str, Any], before: ProbeOptions = ()
) -> ProbeOptions:
    """Takes the settings of the kind of probe out of `settings`. Raises InvalidValue.

    One form for all that mean the same: a default that is given is as good as one that is not.
    """
    own = {one.name: one for one in PROBE_KINDS[mon_type].settings}
    others = {one.name for kind in PROBE_KINDS.values() for one in kind.settings} - set(own)
    for name in sorted(others & set(settings)):
        having = [
            kind.name for kind in PROBE_KINDS.values() if name in {its.name for its in kind.settings}
        ]
        words = f"{name} is no setting of mon_type {mon_type}, but of {', '.join(having)}"
        raise InvalidValue(words, name)
    given = {name: _canonical(own[name], settings.pop(name)) for name in set(own) & set(settings)}
    implied = {*probe_options_from(PROBE_KINDS[mon_type].filled({})), *((name, None) for name in own)}
    found = probe_options_from(dict(before) | given)
    found = filled_from(before, found) if before else found
    if sum(_length(value) for _, value in found) > MOST_TEXT:
        longest = max(found, key=lambda one: _length(one[1]))[0]
        words = f"{longest}: the settings of a probe have at most {MOST_TEXT:,} characters together"
        raise InvalidValue(words, longest)
    named = {name for name, value in found if value not in (None, "")}
    for name in PROBE_KINDS[mon_type].required:
        if name not in named:
            raise InvalidValue(f"mon_type {mon_type} needs {name}", name)
    return tuple(one for one in found if one not in implied)


def _length(value: Any) -> int:
    """Characters, with those that hold a list together."""
    if isinstance(value, list | tuple):
        return sum(_length(one) + 4 for one in value)
    return len(value) if isinstance(value, str) else 0


def _canonical(setting: Setting, value: Any) -> Any:
    for one in value if isinstance(value, list | tuple) and not setting.is_secret else (value,):
        if isinstance(one, str):
            parse_text(one, setting.name)
    if setting.is_address and isinstance(value, str):
        try:
            return parse_address(value)
        except InvalidValue:  # its kind knows what else it may be, and refuses the rest
            return value.strip()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def check_options(worker_pool: WorkerPool, options: Options) -> None:
    """Raises InvalidValue."""
    known = worker_pool.escalations
    if options.escalation and options.escalation not in known:
        raise InvalidValue(
            f"there is no [escalation.{shortened(options.escalation)}] in pingmond's configuration; "
            f"there is {', '.join(sorted(known)) or 'none'}",
            "escalation",
        )
    if options.group and options.group not in worker_pool.groups:
        raise InvalidValue(
            f"there is no [groups.{shortened(options.group)}] in pingmond's configuration; "
            f"there is {', '.join(sorted(worker_pool.groups)) or 'none'}",
            "group",
        )
    rules_of(options)  # raises InvalidValue


def parent_of(worker_pool: WorkerPool, text: str | None, own: str | None = None) -> str | None:
    """The ID of the monitor that it is behind. own: ID of the monitor that is edited."""
    found = above = _parent_id(worker_pool, text) if text else None
    seen = set[str]()
    while above is not None and above not in seen:
        seen.add(above)
        if above == own:
            raise InvalidValue("a monitor can't be its own parent, nor above it", "parent")
        higher = worker_pool.monitors.get(above)
        above = higher.options.parent if higher else None
    return found


def _parent_id(worker_pool: WorkerPool, text: str) -> str:
    try:
        return worker_pool.find_monitor(text, "parent").id
    except InvalidValue as error:
        raise InvalidValue(str(error), "parent") from None
