"""/add: a device is watched, and this chat is told."""

import ipaddress
from typing import Any

from pingmon.chat.add_words import Wanted, read_wanted
from pingmon.chat.device_choice import choose
from pingmon.chat.request import ChatRequest, Command
from pingmon.chat.texts import device, interval_words
from pingmon.model.chat_messages import Button, ChatAnswer
from pingmon.model.chat_rights import Role
from pingmon.model.errors import InvalidValue, LimitReached, NotFound
from pingmon.notify.marking import _
from pingmon.operations.add_monitors import add_monitor

TOLD_ID = 8  # letters of an ID that are shown: enough to name one


def run(request: ChatRequest) -> ChatAnswer:
    """Raises PingmonError."""
    wanted = read_wanted(request.text)
    _check_limits(request, wanted)
    added = add_monitor(request.context, request.actor, _params(request, wanted), verify=False)
    monitor, words = added.monitor, request.words
    shown = {"device": device(monitor), "id": f"<code>{monitor.id[:TOLD_ID]}</code>"}
    if not added.created:
        text = words._("{device} is watched here already, as {id}.")
        return ChatAnswer("ℹ️ " + text.format(**shown), about=(monitor.id,))
    every = interval_words(monitor.detection.interval, words)
    text = words._("{device} is watched now, every {time}: {id}").format(time=every, **shown)
    return ChatAnswer(
        f"➕ {text}\n" + words._("Whether it answers is shown here in a moment …"),
        ((Button(words._("Stop watching"), "run:stop", monitor.id),),),
        (monitor.id,),
        first_reply_of=monitor.id,
    )


def _params(request: ChatRequest, wanted: Wanted) -> dict[str, Any]:
    params: dict[str, Any] = {
        **({"host": wanted.host} if wanted.host else {"ip_address": wanted.address}),
        "name": wanted.name,
        "chat_id": _address_of_chat(request),
        "token": _secret(request),
    }
    if request.place.thread_id:
        params["thread_id"] = request.place.thread_id
    if wanted.interval is not None:
        params["interval"] = wanted.interval
    if wanted.parent:
        params["parent"] = _parent(request, wanted.parent)
    return params


def _parent(request: ChatRequest, text: str) -> str:
    found = choose(request.scope, text).found
    if len(found) != 1:
        words = request.words._("{name} is not one device of this chat: give its whole name or address")
        raise InvalidValue(words.format(name=text[:60]), "parent")
    return found[0].id


def _secret(request: ChatRequest) -> str:
    """The bot that was spoken to is the one that tells."""
    accounts = request.context.store.channels.accounts()
    found = next((one.secret for one in accounts if one.id == request.bot.account_id), None)
    if found is None:
        raise NotFound("bot", "token")
    return found


def _address_of_chat(request: ChatRequest) -> str:
    """As the bot's other monitors here have it: by name, or by the number from before it moved."""
    for monitor in request.scope.monitors:
        for one in monitor.channels:
            if one.id in request.scope.channels and one.account_id == request.bot.account_id:
                return one.address
    return request.place.chat_id


def _check_limits(request: ChatRequest, wanted: Wanted) -> None:
    """Raises InvalidValue, LimitReached."""
    settings, words = request.tools.settings, request.words
    networks = settings.allow_networks
    if networks and wanted.host:  # it may be given any address, and another one later
        text = words._("Chats may watch addresses of some networks only: give the address, not a name")
        raise InvalidValue(text, "host")
    address = ipaddress.ip_address(wanted.address.partition("%")[0]) if networks else None
    if address and not any(address.version == one.version and address in one for one in networks):
        shown = ", ".join(map(str, networks[:5])) + (" …" if len(networks) > 5 else "")
        text = words._("{address} is in no network that chats may watch: {networks}")
        raise InvalidValue(text.format(address=wanted.address, networks=shown), "ip_address")
    if wanted.interval is not None and wanted.interval < settings.least_interval:
        text = words._("From a chat the least interval is {n} s").format(n=f"{settings.least_interval:g}")
        raise InvalidValue(text, "interval")
    if settings.most_monitors and len(request.scope.monitors) >= settings.most_monitors:
        text = words._("This chat has {n} devices, and may not have more").format(
            n=settings.most_monitors
        )
        raise LimitReached(text)


ADD = Command(
    "add",
    Role.ADMIN,
    True,
    _("watch a device: /add 10.0.0.2 printer"),
    _(
        "/add 10.0.0.2 printer – watch it and tell this chat\n"
        "/add home.example.net – watch a name, whatever its address is\n"
        "/add 10.0.0.2 printer every 5s – probe it every 5 seconds\n"
        "/add 10.0.0.2 printer behind router – be silent while the router is down"
    ),
    run,
)
