"""The channels of a monitor: of a request, of its tags, of its group."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pingmon.engine.worker_pool import WorkerPool
from pingmon.kinds import CHANNEL_KINDS
from pingmon.kinds.declaration import ChannelKind
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import MOST_CHANNELS, Channel, ChannelRequest, Monitor
from pingmon.model.tag_settings import CHANNEL, InForce
from pingmon.operations.context import Context

Accounts = Callable[[str], Mapping[str, str]]  # kind of channel → name → secret


def channel_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Takes the parameters of channels out of `settings`; empty when none is given."""
    declared = [one.name for kind in CHANNEL_KINDS.values() for one in kind.settings]
    given = {name: settings.pop(name) for name in declared if name in settings}
    return given if any(value is not None for value in given.values()) else {}


def channel_requests(
    context: Context, given: Mapping[str, Any], accounts: Accounts
) -> tuple[ChannelRequest | None, tuple[ChannelRequest, ...]]:
    """given: as `channel_settings`; they say which kind it is.

    The first, which is part of what makes it this monitor, and others of the same account. None: it is
    for its tags or its group to give one.
    """
    if not given:
        return None, ()
    kinds = [kind for kind in CHANNEL_KINDS.values() if _fits(kind, given)]
    if len(kinds) != 1:
        raise InvalidValue(_give_one_kind())
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


def _give_one_kind() -> str:
    needed = "; ".join(f"{one.name}: {', '.join(one.required)}" for one in CHANNEL_KINDS.values())
    return f"give the settings of one kind of channel, at least ({needed})"


def _fits(kind: ChannelKind, given: Mapping[str, Any]) -> bool:
    own = {one.name for one in kind.settings}
    wanted = {name for name, value in given.items() if value is not None}
    return wanted <= own and wanted >= set(kind.required)


def with_channels(worker_pool: WorkerPool, monitor: Monitor, found: InForce) -> Monitor:
    """With the channels that its tags and its group give. Raises InvalidValue when it has none at all."""
    grouped, channel = channels_of_group(worker_pool, found), monitor.channel
    if not monitor.is_channel_own:
        channel = _first_shared(found, grouped)
    if _numbers(channel, *grouped) == _numbers(monitor.channel, *monitor.grouped):
        return monitor  # an account may have got its name meanwhile
    return replace(monitor, channel=channel, grouped=grouped)


def channels_of_group(worker_pool: WorkerPool, found: InForce) -> tuple[Channel, ...]:
    """Of the group that is in force; it was checked."""
    return worker_pool.groups.get(found.options.group, ())


def _numbers(*channels: Channel) -> list[int]:
    return [one.id for one in channels]


def _first_shared(found: InForce, grouped: tuple[Channel, ...]) -> Channel:
    channel: Channel | None = found.channel or next(iter(grouped), None)
    if channel is None:
        words = f"{CHANNEL} is missing" if len(CHANNEL_KINDS) == 1 else _give_one_kind()
        raise InvalidValue(f"{words}: neither tags nor a group give one", CHANNEL)
    return channel


def shared_request(context: Context, found: InForce, grouped: tuple[Channel, ...]) -> ChannelRequest:
    """The first channel of a monitor that was given none."""
    channel = _first_shared(found, grouped)
    accounts = context.store.channels.accounts()
    secret = next(one.secret for one in accounts if one.id == channel.account_id)
    return ChannelRequest(channel.kind, secret, channel.account, channel.address, channel.topic)
