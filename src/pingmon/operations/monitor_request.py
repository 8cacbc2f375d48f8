"""Parameters of a monitor become validated values: a request, settings, options."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

from pingmon.engine.worker_pool import WorkerPool
from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from pingmon.kinds.common_settings import NAME
from pingmon.kinds.declaration import ChannelKind, Setting
from pingmon.model.alarm_rules import rules_of
from pingmon.model.detection_settings import DetectionSettings, Options, interned, parse_rate
from pingmon.model.errors import InvalidValue
from pingmon.model.ip_address import parse_address
from pingmon.model.monitor import (
    MOST_CHANNELS,
    ChannelRequest,
    Monitor,
    MonitorRequest,
    ProbeOptions,
    probe_options_from,
)
from pingmon.model.tag_settings import BUDGET, FIXED, ByTag, in_force, own_edited, own_from
from pingmon.model.tags import changed, parse_tags
from pingmon.model.text_values import parse_name, parse_text
from pingmon.operations.accounts import known_accounts
from pingmon.operations.context import Context
from pingmon.text.printable import shortened

Accounts = Callable[[str], Mapping[str, str]]  # kind of channel → name → secret
NO_TAGS: ByTag = {}
DEFAULT_KIND = next(iter(PROBE_KINDS))


def monitor_request(
    context: Context,
    accounts: Accounts | None = None,
    *,
    ip_address: str,
    mon_type: str = DEFAULT_KIND,
    name: str = "",
    **settings: Any,
) -> MonitorRequest:
    """From the parameters of add_mon. Raises PingmonError.

    accounts: that are known, by kind; default: those of the store and the configuration.
    """
    given = _channel_settings(settings)
    name = parse_name(name)
    probe_options = _probe_options(mon_type, settings)
    parent = _parent(context.worker_pool, settings.pop("parent", None))
    tags, own = parse_tags(settings.pop("tags", None) or ()), own_from(settings)
    found = in_force(own, tags, context.configuration.tags, parent)
    check_options(context.worker_pool, found.options)
    # What has no default comes last: a plan looks at a row again without what is wrong with it.
    address = parse_address(ip_address)
    context.worker_pool.check_target(address, mon_type, probe_options)
    channel, others = _channel_requests(context, given, accounts or partial(known_accounts, context))
    return MonitorRequest(
        address,
        mon_type,
        channel,
        found.detection,
        name,
        found.options,
        probe_options,
        others=others,
        own=own,
    )


def edited_monitor(
    worker_pool: WorkerPool,
    monitor: Monitor,
    changes: Mapping[str, Any],
    unset: Collection[str] = (),
    by_tag: ByTag = NO_TAGS,
) -> Monitor:
    """The monitor with the changes of edit_mon. Raises PingmonError.

    unset: settings that return to what its tags give, or their defaults. by_tag: what tags give.
    """
    changes = dict(changes)
    for name in unset:
        if changes.get(name) is not None:
            raise InvalidValue(f"{name} is given and unset", name)
    own = PROBE_KINDS[monitor.mon_type].settings
    changes |= {one.name: one.schema.get("default") for one in (NAME, *own) if one.name in unset}
    name = parse_name(changes.pop("name", monitor.name))
    probe_options = _probe_options(monitor.mon_type, changes, monitor.probe_options)
    parent = None if "parent" in unset else monitor.options.parent
    if "parent" in changes:
        parent = _parent(worker_pool, changes.pop("parent"), monitor.id)
    tags = _edited_tags(() if "tags" in unset else monitor.options.tags, changes)
    given = own_edited(monitor.given, changes, unset)
    found = in_force(given, tags, by_tag, parent)
    check_options(worker_pool, found.options)
    new = replace(
        monitor,
        name=name,
        options=found.options,
        detection=found.detection,
        probe_options=probe_options,
        own=given,
    )
    return monitor if replace(new, own=monitor.own) == monitor and given == monitor.given else new


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


def _channel_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Takes the parameters of channels out of `settings`."""
    declared = [one.name for kind in CHANNEL_KINDS.values() for one in kind.settings]
    return {name: settings.pop(name) for name in declared if name in settings}


