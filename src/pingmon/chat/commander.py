"""The door to all commands: what is to be done with a message or a press, and the answer to it."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from pingmon.chat.alarm_buttons import BUTTONS
from pingmon.chat.authorization import Authorization
from pingmon.chat.command_line import CommandLine, parse_command
from pingmon.chat.commands.list_devices import TURN
from pingmon.chat.commands.stop import ACTIONS as STOP_BUTTONS
from pingmon.chat.error_words import error_words
from pingmon.chat.language import language_of
from pingmon.chat.permission import NotAllowed, permit, refusal, stranger_words
from pingmon.chat.picking import Asked, quoted
from pingmon.chat.rate_limits import Limit, RateLimits
from pingmon.chat.registry import COMMANDS
from pingmon.chat.request import Action, Bot, ChatRequest, ChatTools, Command
from pingmon.chat.scope import Scope, scope_of
from pingmon.chat.texts import escape, short
from pingmon.chat.typed_text import plain
from pingmon.kinds.telegram import TELEGRAM
from pingmon.model.chat_messages import (
    Button,
    ButtonPress,
    ChatAnswer,
    ChatKind,
    ChatMessage,
    Person,
    Place,
    Pressed,
)
from pingmon.model.chat_rights import Role, Verdict, may
from pingmon.model.errors import PingmonError
from pingmon.model.redaction import holds_token
from pingmon.notify.translation import Translation, translation_for

log = logging.getLogger(__name__)

LONGEST_TOAST = 200  # characters, as Telegram bounds it
ACTIONS: dict[str, Action] = {one.name: one for one in (*BUTTONS, *STOP_BUTTONS, TURN)}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A command that may be carried out, or an answer that needs none.

    changes: it would change something. brief: HTML that is true as soon as it is done, for an answer that
    a crash cut off. too_old: what is answered instead when it came too late. run: carries it out, once;
    it raises nothing that people caused. words: the language of the answer.
    """

    changes: bool
    brief: str
    too_old: str
    run: Callable[[], ChatAnswer]
    words: Translation


@dataclass(frozen=True, slots=True)
class PreparedPress:
    """brief: plain text that is true as soon as it is done. run, words: as in Prepared."""

    brief: str
    run: Callable[[], Pressed]
    words: Translation


class Commander:
    """Thread-safe. Nothing is changed by preparing; the network may be asked who is an administrator."""

    def __init__(self, tools: ChatTools) -> None:
        self._tools = tools
        self._limits = RateLimits()
        self._authorization = Authorization(tools)
        self._counted: dict[int, tuple[int, Limit]] = {}  # by account: the latest update, what was said

    # Messages

    def prepare(self, bot: Bot, message: ChatMessage, now: float) -> Prepared | None:
        """None: say nothing, do nothing. now: epoch seconds."""
        place, person = message.place, message.person
        line = parse_command(message.text)
        if not _is_for_us(bot, place, line, message.text):
            return None
        who = (bot.account_id, place.chat_id, person.user_id)
        limit = self._limit(who, message.update_id)
        if limit is Limit.SILENT:
            return None
        scope = scope_of(self._tools.context, TELEGRAM.name, place.addresses)
        words = self._words(place, person, scope, line)
        if holds_token(message.text) or holds_token(plain(message.text)):
            return _said(_about_token(words), words)
        command = COMMANDS.get(line.name) if line else None
        role = self._role(bot, place, person, scope, command.role if command else Role.VIEW, now)
        request = self._request(bot, place, person, scope, role, words, now)
        if role is Role.NONE:
            is_told = self._limits.stranger(who, bot.account_id, time.monotonic())
            return _said(stranger_words(request), words) if is_told else None
        if limit is Limit.SAY:
            return _said("⏳ " + words._("Too many commands: wait a minute."), words)
        if line is None or command is None or (line.is_guess and command.changes):
            return _said(_not_understood(line, words), words)
        request = replace(request, text=line.arguments, reply_to=message.reply_to)
        verdict = may(command.role, place.kind, role)
        if verdict is not Verdict.ALLOWED:
            return _said(refusal(verdict, command.role, request), words)
        return _prepared(command, line, request)

    def _words(
        self, place: Place, person: Person, scope: Scope, line: CommandLine | None = None
    ) -> Translation:
        language = language_of(place, person, scope, bool(line and line.is_russian), self._tools.language)
        return translation_for(language, self._tools.zone)

    # Presses

    def prepare_press(self, bot: Bot, press: ButtonPress, button: Button, now: float) -> PreparedPress:
        """button: which one was pressed, as it was stored with its message."""
        place, person = press.place, press.person
        words = translation_for(self._tools.language, self._tools.zone)
        if place is None:
            return _toast(words._("That message is too old."), words)
        who = (bot.account_id, place.chat_id, person.user_id)
        if self._limit(who, press.update_id) is not Limit.WITHIN:
            return _toast(words._("Too many commands: wait a minute."), words)
        scope = scope_of(self._tools.context, TELEGRAM.name, place.addresses)
        words = self._words(place, person, scope)
        name, _colon, text = button.action.partition(":")
        action = ACTIONS.get(name)
        if action is None:
            return _toast(words._("That button does nothing any more."), words)
        # What a button does to devices is looked at again there; the most is asked for here.
        role = self._role(bot, place, person, scope, Role.ADMIN, now)
        request = self._request(bot, place, person, scope, role, words, now)
        request = replace(request, text=text)
        done = words._("Done.")
        return PreparedPress(done, lambda: _pressed(action, request, button.argument), words)

    # Inside

    def _limit(self, who: tuple[int, str, int], update_id: int) -> Limit:
        """An update that comes again, because the database was away, counts once."""
        counted, limit = self._counted.get(who[0], (-1, Limit.WITHIN))
        if counted != update_id:
            limit = self._limits.command(who, time.monotonic())
            self._counted[who[0]] = update_id, limit
        return limit

    def _role(
        self, bot: Bot, place: Place, person: Person, scope: Scope, needed: Role, now: float
    ) -> Role:
        has_monitors = bool(scope.monitors)
        return self._authorization.role(bot, place, person, has_monitors, needed, now)

    def _request(
        self,
        bot: Bot,
        place: Place,
        person: Person,
        scope: Scope,
        role: Role,
        words: Translation,
        now: float,
    ) -> ChatRequest:
        def elsewhere(address: str) -> Role:
            return self._authorization.role_elsewhere(bot, address, person, now)

        return ChatRequest(self._tools, bot, place, person, role, elsewhere, scope, words, now)


