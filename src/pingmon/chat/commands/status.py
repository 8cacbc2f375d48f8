"""/status: pingmon itself, and how many devices of this chat are well."""

from pingmon.chat.request import ChatRequest, Command
from pingmon.chat.texts import counts
from pingmon.model.chat_messages import ChatAnswer
from pingmon.model.chat_rights import Role
from pingmon.model.detector_state import State
from pingmon.notify.marking import _
from pingmon.operations.status import summary

# Of conditions of health only the kinds: their words name other chats.
_CONDITIONS = {
    "watching": _("not all devices can be watched or seen"),
    "database": _("the database can't be used"),
    "suspended": _("some chats can't be reached"),
    "unreachable": _("some messages can't be delivered now"),
    "delivery": _("some messages can't be delivered now"),
    "heartbeat": _("no heartbeat is given"),
    "configuration": _("its configuration is refused"),
    "restart": _("changed settings wait for a restart"),
}


def show(request: ChatRequest) -> ChatAnswer:
    words = request.words
    found = summary(request.context)
    time = words.format_duration(found["uptime_s"])
    well = not found["conditions"]
    head = words._("pingmon works, for {time}") if well else words._("pingmon works, but not all is well")
    lines = [f"{'✅' if well else '⚠️'} <b>{head.format(time=time)}</b> ({found['version']})"]
    known = dict.fromkeys(_CONDITIONS.get(one, one) for one in found["conditions"])
    lines += [f"• {words._(one)}" for one in known]
    pool, monitors = request.context.worker_pool, request.scope.monitors
    states = [state.state if (state := pool.state_of(one.id)) else State.UNKNOWN for one in monitors]
    total = words.plural("{n} device", "{n} devices", len(monitors)).format(n=len(monitors))
    text = words._("In this chat: {devices}").format(devices=total)
    lines.append(f"{text}: {counts(states, words)}" if states else text)
    return ChatAnswer("\n".join(lines))


STATUS = Command(
    "status",
    Role.VIEW,
    False,
    _("pingmon itself, and how the devices are"),
    _("/status – whether pingmon works, and how many devices are up"),
    show,
)
