"""Buttons under alarms, and those that answers have in common. Each looks again whether it still fits.

The argument names monitors by ID, several with commas between; after `@` when the outage began that the
message tells, or when somebody took care of it, epoch seconds: a button of an older outage does nothing
to a newer one.
"""

from collections.abc import Sequence

from pingmon.chat.commands.ack import do_ack, do_unack
from pingmon.chat.commands.explain import explain
from pingmon.chat.commands.mute import do_mute, do_unmute
from pingmon.chat.open_outages import Meant, cared_for, nobody_cares, open_outages
from pingmon.chat.permission import permit
from pingmon.chat.picking import SEPARATOR, offer
from pingmon.chat.registry import ON_DEVICES
from pingmon.chat.request import Action, ChatRequest
from pingmon.chat.texts import plain_device
from pingmon.model.chat_messages import Pressed
from pingmon.model.chat_rights import Role


def ack(request: ChatRequest, argument: str) -> Pressed:
    """Of several, those that are down and that nobody takes care of. Raises PingmonError."""
    words, meant = request.words, _meant(request, argument)
    if not meant:
        return Pressed(words._("It is not watched any more."))
    outages = open_outages(request, meant)
    if not outages:
        return Pressed(words._("That outage is over."))
    free = [one.monitor for one in outages if one.care is None]
    if not free:
        care = outages[0].care
        return Pressed(words._("{person} takes care already.").format(person=care.by if care else ""))
    answer = do_ack(request, free)
    if len(free) == 1:
        text = words._("Acknowledged: {device}").format(device=plain_device(free[0]))
    else:
        text = words.plural("Acknowledged: {n} device", "Acknowledged: {n} devices", len(free))
        text = text.format(n=len(free))
    return Pressed(text, sends=answer)


def unack(request: ChatRequest, argument: str) -> Pressed:
    """Raises PingmonError."""
    meant = _meant(request, argument)
    if not meant:
        return Pressed(request.words._("It is not watched any more."))
    monitors = cared_for(request, meant)
    if not monitors:
        return outdated(request, "unacknowledged")
    do_unack(request, monitors)
    return Pressed(request.words._("Taken back."))


def mute(request: ChatRequest, argument: str) -> Pressed:
    """`request.text`: how long. Raises PingmonError."""
    monitors = [one.monitor for one in _meant(request, argument)]
    if not monitors:
        return Pressed(request.words._("It is not watched any more."))
    answer = do_mute(request, monitors, request.text)
    is_question = not request.text
    return Pressed("" if is_question else request.words._("Muted in this chat."), sends=answer)


def outdated(request: ChatRequest, argument: str) -> Pressed:
    """A button that does not fit any more. argument: why."""
    if argument == "unacknowledged":
        return Pressed(request.words._("It is not acknowledged that way any more."))
    return Pressed(request.words._("That outage is over."))


def unmute(request: ChatRequest, argument: str) -> Pressed:
    """Raises PingmonError."""
    monitors = [one.monitor for one in _meant(request, argument)]
    if not monitors:
        return Pressed(request.words._("It is not watched any more."))
    do_unmute(request, monitors)
    return Pressed(request.words._("Not muted any more."))


def details(request: ChatRequest, argument: str) -> Pressed:
    """Raises PingmonError."""
    monitors = [one.monitor for one in _meant(request, argument)]
    if not monitors:
        return Pressed(request.words._("It is not watched any more."))
    if len(monitors) == 1:
        return Pressed("", sends=explain(request, monitors))
    question = request.words._("Which device?")
    return Pressed("", sends=offer(request, question, monitors, "explain", "", False))


def choose(request: ChatRequest, argument: str) -> Pressed:
    """Of a digest: the outages that nobody takes care of, one button each."""
    permit(request, Role.OPERATE)
    open_ones = nobody_cares(request, _meant(request, argument))
    if not open_ones:
        return Pressed(request.words._("Nothing is down here that nobody takes care of."))
    question = request.words._("Which one do you take care of?")
    return Pressed("", sends=offer(request, question, open_ones, "ack", "", True))


def turn(request: ChatRequest, argument: str) -> Pressed:
    """Another page of a question. `request.text`: page, whether all may be meant, command, rest."""
    page, may_be_many, command, *rest = f"{request.text} ".split(" ", 3)
    monitors = [one.monitor for one in _meant(request, argument)]
    if not monitors or command not in ON_DEVICES:
        return Pressed(request.words._("It is not watched any more."))
    question = request.words._("Which device?")
    many, words = may_be_many == "1", " ".join(rest).strip()
    return Pressed("", offer(request, question, monitors, command, words, many, int(page)))


def run(request: ChatRequest, argument: str) -> Pressed:
    """`request.text`: command and rest, done to the devices. Raises PingmonError."""
    command, _space, rest = request.text.partition(" ")
    meant = _meant(request, argument)
    if not meant or command not in ON_DEVICES:
        return Pressed(request.words._("It is not watched any more."))
    fitting = _FITTING.get(command)
    monitors = fitting(request, meant) if fitting else [one.monitor for one in meant]
    if monitors:
        return Pressed("", ON_DEVICES[command](request, monitors, rest))
    return ack(request, argument) if command == "ack" else outdated(request, "unacknowledged")


def _meant(request: ChatRequest, argument: str) -> Sequence[Meant]:
    """Those that are there still, and tell this chat."""
    found = []
    for part in argument.split(SEPARATOR):
        monitor_id, _at, began = part.partition("@")
        if monitor := request.scope.get(monitor_id):
            found.append(Meant(monitor, float(began or 0.0)))
    return found


# To which of the devices a command of a button still fits.
_FITTING = {"ack": nobody_cares, "unack": cared_for}
BUTTONS = (
    Action("ack", Role.OPERATE, ack),
    Action("ack_all", Role.OPERATE, ack),
    Action("unack", Role.OPERATE, unack),
    Action("mute", Role.OPERATE, mute),
    Action("unmute", Role.OPERATE, unmute),
    Action("details", Role.VIEW, details),
    Action("outdated", Role.VIEW, outdated),
    Action("choose", Role.OPERATE, choose),
    Action("offer", Role.VIEW, turn),
    Action("run", Role.VIEW, run),
)