def _is_for_us(bot: Bot, place: Place, line: CommandLine | None, text: str) -> bool:
    """In groups only commands are read, and of those that name no bot only ours; and tokens, to warn."""
    if place.kind is ChatKind.CHANNEL:
        return False
    if line is not None and line.bot and line.bot.lower() != bot.username.lower():
        return False
    if place.kind is ChatKind.PRIVATE or holds_token(text):
        return True
    return line is not None and (bool(line.bot) or (bool(line.name) and not line.is_guess))


def _prepared(command: Command, line: CommandLine, request: ChatRequest) -> Prepared:
    words, typed = request.words, f"/{line.name} {line.arguments}".strip()
    shown = escape(short(typed, 200))
    return Prepared(
        command.changes,
        "✅ " + words._("Done: {command}").format(command=shown),
        "⌛ "
        + words._("This came too late to be carried out: {command}. Send it again.").format(
            command=shown
        ),
        lambda: _answer(command, request),
        words,
    )


def _answer(command: Command, request: ChatRequest) -> ChatAnswer:
    try:
        return command.run(request)
    except Asked as question:
        return question.answer
    except NotAllowed as error:
        return ChatAnswer(error.html)
    except PingmonError as error:
        return ChatAnswer(error_words(error, request.words))
    except Exception:
        log.exception("/%s of %s failed", command.name, request.actor)
        return ChatAnswer("⚠️ " + _failed(request.words))


def _pressed(action: Action, request: ChatRequest, argument: str) -> Pressed:
    try:
        permit(request, action.role)
        done = action.run(request, argument)
    except Asked as question:
        done = Pressed("", question.answer)
    except NotAllowed as error:
        done = Pressed(_plain(error.html))
    except PingmonError as error:
        done = Pressed(_plain(error_words(error, request.words)))
    except Exception:
        log.exception("button %s of %s failed", action.name, request.actor)
        done = Pressed(_failed(request.words))
    return done._replace(toast=short(done.toast, LONGEST_TOAST))


def _failed(words: Translation) -> str:
    return words._("Something went wrong inside pingmon; its log says what.")


def _about_token(words: Translation) -> str:
    return "🔑 " + words._(
        "That looks like a bot's token. It was not kept, but whoever reads this chat can use it now: "
        "have @BotFather revoke it (/revoke), delete the message, and give the new one to pingmonctl."
    )


def _not_understood(line: CommandLine | None, words: Translation) -> str:
    if line is None:
        return words._("Commands begin with /, as in /list. /help shows all.")
    given = quoted(f"/{line.given}")
    if line.name:
        return words._("There is no {given}. Did you mean /{command}?").format(
            given=given, command=line.name
        )
    return words._("There is no {given}. /help shows all commands.").format(given=given)


def _plain(html: str) -> str:
    """For a toast: without the markup, and only the first line, as commands can't be copied from it."""
    text = html.partition("\n")[0]
    if text.endswith(":") and ". " in text:  # a sentence that names a command of the next line
        text = text.rpartition(". ")[0] + "."
    for tag in ("<b>", "</b>", "<code>", "</code>"):
        text = text.replace(tag, "")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _said(html: str, words: Translation) -> Prepared:
    answer = ChatAnswer(html)
    return Prepared(False, html, html, lambda: answer, words)


def _toast(text: str, words: Translation) -> PreparedPress:
    return PreparedPress(text, lambda: Pressed(text), words)
