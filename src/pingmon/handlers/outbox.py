"""outbox_list, outbox_retry, outbox_drop."""

from collections.abc import Mapping
from typing import Any

from pingmon.api.method import Caller, method
from pingmon.handlers.callers import actor
from pingmon.handlers.serializers import NO_CHANNEL, described
from pingmon.handlers.shared_schemas import ID, INTEGER, result
from pingmon.kinds.declaration import FLAG, TEXT
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import Channel
from pingmon.model.selector import CHANNEL_KEYS
from pingmon.model.timestamps import rfc3339
from pingmon.operations.context import Context
from pingmon.operations.outbox import drop_messages, retry_messages, selection, waiting_channels
from pingmon.storage.waiting_messages import WaitingChannel

OBJECTS = {"type": "array", "items": {"type": "object"}}
SELECTORS = {
    "id": ID,
    **{
        name: {"type": ["string", "integer"], "description": "messages to this address"}
        for name in CHANNEL_KEYS
    },
    "bot": TEXT | {"description": "messages by this bot: its name or number"},
}


@method(
    "What waits to be sent, by channel: why, and since when.",
    SELECTORS,
    result(channels=OBJECTS),
)
def outbox_list(
    context: Context,
    caller: Caller,
    *,
    id: str | None = None,
    bot: str | None = None,
    **address: str | int,
) -> dict[str, Any]:
    wanted = selection(context, id, _address(address), bot)
    return {"channels": [_shown(context, one) for one in waiting_channels(context, wanted)]}


@method(
    "Try again now what waits, unless the service said how long to wait.",
    SELECTORS,
    result(waiting=INTEGER, channels=OBJECTS),
)
def outbox_retry(
    context: Context,
    caller: Caller,
    *,
    id: str | None = None,
    bot: str | None = None,
    **address: str | int,
) -> dict[str, Any]:
    found = retry_messages(context, actor(caller), selection(context, id, _address(address), bot))
    shown = [_shown(context, one) for one in found]
    return {"waiting": sum(one.waiting for one in found), "channels": shown}


@method(
    "Drop what waits; devices whose state nobody was told then are listed as such.",
    SELECTORS | {"all": FLAG | {"default": False, "description": "needed when nothing else is given"}},
    result(dropped=INTEGER, untold=OBJECTS),
)
def outbox_drop(
    context: Context,
    caller: Caller,
    *,
    id: str | None = None,
    bot: str | None = None,
    all: bool = False,
    **address: str | int,
) -> dict[str, Any]:
    if not (all or address) and (id, bot) == (None, None):
        raise InvalidValue(f"say which messages: id, {', '.join(CHANNEL_KEYS)}, bot, or all", "all")
    dropped, untold = drop_messages(
        context, actor(caller), selection(context, id, _address(address), bot)
    )
    devices = [
        {"id": one.id, "name": one.name, "ip_address": one.address or None, "target": one.target_label}
        for one in untold
    ]
    return {"dropped": dropped, "untold": devices}


def _address(given: Mapping[str, str | int]) -> str | None:
    """Raises InvalidValue when several are given."""
    if len(given) > 1:
        raise InvalidValue(f"give one of {', '.join(given)}", next(iter(given)))
    return next((str(one) for one in given.values()), None)


def _shown(context: Context, channel: WaitingChannel) -> dict[str, Any]:
    devices = []
    for monitor_id, waiting in channel.monitors.items():
        monitor = context.worker_pool.monitors.get(monitor_id)
        about = {
            "name": monitor.name if monitor else "",
            "ip_address": (monitor.address or None) if monitor else "",
            "target": monitor.target_label if monitor else "",
        }
        devices.append({"id": monitor_id, **about, "waiting": waiting})
    its = Channel(
        channel.id, channel.kind, channel.account_id, channel.account, channel.address, channel.topic
    )
    return {
        "kind": channel.kind,
        **NO_CHANNEL,
        **described(context, its),
        "waiting": channel.waiting,
        "oldest": rfc3339(channel.oldest),
        "delivery": channel.delivery,
        "monitors": devices,
    }
