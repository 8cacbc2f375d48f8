"""Is a token right, does a chat take messages? The questions, one after the other."""

import logging
from collections.abc import Mapping
from typing import Any

from pingmon.channels.telegram.answer import remedy_for
from pingmon.channels.telegram.client import (
    CHECK_TIMEOUT,
    TelegramClient,
    chat_number,
)
from pingmon.model.delivery import CheckedChannel
from pingmon.model.errors import Refused, Unreachable
from pingmon.model.monitor import ChannelRequest

log = logging.getLogger(__name__)


class Trouble(Unreachable):
    """The network or the server failed; it may pass by itself."""


class Limited(Unreachable):
    """The service wants to be left alone for some seconds."""

    def __init__(self, message: str, seconds: float, field: str | None) -> None:
        super().__init__(message, field)
        self.seconds = seconds


def check_token(bot: TelegramClient) -> dict[str, Any]:
    """What getMe says of the bot. Raises Refused, Trouble, Limited."""
    return _ask(bot, "getMe", {}, "token", "the bot") or {}


def check_chat(bot: TelegramClient, me: Mapping[str, Any], request: ChannelRequest) -> CheckedChannel:
    """The chat, and the right to post there, are known to be good. me: see check_token.

    Raises Refused (with Telegram's own words and the remedy), Trouble, Limited. What a stand-in server
    does not know is passed over, and the log says so.
    """
    chat_id, thread_id = request.address, request.topic
    moved_to = None
    try:
        try:
            _check_chat(bot, me, chat_id, thread_id)
        except _Moved as moved:
            moved_to = moved.to
            log.info("chat %s moved to %s", chat_id, moved_to)
            _check_chat(bot, me, moved_to, thread_id)
        return CheckedChannel(_name(me, request), moved_to)
    except _Moved as moved:
        raise Refused(
            f"chat {chat_id} moved to {moved.to}, which moved on; give its latest number", "chat_id"
        ) from None


def _name(me: Mapping[str, Any], request: ChannelRequest) -> str:
    name = me.get("username")
    return name[:64] if name and isinstance(name, str) else request.secret.split(":")[0]


class _Moved(Exception):
    """The group became a supergroup, which has another number."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


def _check_chat(bot: TelegramClient, me: Mapping[str, Any], chat_id: str, thread_id: int | None) -> None:
    where, what = {"chat_id": chat_number(chat_id)}, f"chat {chat_id}"
    chat = _ask(bot, "getChat", where, "chat_id", what) or {}
    kind = chat.get("type", "private")
    if kind != "private":
        member = _ask(bot, "getChatMember", where | {"user_id": me.get("id", 0)}, "chat_id", what)
        _check_membership(kind, chat, member)
    action: dict[str, Any] = where | {"action": "typing"}
    if thread_id and thread_id != 1:
        action["message_thread_id"] = thread_id
    _ask(bot, "sendChatAction", action, "thread_id" if thread_id else "chat_id", what)


def _ask(
    bot: TelegramClient, method: str, body: dict[str, Any], field: str, what: str
) -> dict[str, Any] | None:
    """The result, {} if it is none of an object's, None if the server does not know the method."""
    answer = bot.call(method, body, CHECK_TIMEOUT)
    if answer.ok:
        return answer.result if isinstance(answer.result, dict) else {}
    if answer.migrate_to:
        raise _Moved(answer.migrate_to)
    if answer.retry_after is not None:
        words = f"Telegram wants {answer.retry_after:.0f} s before it says more of {what}"
        raise Limited(f"{words}; try again then, or add with --no_verify", answer.retry_after, field)
    unknown_method = (answer.error_code or answer.http_status) in (404, 500, 501)
    if method != "getMe" and unknown_method and "chat" not in answer.description.lower():
        log.warning("%s could not be checked: this Bot API server does not know it", method)
        return None
    if answer.is_permanent:
        words = (
            f"Telegram refused {method}: {answer.description} ({remedy_for(answer)}, then run this again)"
        )
        raise Refused(words, "token" if answer.refuses_bot else field)
    if answer.error_code and method != "getMe":
        words = f"Telegram could not check {what}: {answer.words}"
    else:
        words = f"Telegram could not check this: {answer.description or answer.words}"
    raise Trouble(f"{words}; try again, or add with --no_verify", field if answer.error_code else None)


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
