"""/ack: somebody takes care of an outage, so nobody is reminded of it."""

from collections.abc import Sequence

from pingmon.chat.device_choice import choose
from pingmon.chat.open_outages import Meant, named_by_care, nobody_cares, open_outages
from pingmon.chat.permission import permit
from pingmon.chat.picking import SEPARATOR, pick
from pingmon.chat.request import ChatRequest, Command
from pingmon.chat.texts import devices, escape
from pingmon.model.chat_messages import Button, ChatAnswer
from pingmon.model.chat_rights import Role
from pingmon.model.detector_state import State
from pingmon.model.monitor import Monitor
from pingmon.notify.marking import _
from pingmon.operations.holds import acknowledge, parse_comment, unacknowledge
from pingmon.operations.selection import Selected

LONGEST_DEVICE = 6  # words


def run(request: ChatRequest) -> ChatAnswer:
    """Raises PingmonError."""
    which, comment = _typed(request)
    parse_comment(comment)  # what is wrong with it is said before anything is asked
    open_ones = _open(request)
    if not open_ones and not which and request.reply_to is None:
        return ChatAnswer("ℹ️ " + request.words._("Nothing is down here that nobody takes care of."))
    found = pick(request, "ack", which, comment, among=open_ones, may_be_many=True)
    return do_ack(request, found, comment)


def do_ack(request: ChatRequest, monitors: Sequence[Monitor], comment: str = "") -> ChatAnswer:
    """Raises PingmonError."""
    words = request.words
    permit(request, Role.OPERATE, monitors)
    text = parse_comment(comment)
    # Of the others nothing is open, and what somebody said of them stays.
    down = [one.monitor for one in open_outages(request, map(Meant, monitors))] or list(monitors)
    acknowledge(request.context, request.actor, Selected(down), text, known=request.scope.channels)
    said = words._("{device}: {person} takes care").format(
        device=devices(down, words), person=escape(person_shown(request))
    )
    ids, which = tuple(one.id for one in down), named_by_care(request, down).values()
    return ChatAnswer(
        f"🔵 {said}" + (f": {escape(text)}" if text else ""),
        ((Button(words._("Undo"), "run:unack", SEPARATOR.join(which)),),),
        ids,
    )


def do_unack(request: ChatRequest, monitors: Sequence[Monitor], rest: str = "") -> ChatAnswer:
    """Raises PingmonError."""
    words = request.words
    permit(request, Role.OPERATE, monitors)
    held = unacknowledge(request.context, request.actor, Selected(list(monitors)))
    text = words._("{device}: not acknowledged any more")
    if not held.changed:
        text = words._("{device} was not acknowledged")
    ids = tuple(one.id for one in monitors)
    return ChatAnswer("🔵 " + text.format(device=devices(monitors, words)), about=ids)


def person_shown(request: ChatRequest) -> str:
    """As people of the chat know them."""
    person = request.person
    if person.is_anonymous:
        return request.words._("an administrator")
    return person.name or (f"@{person.username}" if person.username else str(person.user_id))


def _open(request: ChatRequest) -> list[Monitor]:
    """What is down here, and nobody takes care of. Only of what may be down the store is asked."""
    pool, monitors = request.context.worker_pool, request.scope.monitors
    states = ((one, pool.state_of(one.id)) for one in monitors)
    may_be = [one for one, state in states if state and State.DOWN in (state.state, state.told)]
    return nobody_cares(request, map(Meant, may_be))


def _typed(request: ChatRequest) -> tuple[str, str]:
    """Which words name devices, if any do; the others are the comment."""
    if request.reply_to is not None:
        return "", request.text
    words = request.text.split(" ")
    for count in range(min(len(words), LONGEST_DEVICE), 0, -1):
        text = " ".join(words[:count])
        if choose(request.scope, text, is_whole=True).found:
            return text, " ".join(words[count:])
    # A part of a name is one, too, if nothing follows it.
    is_device = bool(request.text) and bool(choose(request.scope, request.text).found)
    return (request.text, "") if is_device else ("", request.text)


ACK = Command(
    "ack",
    Role.OPERATE,
    True,
    _("say that you take care of an outage"),
    _(
        "As a reply to an alarm: /ack or /ack on my way\n"
        "/ack printer on my way – that one, with a comment\n"
        "/ack – the one that is down; if several are, you are asked which"
    ),
    run,
)
