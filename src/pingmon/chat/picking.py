"""From what somebody typed, or the message that is answered, to devices, or to a question."""

from collections.abc import Sequence

from pingmon.chat.device_choice import Choice, choose
from pingmon.chat.open_outages import named_by_outage
from pingmon.chat.request import ChatRequest
from pingmon.chat.texts import ICONS, escape, plain_device, short
from pingmon.model.chat_messages import Button, ChatAnswer
from pingmon.model.detector_state import State
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import Monitor

PAGE = 8  # buttons of one question
MOST = 48  # devices that are offered; beyond, a name is asked for
SEPARATOR = ","


class Asked(PingmonError):
    """Instead of doing it something is asked. answer: the question."""

    kind = "asked"

    def __init__(self, answer: ChatAnswer) -> None:
        super().__init__("a question is open")
        self.answer = answer


def pick(
    request: ChatRequest,
    command: str,
    text: str,
    rest: str = "",
    among: Sequence[Monitor] | None = None,
    may_be_many: bool = False,
) -> list[Monitor]:
    """The devices that are meant. Raises Asked, InvalidValue.

    command, rest: what a button of the question does to the device that is chosen. among: those that are
    likely meant when none is named; None: all of this chat.
    """
    if not text:
        return _unnamed(request, command, rest, among, may_be_many)
    choice = choose(request.scope, text)
    return clear(request, command, rest, choice, may_be_many)


def clear(
    request: ChatRequest, command: str, rest: str, choice: Choice, may_be_many: bool
) -> list[Monitor]:
    """The devices of a choice. Raises Asked when it is not clear."""
    _ = request.words._
    if not choice.found:
        text = _("There is no device {name} here; /list shows all.")
        raise Asked(ChatAnswer("⚠️ " + text.format(name=quoted(choice.text))))
    if len(choice.found) == 1 or (choice.many and may_be_many):
        return list(choice.found)
    question = _("{name} may be several devices. Which one?").format(name=quoted(choice.text))
    if choice.many:
        question = _("One at a time. Which one?")
    raise Asked(offer(request, question, choice.found, command, rest, False))


def _unnamed(
    request: ChatRequest,
    command: str,
    rest: str,
    among: Sequence[Monitor] | None,
    may_be_many: bool,
) -> list[Monitor]:
    _ = request.words._
    if request.reply_to is not None:
        told = request.context.store.told.monitors_told(
            request.bot.account_id, request.scope.channels, request.reply_to
        )
        found = request.scope.by_ids(told)
        if len(found) == 1:
            return found
        if found:
            question = _("That message is about several devices. Which one?")
            raise Asked(offer(request, question, found, command, rest, may_be_many))
        if told:
            raise Asked(ChatAnswer("⚠️ " + _("It is not watched any more.")))
    some = list(request.scope.monitors if among is None else among)
    if len(some) == 1 and request.reply_to is None:  # what a reply means is asked rather than guessed
        return some
    if not some:
        if among is None:
            raise Asked(ChatAnswer(_("This chat has no devices yet: /add 10.0.0.2 printer adds one.")))
        raise Asked(ChatAnswer(_("Say which device, as in /{command} printer.").format(command=command)))
    raise Asked(offer(request, _("Which device?"), some, command, rest, may_be_many))


def offer(
    request: ChatRequest,
    question: str,
    monitors: Sequence[Monitor],
    command: str,
    rest: str,
    may_be_many: bool,
    page: int = 0,
) -> ChatAnswer:
    """A question with a button for each device, page by page. question: HTML."""
    _ = request.words._
    if len(monitors) > MOST:
        text = _("Say which device, as in /{command} printer.").format(command=command)
        return ChatAnswer(text)
    page = min(max(page, 0), (len(monitors) - 1) // PAGE)
    shown = monitors[page * PAGE : (page + 1) * PAGE]
    which = (
        named_by_outage(request, monitors) if command == "ack" else {one.id: one.id for one in monitors}
    )
    action, all_ids = f"run:{command} {rest}".strip(), SEPARATOR.join(which.values())
    rows = [(Button(_label(request, one), action, which[one.id]),) for one in shown]
    if may_be_many and len(monitors) > 1:
        every = request.words.plural("All {n}", "All {n}", len(monitors)).format(n=len(monitors))
        rows.append((Button(every, action, all_ids),))
    turn = [
        Button(sign, f"offer:{to} {int(may_be_many)} {command} {rest}".strip(), all_ids)
        for sign, to in (("◀", page - 1), ("▶", page + 1))
        if 0 <= to * PAGE < len(monitors) and to >= 0
    ]
    return ChatAnswer(question, (*rows, *([tuple(turn)] if turn else [])))


def quoted(text: str) -> str:
    """As somebody typed it: bold, escaped, bounded."""
    return f"<b>{escape(short(text, 60))}</b>"


def _label(request: ChatRequest, monitor: Monitor) -> str:
    state = request.context.worker_pool.state_of(monitor.id)
    icon = ICONS[state.state if state else State.UNKNOWN]
    name = f"{plain_device(monitor, 30)} {monitor.target}" if monitor.name else monitor.target
    return f"{icon} {name}"
