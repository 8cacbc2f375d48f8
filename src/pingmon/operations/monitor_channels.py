"""The channels of a monitor: of a request, of its tags, of its group."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pingmon.engine.worker_pool import WorkerPool
from pingmon.kinds import CHANNEL_KINDS
from pingmon.kinds.declaration import ChannelKind
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import MOST_CHANNELS, Channel, ChannelRequest, Monitor
from pingmon.model.tag_settings import CHANNEL, InForce
from pingmon.operations.accounts import known_accounts
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
    """given: as `channel_settings`; they say of which kinds the channels are.

    The first, which is part of what makes it this monitor: that of the first kind in their order; and
    all others. None: it is for its tags or its group to give one.
    """
    wanted = {name: value for name, value in given.items() if value is not None}
    if not wanted:
        return None, ()
    kinds = [kind for kind in CHANNEL_KINDS.values() if set(kind.required) <= wanted.keys()]
    used = {one.name for kind in kinds for one in kind.settings}
    if alone := sorted(wanted.keys() - used):
        raise InvalidValue(_needs_address(alone[0]), alone[0])
    found = [one for kind in kinds for one in _of_kind(context, kind, wanted, accounts(kind.name))]
    first, *others = each_once(found)
    if len(others) >= MOST_CHANNELS:
        raise InvalidValue(f"a monitor tells at most {MOST_CHANNELS} channels", kinds[0].address)
    return first, tuple(others)


def each_once(requests: Iterable[ChannelRequest]) -> list[ChannelRequest]:
    """Of those that lead to the same address the first: it may have a topic."""
    found = dict[tuple[str, str, str], ChannelRequest]()
    for one in requests:
        found.setdefault((one.kind, one.secret, one.address), one)
    return list(found.values())


def _of_kind(
    context: Context, kind: ChannelKind, given: Mapping[str, Any], known: Mapping[str, str]
) -> list[ChannelRequest]:
    service, addresses = context.channels[kind.name], given[kind.address]
    own = {one.name: given[one.name] for one in kind.settings if one.name in given}
    if not isinstance(addresses, list):
        return [service.parse(own, known)]
    if not addresses:
        raise InvalidValue(f"{kind.address} is an empty list", kind.address)
    if len(addresses) > MOST_CHANNELS:
        raise InvalidValue(f"a monitor tells at most {MOST_CHANNELS} channels", kind.address)
    # What says who receives, as a topic, is of the first.
    plain = {name: value for name, value in own.items() if name in kind.sender}
    first = service.parse(own | {kind.address: addresses[0]}, known)
    return [first, *(service.parse(plain | {kind.address: one}, known) for one in addresses[1:])]


def parsed_address(context: Context, kind: ChannelKind, text: str) -> str:
    """As channels of that kind have it. Raises InvalidValue."""
    service = context.channels[kind.name]
    if kind.sender:
        return service.parse_address(text)
    return service.parse({kind.address: text}, known_accounts(context, kind.name)).address


def _needs_address(name: str) -> str:
    """Of a setting without the one that says who receives."""
    owners = [kind for kind in CHANNEL_KINDS.values() if name in {one.name for one in kind.settings}]
    return f"{name} needs {' or '.join(kind.address for kind in owners)}"


def no_channel() -> str:
    """What a monitor without channels lacks."""
    *first, last = (kind.address for kind in CHANNEL_KINDS.values())
    return f"{', '.join(first)} or {last} is missing" if first else f"{last} is missing"


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
        raise InvalidValue(f"{no_channel()}: neither tags nor a group give one", CHANNEL)
    return channel


def shared_request(context: Context, found: InForce, grouped: tuple[Channel, ...]) -> ChannelRequest:
    """The first channel of a monitor that was given none."""
    channel = _first_shared(found, grouped)
    accounts = context.store.channels.accounts()
    secret = next(one.secret for one in accounts if one.id == channel.account_id)
    return ChannelRequest(channel.kind, secret, channel.account, channel.address, channel.topic)