def _channel_requests(
    context: Context, given: Mapping[str, Any], accounts: Accounts
) -> tuple[ChannelRequest, tuple[ChannelRequest, ...]]:
    """They say which kind of channel it is.

    The first, which is part of what makes it this monitor, and others of the same account.
    """
    kinds = [kind for kind in CHANNEL_KINDS.values() if _fits(kind, given)]
    if len(kinds) != 1:
        needed = "; ".join(f"{one.name}: {', '.join(one.required)}" for one in CHANNEL_KINDS.values())
        raise InvalidValue(f"give the settings of one kind of channel, at least ({needed})")
    kind = kinds[0].name
    service, known = context.channels[kind], accounts(kind)
    several = next((name for name in kinds[0].required if isinstance(given.get(name), list)), None)
    if several is None:
        return service.parse(given, known), ()
    addresses = given[several]
    if not addresses:
        raise InvalidValue(f"{several} is an empty list", several)
    if len(addresses) > MOST_CHANNELS:
        raise InvalidValue(f"a monitor tells at most {MOST_CHANNELS} chats", several)
    first = service.parse({**given, several: addresses[0]}, known)
    recipients = {one.name for one in kinds[0].settings} - set(kinds[0].account) - {several}
    plain = {name: value for name, value in given.items() if name not in recipients}
    rest = [service.parse(plain | {several: one}, known) for one in addresses[1:]]
    others = {one.address: one for one in rest if one.address != first.address}
    return first, tuple(others.values())


def _fits(kind: ChannelKind, given: Mapping[str, Any]) -> bool:
    own = {one.name for one in kind.settings}
    wanted = {name for name, value in given.items() if value is not None}
    return wanted <= own and wanted >= set(kind.required)


def _probe_options(mon_type: str, settings: dict[str, Any], before: ProbeOptions = ()) -> ProbeOptions:
    """Takes the settings of the kind of probe out of `settings`. Raises InvalidValue.

    One form for all that mean the same: a default that is given is as good as one that is not.
    """
    own = {one.name: one for one in PROBE_KINDS[mon_type].settings}
    others = {one.name for kind in PROBE_KINDS.values() for one in kind.settings} - set(own)
    for name in sorted(others & set(settings)):
        raise InvalidValue(f"{name} is no setting of mon_type {mon_type}", name)
    given = {name: _canonical(own[name], settings.pop(name)) for name in set(own) & set(settings)}
    defaults = {one.name: one.schema["default"] for one in own.values() if "default" in one.schema}
    implied = {*probe_options_from(defaults), *((name, None) for name in own)}
    found = probe_options_from(dict(before) | given)
    return tuple(one for one in found if one not in implied)


def _canonical(setting: Setting, value: Any) -> Any:
    if isinstance(value, str):
        parse_text(value, setting.name)
    if setting.is_address and isinstance(value, str):
        try:
            return parse_address(value)
        except InvalidValue:  # its kind knows what else it may be, and refuses the rest
            return value.strip()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _edited_tags(tags: tuple[str, ...], changes: dict[str, Any]) -> tuple[str, ...]:
    """Takes what belongs to tags out of `changes`."""
    given = changes.pop("tags", None)
    before = tags if given is None else parse_tags(given)
    return changed(before, changes.pop("add_tag", ()), changes.pop("remove_tag", ()))


def check_options(worker_pool: WorkerPool, options: Options) -> None:
    """Raises InvalidValue."""
    known = worker_pool.escalations
    if options.escalation and options.escalation not in known:
        raise InvalidValue(
            f"there is no [escalation.{shortened(options.escalation)}] in pingmond's configuration; "
            f"there is {', '.join(sorted(known)) or 'none'}",
            "escalation",
        )
    rules_of(options)  # raises InvalidValue


def _parent(worker_pool: WorkerPool, text: str | None, own: str | None = None) -> str | None:
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
