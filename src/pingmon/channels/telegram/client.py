"""The Telegram Bot API (https://core.telegram.org/bots/api): requests of one bot."""

import logging
from dataclasses import dataclass
from typing import Any

import requests

from pingmon.channels.network_errors import network_words, was_never_connected
from pingmon.channels.telegram.answer import BotApiAnswer, delivery_answer
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus
from pingmon.model.redaction import redact

log = logging.getLogger(__name__)

DEFAULT_URL = "https://api.telegram.org"
# The server itself waits out up to 8 s of flood: a shorter read timeout makes duplicates.
# A connect is tried per address: broken IPv6 costs its timeout once, then IPv4 serves.
_TIMEOUT = (5.0, 35.0)  # s: connect, read
CHECK_TIMEOUT = (3.0, 8.5)  # somebody waits; a client gives up after 10 s (client/patience.py)


@dataclass(frozen=True, slots=True)
class BotApiEndpoint:
    """How the Bot API is reached. proxy: http:// or socks5h:// URL. ca_file: PEM, of one's own server."""

    url: str = DEFAULT_URL
    proxy: str = ""
    ca_file: str = ""


DIRECT = BotApiEndpoint()


class TelegramClient:
    """One bot. Not for several threads at once: it keeps one connection."""

    def __init__(self, token: str, transport: BotApiEndpoint = DIRECT) -> None:
        self._url = f"{transport.url.rstrip('/')}/bot{token}/"
        self._session = requests.Session()
        self._session.trust_env = False  # the configuration says it all
        self._proxy = transport.proxy
        if transport.proxy:
            self._session.proxies = {"http": transport.proxy, "https": transport.proxy}
        if transport.ca_file:
            self._session.verify = transport.ca_file

    def close(self) -> None:
        self._session.close()

    def send(
        self,
        address: str,
        topic: int | None,
        text: str,
        *,
        reply_to: int | None = None,
        plain: bool = False,
        silent: bool = False,
    ) -> DeliveryAnswer:
        """See model.delivery.ChannelClient. address: a chat; topic: of a forum."""
        body: dict[str, Any] = {
            "chat_id": chat_number(address),
            "text": text,
            "link_preview_options": {"is_disabled": True},
        }
        if not plain:
            body["parse_mode"] = "HTML"
        if silent:
            body["disable_notification"] = True
        if reply_to:
            body["reply_parameters"] = {
                "message_id": reply_to,
                "allow_sending_without_reply": True,
            }
        if topic and topic != 1:  # 1 is General, which Telegram wants left out
            body["message_thread_id"] = topic
        return delivery_answer(self.call("sendMessage", body))

    def check_account(self) -> DeliveryAnswer:
        return delivery_answer(self.call("getMe", {}))

    def check_address(self, address: str) -> DeliveryAnswer:
        answer = self.call("getChat", {"chat_id": chat_number(address)})
        if answer.error_code == 404:  # not every server knows this method
            return DeliveryAnswer(DeliveryStatus.DELIVERED)
        return delivery_answer(answer)

    def call(
        self, method: str, body: dict[str, Any], timeout: tuple[float, float] = _TIMEOUT
    ) -> BotApiAnswer:
        """Never raises for what the network or the server does; no text holds the token."""
        try:
            reply = self._session.post(self._url + method, json=body, timeout=timeout)
        except requests.RequestException as error:
            log.debug("%s: %s", method, redact(f"{type(error).__name__}: {error}"))
            words = network_words(error, self._url, self._proxy)
            # Only a connection that was never made is sure not to have delivered.
            return BotApiAnswer(False, description=words, uncertain=not was_never_connected(error))
        try:
            answer = reply.json()
            if answer["ok"]:
                return BotApiAnswer(True, answer["result"])
            extra = answer.get("parameters") or {}
            migrate = extra.get("migrate_to_chat_id")
            return BotApiAnswer(
                False,
                error_code=int(answer["error_code"]),
                description=redact(str(answer.get("description", "")))[:300],
                retry_after=_seconds(extra.get("retry_after"), reply),
                migrate_to=str(migrate) if migrate else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            status = reply.status_code
            words = f"HTTP {status} without a Bot API answer"
            wait = _seconds(None, reply)
            return BotApiAnswer(False, description=words, retry_after=wait, http_status=status)


def _seconds(given: Any, reply: requests.Response) -> float | None:
    """How long to wait, as the answer or its header say; None if they do not."""
    if given is None and reply.status_code == 429:
        given = reply.headers.get("Retry-After")
    try:
        return None if given is None else max(0.0, float(given))
    except (TypeError, ValueError):
        return None


def chat_number(chat_id: str) -> int | str:
    return chat_id if chat_id.startswith("@") else int(chat_id)
