"""/pause and /resume: a device is not probed for now; nobody is told of it."""

from collections.abc import Sequence

from pingmon.chat.device_choice import choose
from pingmon.chat.permission import permit
from pingmon.chat.picking import SEPARATOR, pick
from pingmon.chat.request import ChatRequest, Command
from pingmon.chat.texts import devices
from pingmon.model.chat_messages import Button, ChatAnswer
from pingmon.model.chat_rights import Role
from pingmon.model.monitor import Monitor
from pingmon.notify.marking import _
from pingmon.operations.holds import parse_comment, pause, resume
from pingmon.operations.selection import Selected

LONGEST_DEVICE = 6  # words


def run_pause(request: ChatRequest) -> ChatAnswer:
    """Raises PingmonError."""
    which, comment = _typed(request)
    return do_pause(request, pick(request, "pause", which, comment, may_be_many=True), comment)


def do_pause(request: ChatRequest, monitors: Sequence[Monitor], comment: str = "") -> ChatAnswer:
    """Raises PingmonError."""
    words, ids = request.words, tuple(one.id for one in monitors)
    permit(request, Role.ADMIN, monitors, changes_all=True)
    pause(request.context, request.actor, Selected(list(monitors)), parse_comment(comment))
    text = words._("{device}: paused. Nothing is probed or told until /resume").format(
        device=devices(monitors, words)
    )
    resumes = Button(words._("Resume"), "run:resume", SEPARATOR.join(ids))
    return ChatAnswer(f"⏸ {text}", ((resumes,),), ids)


def run_resume(request: ChatRequest) -> ChatAnswer:
    """Raises PingmonError."""
    pool = request.context.worker_pool
    paused = [
        one
        for one in request.scope.monitors
        if (state := pool.state_of(one.id)) is not None and state.is_paused
    ]
    if not paused and not request.text and request.reply_to is None:
        return ChatAnswer("ℹ️ " + request.words._("Nothing is paused in this chat."))
    return do_resume(
        request, pick(request, "resume", request.text, among=paused or None, may_be_many=True)
    )


def do_resume(request: ChatRequest, monitors: Sequence[Monitor], rest: str = "") -> ChatAnswer:
    """Raises PingmonError."""
    words = request.words
    permit(request, Role.ADMIN, monitors, changes_all=True)
    held = resume(request.context, request.actor, Selected(list(monitors)))
    text = words._("{device}: probed again") if held.changed else words._("{device} was not paused")
    ids = tuple(one.id for one in monitors)
    return ChatAnswer("▶️ " + text.format(device=devices(monitors, words)), about=ids)


def _typed(request: ChatRequest) -> tuple[str, str]:
    """The device, and why."""
    if request.reply_to is not None or not request.text:
        return "", request.text
    if choose(request.scope, request.text).found:
        return request.text, ""
    words = request.text.split(" ")
    for count in range(min(len(words), LONGEST_DEVICE), 0, -1):
        text = " ".join(words[:count])
        if choose(request.scope, text, is_whole=True).found:
            return text, " ".join(words[count:])
    return request.text, ""


PAUSE = Command(
    "pause",
    Role.ADMIN,
    True,
    _("do not probe a device for now"),
    _("/pause printer – until /resume printer\n/pause printer new toner – with a comment"),
    run_pause,
)
RESUME = Command(
    "resume",
    Role.ADMIN,
    True,
    _("probe a paused device again"),
    _("/resume printer\n/resume all"),
    run_resume,
)
