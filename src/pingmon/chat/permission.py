"""Whether somebody may do something to these monitors; what is said if not."""

from collections.abc import Sequence

from pingmon.chat.request import ChatRequest
from pingmon.chat.texts import escape
from pingmon.model.chat_rights import Role, Verdict, may
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import Monitor


class NotAllowed(PingmonError):
    """html: why, in the language of the chat."""

    kind = "not_allowed"

    def __init__(self, html: str) -> None:
        super().__init__(html)
        self.html = html


def permit(
    request: ChatRequest, needed: Role, monitors: Sequence[Monitor] = (), changes_all: bool = False
) -> None:
    """Raises NotAllowed. changes_all: it concerns all chats that these tell, as stop, pause, edit do."""
    is_own = all(map(request.scope.tells, monitors))
    elsewhere = request.scope.other_chats(monitors) if changes_all and is_own else set()
    roles = (request.role_elsewhere(one) for one in sorted(elsewhere))
    verdict = may(needed, request.place.kind, request.role, is_own, roles, changes_all)
    if verdict is not Verdict.ALLOWED:
        raise NotAllowed(refusal(verdict, needed, request, len(elsewhere)))


def refusal(verdict: Verdict, needed: Role, request: ChatRequest, elsewhere: int = 0) -> str:
    """HTML. elsewhere: how many other chats are concerned."""
    words, _ = request.words, request.words._
    if verdict is Verdict.FOREIGN:
        return "⚠️ " + _("There is no such device here; /list shows all.")
    if verdict is Verdict.ELSEWHERE:
        text = words.plural(
            "It tells {n} other chat, where you are no admin: this is for those who run pingmon.",
            "It tells {n} other chats, and you are not admin in all of them: this is for those who run "
            "pingmon.",
            elsewhere,
        )
        return "⛔ " + text.format(n=elsewhere)
    if request.person.is_anonymous:
        text = _("Who writes as the group has no name. Turn off “Remain anonymous”, then send it again.")
        return "⛔ " + text
    text = _("This needs the role {role} in this chat. Whoever runs pingmon can give it:")
    return f"⛔ {text.format(role=needed.word)}\n{allow_line(request, needed)}"


def allow_line(request: ChatRequest, role: Role) -> str:
    """The command that gives somebody a role, to be copied by a touch."""
    line = (
        f"pingmonctl chat allow --chat_id={request.place.chat_id} "
        f"--user_id={request.person.user_id} --role={role.word}"
    )
    return f"<code>{escape(line)}</code>"


def stranger_words(request: ChatRequest) -> str:
    """All that is said to somebody in a chat that is told nothing."""
    _ = request.words._
    text = _("pingmon tells this chat nothing yet. Ask whoever runs it to enter:")
    return f"👋 {text}\n{allow_line(request, Role.ADMIN)}\n{ids(request)}"


def ids(request: ChatRequest) -> str:
    """The numbers that add-mon and chat allow want."""
    found = [f"chat_id <code>{request.place.chat_id}</code>"]
    if request.place.thread_id:
        found.append(f"thread_id <code>{request.place.thread_id}</code>")
    if not request.person.is_anonymous:
        found.append(f"user_id <code>{request.person.user_id}</code>")
    return ", ".join(found)
