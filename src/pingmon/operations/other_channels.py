"""Channels that a monitor tells besides its first one are added and taken away."""

from collections.abc import Collection, Iterable

from pingmon.model.errors import Conflict, InvalidValue
from pingmon.model.monitor import MOST_CHANNELS, Channel, ChannelRequest, Monitor
from pingmon.operations.channel_check_cache import ChannelCheckCache
from pingmon.operations.context import Context


def other_channels(
    context: Context, monitor: Monitor, add: Collection[str | int], remove: Iterable[str | int]
) -> tuple[Channel, ...]:
    """Those that it tells afterwards; new ones are of the account of the first, and checked.

    Raises InvalidValue, Conflict, Refused, Unreachable.
    """
    first, service = monitor.channel, context.channels[monitor.channel.kind]
    gone = {service.parse_address(str(one)) for one in remove}
    if first.address in gone:
        raise Conflict(
            f"chat {first.address} is the first, part of what makes it this monitor: "
            "add the monitor anew with another",
            "remove_chat_id",
        )
    if not monitor.is_channel_own and add:
        raise Conflict(
            "its chat is given by its tags or its group: add the chat to the group, or add the monitor "
            "anew with chats of its own",
            "add_chat_id",
        )
    known = {one.address: one for one in monitor.others}
    if missing := sorted(gone - known.keys()):
        raise InvalidValue(f"it does not tell chat {missing[0]}", "remove_chat_id")
    left = {address: one for address, one in known.items() if address not in gone}
    wanted = {service.parse_address(str(one)) for one in add} | left.keys() | {first.address}
    if len(wanted) > MOST_CHANNELS:
        raise InvalidValue(f"a monitor tells at most {MOST_CHANNELS} chats", "add_chat_id")
    account = next(one for one in context.store.channels.accounts() if one.id == first.account_id)
    checks = ChannelCheckCache(context.channels, context.accepted)
    for text in add:
        address = service.parse_address(str(text))
        if address == first.address or address in left:
            continue
        asked = ChannelRequest(first.kind, account.secret, first.account, address)
        left[address] = context.store.channels.ensure(checks.check_channel(asked))
    return tuple(left.values())
