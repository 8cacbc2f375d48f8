"""/id and /start: the numbers that pingmonctl wants, and what this chat may do."""

from pingmon.chat.permission import ids, stranger_words
from pingmon.chat.request import ChatRequest, Command
from pingmon.model.chat_messages import ChatAnswer, ChatKind
from pingmon.model.chat_rights import Role
from pingmon.notify.marking import _

_MAY = {
    Role.VIEW: _("Here you may look."),
    Role.OPERATE: _("Here you may look, acknowledge and mute."),
    Role.ADMIN: _("Here you may do everything."),
}


def show_ids(request: ChatRequest) -> ChatAnswer:
    if request.role is Role.NONE:
        return ChatAnswer(stranger_words(request))
    return ChatAnswer(f"🆔 {ids(request)}\n{request.words._(_MAY[request.role])}")


def start(request: ChatRequest) -> ChatAnswer:
    """In a private chat it says what add-mon wants."""
    if request.role is Role.NONE:
        return ChatAnswer(stranger_words(request))
    words, place = request.words, request.place
    lines = [
        "👋 " + words._("This is pingmon: it says here when a device stops answering. /help shows more.")
    ]
    if place.kind is ChatKind.PRIVATE:
        lines.append(words._("On the machine that runs it, a device is added for this chat by:"))
        at = f"--bot={request.bot.username} --ip_address=10.0.0.2"
        lines.append(f"<code>pingmonctl add-mon --chat_id={place.chat_id} {at}</code>")
    lines.append(f"{ids(request)}. {words._(_MAY[request.role])}")
    return ChatAnswer("\n".join(lines))


ID = Command("id", Role.NONE, False, _("the numbers of this chat and of yourself"), _("/id"), show_ids)
START = Command("start", Role.NONE, False, _("what this is"), _("/start"), start)
