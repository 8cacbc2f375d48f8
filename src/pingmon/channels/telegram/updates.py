"""What a bot hears (getUpdates), and what is asked at once when somebody talks to it.

Updates are written by anybody, and each must be read once: one that is too long or too deep to be read
would else be given again for ever, so it is asked for alone, and of it the number is taken.
"""

import re
from collections.abc import Sequence
from typing import Any

from pingmon.channels.telegram.answer import BotApiAnswer, delivery_answer
from pingmon.channels.telegram.client import DIRECT, BotApiEndpoint, TelegramClient, chat_number
from pingmon.model.chat_service import (
    CommandScope,
    Conflict,
    Identity,
    Membership,
    ReceivedUpdates,
)
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus

PAGE = 100  # updates that are asked for at once; Telegram gives no more
LONGEST_PAGE = 4 << 20  # bytes; a message has 4,096 characters
LONGEST_WAIT = 50  # s; more is not documented
ALLOWED = ["message", "callback_query", "my_chat_member"]  # all else is not even sent
_CONNECT = 5.0  # s
_BEYOND_WAIT = 10.0  # s that an answer may come later than was asked for
_AT_ONCE = (1.0, 3.0)  # s: connect, read; a person waits, and an alarm may
_MEMBER = (2.0, 4.0)
LONGEST_NOTICE = 200  # characters of answerCallbackQuery
_UNREAD = re.compile(
    rb'\s*\{\s*"ok"\s*:\s*true\s*,\s*"result"\s*:\s*\[\s*\{\s*"update_id"\s*:\s*(\d{1,18})\b', re.ASCII
)
_DONE = DeliveryAnswer(DeliveryStatus.DELIVERED)
_SCOPES = {
    "all": "default",
    "private": "all_private_chats",
    "groups": "all_group_chats",
    "group_admins": "all_chat_administrators",
}


class TelegramChatClient:
    """See model.chat_service.ChatClient. A bot."""

    def __init__(self, token: str, endpoint: BotApiEndpoint = DIRECT) -> None:
        self._bot = TelegramClient(token, endpoint)
        self._page = PAGE

    def close(self) -> None:
        self._bot.close()

    def identify(self) -> Identity:
        answer = self._bot.call("getMe", {}, _MEMBER)
        result = answer.result if isinstance(answer.result, dict) else {}
        number, name = result.get("id"), result.get("username")
        return Identity(
            delivery_answer(answer),
            number if isinstance(number, int) and not isinstance(number, bool) else 0,
            name if isinstance(name, str) else "",
        )

    def updates(self, offset: int | None, wait: float) -> ReceivedUpdates:
        answer = self._ask(offset, min(LONGEST_WAIT, max(0, int(wait))))
        if answer.unread and self._page > 1:
            self._page = 1
            answer = self._ask(offset, 0)
        found = _UNREAD.match(answer.unread)
        if found and self._page == 1:
            only = {"update_id": int(found[1])}
            return ReceivedUpdates(_DONE, (only,), answer.server_time)
        updates = answer.result if isinstance(answer.result, list) else ()
        if answer.ok:
            self._page = min(PAGE, 2 * self._page)
        return ReceivedUpdates(
            delivery_answer(answer), tuple(updates), answer.server_time, _conflict(answer)
        )

    def _ask(self, offset: int | None, wait: int) -> BotApiAnswer:
        body: dict[str, Any] = {"timeout": wait, "limit": self._page, "allowed_updates": ALLOWED}
        if offset is not None:
            body["offset"] = offset
        return self._bot.call("getUpdates", body, (_CONNECT, wait + _BEYOND_WAIT), LONGEST_PAGE)

    def answer_press(self, query_id: str, text: str = "", alert: bool = False) -> DeliveryAnswer:
        body: dict[str, Any] = {"callback_query_id": query_id}
        if text:
            body |= {"text": text[:LONGEST_NOTICE], "show_alert": alert}
        return delivery_answer(self._bot.call("answerCallbackQuery", body, _AT_ONCE))

    def set_commands(
        self, commands: Sequence[tuple[str, str]], scope: CommandScope, language: str = ""
    ) -> DeliveryAnswer:
        shown = [{"command": name, "description": words[:256]} for name, words in commands]
        body: dict[str, Any] = {"commands": shown, "scope": _scope(scope), "language_code": language}
        return delivery_answer(self._bot.call("setMyCommands", body))

    def member(self, address: str, user_id: int) -> Membership:
        body = {"chat_id": chat_number(address), "user_id": user_id}
        answer = self._bot.call("getChatMember", body, _MEMBER)
        status = answer.result.get("status") if isinstance(answer.result, dict) else ""
        return Membership(delivery_answer(answer), status if isinstance(status, str) else "")


def _conflict(answer: BotApiAnswer) -> Conflict | None:
    if answer.ok or answer.error_code != 409:
        return None
    return Conflict.WEBHOOK if "webhook" in answer.description.lower() else Conflict.POLLER


def _scope(scope: CommandScope) -> dict[str, Any]:
    if scope.chat:
        kind = "chat_administrators" if scope.kind == "group_admins" else "chat"
        return {"type": kind, "chat_id": chat_number(scope.chat)}
    return {"type": _SCOPES[scope.kind]}
