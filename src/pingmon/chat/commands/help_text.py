"""/help: all commands, or one of them with examples."""

from collections.abc import Mapping

from pingmon.chat.command_line import SPELLINGS, command_name
from pingmon.chat.permission import stranger_words
from pingmon.chat.request import ChatRequest, Command
from pingmon.chat.texts import escape
from pingmon.chat.typed_text import bare_end, is_cyrillic
from pingmon.model.chat_messages import ChatAnswer
from pingmon.model.chat_rights import Role
from pingmon.notify.marking import _

_ROLES = {
    Role.OPERATE: _("needs the role operate"),
    Role.ADMIN: _("needs the role admin"),
}


def help_command(commands: Mapping[str, Command]) -> Command:
    """commands: that are shown, in their order; they may come to be later."""

    def run(request: ChatRequest) -> ChatAnswer:
        if request.role is Role.NONE:
            return ChatAnswer(stranger_words(request))
        one = commands.get(command_name(bare_end(request.text))) if request.text else None
        return ChatAnswer(_of_one(request, one) if one else _of_all(request, commands))

    return Command(
        "help", Role.NONE, False, _("all commands, or one with examples"), _("/help\n/help mute"), run
    )


def _of_all(request: ChatRequest, commands: Mapping[str, Command]) -> str:
    words = request.words
    shown = [one for one in commands.values() if one.name != "start"]
    lines = [f"/{one.name} – {escape(words._(one.summary))}" for one in shown if one.role <= request.role]
    more = [f"/{one.name}" for one in shown if one.role > request.role]
    if more:
        lines.append(words._("With another role also: {commands}").format(commands=", ".join(more)))
    lines.append("")
    lines.append(
        words._(
            "Name a device by its name, its address or the beginning of its ID, or answer a message "
            "about it. /help mute shows examples."
        )
    )
    return "\n".join(lines)


def _of_one(request: ChatRequest, command: Command) -> str:
    words = request.words
    lines = [f"<b>/{command.name}</b> – {escape(words._(command.summary))}"]
    lines += escape(words._(command.usage)).split("\n")
    others = [one for one in SPELLINGS[command.name] if is_cyrillic(one) == (words.language == "ru")]
    if others:
        spellings = ", ".join(f"/{one}" for one in others[:6])
        lines.append(words._("Also: {spellings}").format(spellings=spellings))
    if command.role in _ROLES:
        lines.append(words._(_ROLES[command.role]))
    return "\n".join(lines)
