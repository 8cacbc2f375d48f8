"""Before monitoring starts: is the token right, does the chat take messages?"""

import logging
from typing import Any

from pingmon.channels.telegram.answer import remedy_for
from pingmon.channels.telegram.client import (
    CHECK_TIMEOUT,
    DIRECT,
    BotApiEndpoint,
    TelegramClient,
    chat_number,
)
from pingmon.model.delivery import CheckedChannel
from pingmon.model.errors import Refused, Unreachable

log = logging.getLogger(__name__)

_REACH_TIMEOUT = (4.0, 5.0)  # s: connect, read


def check_channel(
    token: str, chat_id: str, thread_id: int | None, transport: BotApiEndpoint = DIRECT
) -> CheckedChannel:
    """Token, chat and the right to post are known to be good.

    Raises Refused (with Telegram's own words and the remedy) or Unreachable. What a stand-in server
    does not know is passed over, and the log says so.
    """
    bot = TelegramClient(token, transport)
    try:
        me = _ask(bot, "getMe", {}, "token") or {}
        moved_to = None
        try:
            _check_chat(bot, me, chat_id, thread_id)
        except _Moved as moved:
            moved_to = moved.to
            log.info("chat %s moved to %s", chat_id, moved_to)
            _check_chat(bot, me, moved_to, thread_id)
        name = me.get("username")
        return CheckedChannel(name if name and isinstance(name, str) else token.split(":")[0], moved_to)
    except _Moved as moved:
        raise Refused(
            f"chat {chat_id} moved to {moved.to}, which moved on; give its latest number", "chat_id"
        ) from None
    finally:
        bot.close()


class _Moved(Exception):
    """The group became a supergroup, which has another number."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


def _check_chat(bot: TelegramClient, me: dict[str, Any], chat_id: str, thread_id: int | None) -> None:
    where = {"chat_id": chat_number(chat_id)}
    what = f"chat {chat_id}"
    chat = _ask(bot, "getChat", where, "chat_id", what) or {}
    kind = chat.get("type", "private")
    if kind != "private":
        member = _ask(bot, "getChatMember", where | {"user_id": me.get("id", 0)}, "chat_id", what)
        _check_membership(kind, chat, member)
    action: dict[str, Any] = where | {"action": "typing"}
    if thread_id and thread_id != 1:
        action["message_thread_id"] = thread_id
    _ask(bot, "sendChatAction", action, "thread_id" if thread_id else "chat_id", what)


def bot_api_reachable(token: str, transport: BotApiEndpoint = DIRECT) -> bool:
    """Whether the Bot API answers at all: its errors are answers, too.

    Over plain HTTP it has to be the Bot API's own kind of answer: a proxy's page proves nothing.
    """
    bot = TelegramClient(token, transport)
    try:
        answer = bot.call("getMe", {}, _REACH_TIMEOUT)
    finally:
        bot.close()
    of_server = answer.http_status != 0 and transport.url.startswith("https:")
    return answer.ok or answer.error_code != 0 or of_server


def _ask(
    bot: TelegramClient, method: str, body: dict[str, Any], field: str, what: str = ""
) -> dict[str, Any] | None:
    """The result ({} if it is no object), None if the server does not know the method.

    what: the chat that it is about, in words, empty if it is about none.
    """
    answer = bot.call(method, body, CHECK_TIMEOUT)
    if answer.ok:
        return answer.result if isinstance(answer.result, dict) else {}
    if answer.migrate_to:
        raise _Moved(answer.migrate_to)
    unknown_method = (answer.error_code or answer.http_status) in (404, 500, 501)
    if method != "getMe" and unknown_method and "chat" not in answer.description.lower():
        log.warning("%s could not be checked: this Bot API server does not know it", method)
        return None
    if answer.is_permanent:
        words = (
            f"Telegram refused {method}: {answer.description} ({remedy_for(answer)}, then run this again)"
        )
        raise Refused(words, "token" if answer.refuses_bot else field)
    is_of_chat = bool(what and answer.error_code)  # not of the network or a machine in between
    words = answer.description or f"error {answer.error_code}"
    raise Unreachable(
        f"Telegram could not check {what if is_of_chat else 'this'}: {words}; "
        "try again, or add with --no_verify",
        field if is_of_chat else None,
        retry_after=answer.retry_after,
    )


def _check_membership(kind: str, chat: dict[str, Any], member: dict[str, Any] | None) -> None:
    if not member:
        return
    status = member.get("status")
    allowed = {
        "creator": True,
        "administrator": kind != "channel" or member.get("can_post_messages", False),
        "member": kind != "channel" and _permits_members(chat),
        "restricted": member.get("is_member", False) and member.get("can_send_messages", False),
    }.get(str(status), False)
    if allowed:
        return
    is_in = status in ("administrator", "member") or member.get("is_member")
    what = "let it post there" if is_in else f"the bot is not in that {kind}: add it"
    raise Refused(
        f"the bot may not post in this {kind} (its status there is {status!r}): "
        f"{what}, then run this again",
        "chat_id",
    )


def _permits_members(chat: dict[str, Any]) -> bool:
    permissions = chat.get("permissions")
    return not isinstance(permissions, dict) or bool(permissions.get("can_send_messages", True))
