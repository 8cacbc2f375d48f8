"""/stop: a device is watched no more. It asks back, and can be taken back for five minutes."""

from collections.abc import Sequence

from pingmon.chat.permission import permit
from pingmon.chat.picking import pick
from pingmon.chat.request import Action, ChatRequest, Command
from pingmon.chat.texts import device
from pingmon.model.chat_messages import Button, ChatAnswer, Pressed
from pingmon.model.chat_rights import Role
from pingmon.model.monitor import Monitor
from pingmon.notify.marking import _
from pingmon.operations.undo import delete_undoably, undo_deletion


def run(request: ChatRequest) -> ChatAnswer:
    """Raises PingmonError."""
    return ask(request, pick(request, "stop", request.text))


def ask(request: ChatRequest, monitors: Sequence[Monitor], rest: str = "") -> ChatAnswer:
    """Raises PingmonError."""
    words, monitor = request.words, monitors[0]
    permit(request, Role.ADMIN, [monitor], changes_all=True)
    text = words._("Stop watching {device}?").format(device=device(monitor))
    behind_it = request.context.worker_pool.monitors.children_of(monitor.id)
    children = sum(map(request.scope.tells, behind_it))  # of others nothing is said
    if children:
        behind = words.plural(
            "{n} device is behind it, and will be judged for itself.",
            "{n} devices are behind it, and will be judged for themselves.",
            children,
        ).format(n=children)
        text += f"\n{behind}"
    yes = Button(words._("Stop watching"), "stop", monitor.id)
    return ChatAnswer(f"🗑 {text}", ((yes, Button(words._("Keep"), "keep", monitor.id)),), (monitor.id,))


def stop(request: ChatRequest, argument: str) -> Pressed:
    """Raises PingmonError."""
    words, monitor = request.words, request.scope.get(argument)
    if monitor is None:
        return Pressed(words._("It is not watched any more."))
    permit(request, Role.ADMIN, [monitor], changes_all=True)
    done = delete_undoably(request.context, request.actor, monitor)
    text = words._("{device} is not watched any more.").format(device=device(monitor))
    text += "\n" + words._("It can be taken back for 5 minutes.")
    undo_it = Button(words._("Undo"), "undo", done.key)
    return Pressed("", ChatAnswer(f"🗑 {text}", ((undo_it,),)))


def keep(request: ChatRequest, argument: str) -> Pressed:
    monitor = request.scope.get(argument)
    if monitor is None:
        return Pressed(request.words._("It is not watched any more."))
    text = request.words._("{device} is watched on.").format(device=device(monitor))
    return Pressed("", ChatAnswer(f"👌 {text}", about=(monitor.id,)))


def undo(request: ChatRequest, argument: str) -> Pressed:
    """argument: the key of a deletion. Raises PingmonError."""
    words, context = request.words, request.context
    found = context.store.find_undo(argument, request.now)
    if found is None:
        return Pressed(words._("It is too late to take that back: add it again."))
    permit(request, Role.ADMIN, [found.monitor], changes_all=True)
    monitor = undo_deletion(context, request.actor, argument)
    text = words._("{device} is watched again, as before.").format(device=device(monitor))
    return Pressed("", ChatAnswer(f"↩️ {text}", about=(monitor.id,)))


STOP = Command(
    "stop",
    Role.ADMIN,
    True,
    _("stop watching a device"),
    _("/stop printer – you are asked back, and can undo it for 5 minutes"),
    run,
)
ACTIONS = (
    Action("stop", Role.ADMIN, stop),
    Action("keep", Role.VIEW, keep),
    Action("undo", Role.ADMIN, undo),
)
