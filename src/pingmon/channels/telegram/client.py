"""The Telegram Bot API (https://core.telegram.org/bots/api): requests of one bot."""

import logging
import time
from contextlib import closing
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from pingmon.channels.bounded_http import Exchange, one_exchange, use_bounds
from pingmon.channels.http_session import open_session
from pingmon.channels.network_errors import is_tls_refusal, network_words
from pingmon.channels.telegram.answer import BotApiAnswer, delivery_answer
from pingmon.channels.telegram.answer_reader import read_answer, server_time
from pingmon.kinds.telegram import API_URL
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus, Keyboard, OutgoingMessage
from pingmon.model.redaction import redact

log = logging.getLogger(__name__)

# The server itself waits out up to 8 s of flood: a shorter read timeout makes duplicates.
_TIMEOUT = (5.0, 35.0)  # s: connect, read
CHECK_TIMEOUT = (3.0, 8.5)  # somebody waits; a client gives up after 10 s (client/patience.py)
# A connection that rested longer is not used again: routers forget connections, and what is sent on one
# that is forgotten vanishes. A new one costs a tenth of a second.
KEPT = 1.0  # s
LONGEST_ANSWER = 1 << 20  # bytes; that to sendMessage has a few thousand


@dataclass(frozen=True, slots=True)
class BotApiEndpoint:
    """How the Bot API is reached. proxy: http:// or socks5h:// URL. ca_file: PEM, of one's own server."""

    url: str = API_URL
    proxy: str = ""
    ca_file: str = ""


DIRECT = BotApiEndpoint()


class TelegramClient:
    """One bot. Not for several threads at once: it keeps one connection."""

    def __init__(self, token: str, transport: BotApiEndpoint = DIRECT) -> None:
        self._url = f"{transport.url.rstrip('/')}/bot{token}/"
        self._last_used = 0.0  # monotonic seconds
        self._session = open_session(transport.proxy, transport.ca_file)
        # Uncompressed: what is unpacked could be of any size.
        self._session.headers["Accept-Encoding"] = "identity"
        use_bounds(self._session)
        self._proxy = transport.proxy

    def close(self) -> None:
        self._session.close()

    def send(self, address: str, topic: int | None, message: OutgoingMessage) -> DeliveryAnswer:
        """See model.delivery.ChannelClient. address: a chat; topic: of a forum."""
        body: dict[str, Any] = {
            "chat_id": chat_number(address),
            "text": message.html or message.text,
            "link_preview_options": {"is_disabled": True},
        }
        if message.html:
            body["parse_mode"] = "HTML"
        if message.silent:
            body["disable_notification"] = True
        if message.reply_to:
            body["reply_parameters"] = {
                "message_id": message.reply_to,
                "allow_sending_without_reply": True,
            }
        if topic and topic != 1:  # 1 is General, which Telegram wants left out
            body["message_thread_id"] = topic
        if message.keyboard:
            body["reply_markup"] = inline_keyboard(message.keyboard)
        return delivery_answer(self.call("sendMessage", body))

    def edit(
        self,
        address: str,
        message_id: int,
        text: str | None,
        *,
        keyboard: Keyboard = (),
        plain: bool = False,
    ) -> DeliveryAnswer:
        """See model.chat_service.ButtonClient."""
        body: dict[str, Any] = {
            "chat_id": chat_number(address),
            "message_id": message_id,
            "reply_markup": inline_keyboard(keyboard),
        }
        if text is None:
            return _edited(self.call("editMessageReplyMarkup", body))
        body |= {"text": text, "link_preview_options": {"is_disabled": True}}
        if not plain:
            body["parse_mode"] = "HTML"
        return _edited(self.call("editMessageText", body))

    def check_account(self) -> DeliveryAnswer:
        return delivery_answer(self.call("getMe", {}))

    def check_address(self, address: str) -> DeliveryAnswer:
        answer = self.call("getChat", {"chat_id": chat_number(address)})
        if answer.error_code == 404:  # not every server knows this method
            return DeliveryAnswer(DeliveryStatus.DELIVERED)
        return delivery_answer(answer)

    def call(
        self,
        method: str,
        body: dict[str, Any],
        timeout: tuple[float, float] = _TIMEOUT,
        longest: int = LONGEST_ANSWER,
    ) -> BotApiAnswer:
        """Never raises for what the network or the server does; no text holds the token.

        timeout: to connect, and of each read; the whole call takes no longer than both, but for the
        resolver. longest: bytes of the answer.
        """
        deadline = time.monotonic() + sum(timeout)
        if time.monotonic() - self._last_used > KEPT:
            self._session.close()  # what is connected; the next request connects anew
        answer, exchange = self._request(method, body, timeout, longest, deadline)
        # A connection that was forgotten or closed while it rested: once more on a new one, unless it
        # could be done twice by that.
        is_harmless = not exchange.was_acknowledged or method.startswith("get")
        is_broken = not answer.ok and not answer.http_status
        if is_broken and exchange.was_sent and not exchange.is_fresh and is_harmless:
            self._session.close()
            answer, _ = self._request(method, body, timeout, longest, deadline)
        self._last_used = time.monotonic()
        return answer

    def _request(
        self,
        method: str,
        body: dict[str, Any],
        timeout: tuple[float, float],
        longest: int,
        deadline: float,
    ) -> tuple[BotApiAnswer, Exchange]:
        with one_exchange(deadline) as exchange:
            try:
                reply = self._session.post(
                    self._url + method, json=body, timeout=timeout, stream=True, allow_redirects=False
                )
                with closing(reply.raw):
                    data = reply.raw.read(longest + 1)
                answer = read_answer(reply.status_code, data[:longest], reply.headers)
                return replace(answer, server_time=server_time(reply.headers)), exchange
            except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
                log.debug("%s: %s", method, redact(f"{type(error).__name__}: {error}"))
                words = network_words(error, self._url, self._proxy, exchange.was_sent)
                # What never left, or was not taken, was not delivered.
                was_taken = exchange.was_sent and exchange.was_acknowledged
                is_uncertain = was_taken and not is_tls_refusal(error)
                return BotApiAnswer(False, description=words, uncertain=is_uncertain), exchange


def chat_number(chat_id: str) -> int | str:
    return chat_id if chat_id.startswith("@") else int(chat_id)


def inline_keyboard(keyboard: Keyboard) -> dict[str, Any]:
    """Without rows it takes a keyboard away."""
    rows = [[{"text": one.text, "callback_data": one.data} for one in row] for row in keyboard]
    return {"inline_keyboard": rows}


def _edited(answer: BotApiAnswer) -> DeliveryAnswer:
    if answer.error_code == 400 and "message is not modified" in answer.description:
        return DeliveryAnswer(DeliveryStatus.DELIVERED)
    return delivery_answer(answer)
