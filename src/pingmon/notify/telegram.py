"""The Telegram Bot API (https://core.telegram.org/bots/api): sending, and checking a channel."""

import html
import logging
import re
from dataclasses import dataclass
from typing import Any

import requests

from pingmon.model.errors import Refused, Unreachable
from pingmon.notify.redact import redact

log = logging.getLogger(__name__)

DEFAULT_URL = "https://api.telegram.org"
# The server itself waits out up to 8 s of flood: a shorter read timeout makes duplicates.
# A connect is tried per address: broken IPv6 costs its timeout once, then IPv4 serves.
_TIMEOUT = (5.0, 35.0)  # s: connect, read
_CHECK_TIMEOUT = (5.0, 15.0)
_REACH_TIMEOUT = (4.0, 5.0)
_PERMANENT = {400, 401, 403, 404}


@dataclass(frozen=True, slots=True)
class Transport:
    """How the Bot API is reached. proxy: http:// or socks5h:// URL. ca_file: PEM, of one's own server."""

    url: str = DEFAULT_URL
    proxy: str = ""
    ca_file: str = ""


DIRECT = Transport()


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request. `error_code` 0: nothing that Telegram said (network, proxy)."""

    ok: bool
    result: Any = None
    error_code: int = 0
    description: str = ""
    retry_after: float | None = None
    migrate_to: str | None = None
    http_status: int = 0
    uncertain: bool = False

    @property
    def is_permanent(self) -> bool:
        return not self.ok and self.error_code in _PERMANENT and not self.migrate_to


class TelegramBot:
    """One bot. Not for several threads at once: it keeps one connection."""

    def __init__(self, token: str, transport: Transport = DIRECT) -> None:
        self._url = f"{transport.url.rstrip('/')}/bot{token}/"
        self._session = requests.Session()
        self._session.trust_env = False  # the configuration says it all
        if transport.proxy:
            self._session.proxies = {"http": transport.proxy, "https": transport.proxy}
        if transport.ca_file:
            self._session.verify = transport.ca_file

    def close(self) -> None:
        self._session.close()

    def send(
        self,
        chat_id: str,
        thread_id: int | None,
        text: str,
        reply_to: int | None = None,
        plain: bool = False,
        quiet: bool = False,
    ) -> Answer:
        """text: Telegram HTML; `plain` sends it without markup, for when that was refused."""
        body: dict[str, Any] = {
            "chat_id": chat_number(chat_id),
            "text": html.unescape(re.sub(r"<[^>]*>", "", text)) if plain else text,
            "link_preview_options": {"is_disabled": True},
        }
        if not plain:
            body["parse_mode"] = "HTML"
        if quiet:
            body["disable_notification"] = True
        if reply_to:
            body["reply_parameters"] = {
                "message_id": reply_to,
                "allow_sending_without_reply": True,
            }
        if thread_id and thread_id != 1:  # 1 is General, which Telegram wants left out
            body["message_thread_id"] = thread_id
        return self.call("sendMessage", body)

    def call(self, method: str, body: dict[str, Any], timeout: tuple[float, float] = _TIMEOUT) -> Answer:
        """Never raises for what the network or the server does; no text holds the token."""
        try:
            reply = self._session.post(self._url + method, json=body, timeout=timeout)
        except requests.RequestException as error:
            words = redact(f"{type(error).__name__}: {error}")[:300]
            # Only a connection that was never made is sure not to have delivered.
            sure = isinstance(error, requests.ConnectTimeout) or "NewConnectionError" in words
            return Answer(False, description=words, uncertain=not sure)
        try:
            answer = reply.json()
            if answer["ok"]:
                return Answer(True, answer["result"])
            extra = answer.get("parameters") or {}
            migrate = extra.get("migrate_to_chat_id")
            return Answer(
                False,
                error_code=int(answer["error_code"]),
                description=redact(str(answer.get("description", "")))[:300],
                retry_after=extra.get("retry_after"),
                migrate_to=str(migrate) if migrate else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            status = reply.status_code
            words = f"HTTP {status} without a Bot API answer"
            return Answer(False, description=words, http_status=status)


def check_channel(token: str, chat_id: str, thread_id: int | None, transport: Transport = DIRECT) -> str:
    """The bot's name, once token, chat and the right to post are known to be good.

    Raises Refused (with Telegram's own words) or Unreachable. What a stand-in server does not know
    is passed over, and the log says so.
    """
    bot = TelegramBot(token, transport)
    try:
        me = _ask(bot, "getMe", {}, "token")
        chat = _ask(bot, "getChat", {"chat_id": chat_number(chat_id)}, "chat_id")
        kind = (chat or {}).get("type", "private")
        if kind != "private":
            member = _ask(
                bot,
                "getChatMember",
                {"chat_id": chat_number(chat_id), "user_id": (me or {}).get("id", 0)},
                "chat_id",
            )
            _check_membership(kind, chat or {}, member)
        action: dict[str, Any] = {"chat_id": chat_number(chat_id), "action": "typing"}
        if thread_id and thread_id != 1:
            action["message_thread_id"] = thread_id
        _ask(bot, "sendChatAction", action, "thread_id" if thread_id else "chat_id")
        return str((me or {}).get("username") or token.split(":")[0])
    finally:
        bot.close()


def reaches(token: str, transport: Transport = DIRECT) -> bool:
    """Whether the Bot API answers at all: its errors are answers, too.

    Over plain HTTP it has to be the Bot API's own kind of answer: a proxy's page proves nothing.
    """
    bot = TelegramBot(token, transport)
    try:
        answer = bot.call("getMe", {}, _REACH_TIMEOUT)
    finally:
        bot.close()
    of_server = answer.http_status != 0 and transport.url.startswith("https:")
    return answer.ok or answer.error_code != 0 or of_server


def find_chats(token: str, transport: Transport = DIRECT) -> list[dict[str, Any]]:
    """The chats that the bot has heard from lately (24 h). Raises Refused or Unreachable."""
    bot = TelegramBot(token, transport)
    try:
        answer = bot.call("getUpdates", {"timeout": 0, "limit": 100}, _CHECK_TIMEOUT)
    finally:
        bot.close()
    if answer.error_code == 409:
        raise Refused(f"Telegram says: {answer.description}; remove the webhook, then run this again")
    if answer.is_permanent:
        raise Refused(
            f"Telegram says: {answer.description}; copy the token from BotFather again", "token"
        )
    if not answer.ok:
        raise Unreachable(f"Telegram can't be reached: {answer.description}; try again")
    found: dict[int, dict[str, Any]] = {}
    for update in answer.result:
        for part in update.values():
            chat = part.get("chat") if isinstance(part, dict) else None
            if isinstance(chat, dict) and "id" in chat:
                title = chat.get("title") or chat.get("username") or chat.get("first_name") or ""
                found[chat["id"]] = {"id": chat["id"], "type": chat.get("type", ""), "title": title}
    return list(found.values())


def _ask(bot: TelegramBot, method: str, body: dict[str, Any], field: str) -> dict[str, Any] | None:
    answer = bot.call(method, body, _CHECK_TIMEOUT)
    if answer.ok:
        return answer.result if isinstance(answer.result, dict) else {}
    unknown_method = (answer.error_code or answer.http_status) in (404, 500, 501)
    if method != "getMe" and unknown_method and "chat" not in answer.description.lower():
        log.warning("%s could not be checked: this Bot API server does not know it", method)
        return None
    if answer.is_permanent:
        whole = f"Telegram refused {method}: {answer.description}"
        raise Refused(f"{whole} ({_remedy(method, answer.error_code)})", field)
    words = answer.description or f"error {answer.error_code}"
    raise Unreachable(
        f"Telegram can't be reached to check this: {words}; try again, or add with --no_verify"
    )


def _remedy(method: str, code: int) -> str:
    if method == "getMe":
        return "copy the token from BotFather again"
    if code == 403:
        return "the person must press /start, or the bot be added to the group; then run this again"
    return "check the chat's number, and that the bot is in it and may post; then run this again"


def _check_membership(kind: str, chat: dict[str, Any], member: dict[str, Any] | None) -> None:
    if not member:
        return
    status = member.get("status")
    allowed = {
        "creator": True,
        "administrator": kind != "channel" or member.get("can_post_messages", False),
        "member": kind != "channel" and chat.get("permissions", {}).get("can_send_messages", True),
        "restricted": member.get("is_member", False) and member.get("can_send_messages", False),
    }.get(str(status), False)
    if not allowed:
        raise Refused(
            f"the bot may not post in this {kind} (its status there is {status!r}): "
            "add it, let it post, then run this again",
            "chat_id",
        )


def chat_number(chat_id: str) -> int | str:
    return chat_id if chat_id.startswith("@") else int(chat_id)
