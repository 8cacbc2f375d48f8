"""Posts messages to one URL."""

import json
import logging
import socket
import ssl
import time
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError

from pingmon import __version__
from pingmon.channels.bounded_http import one_exchange, use_bounds
from pingmon.channels.dial import dial
from pingmon.channels.http_session import open_session
from pingmon.channels.network_errors import forbidden_address, is_tls_refusal, network_words
from pingmon.channels.public_addresses import Allows, any_address, why_not_public
from pingmon.channels.webhook.answer import delivery_answer
from pingmon.channels.webhook.signature import signature
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus, OutgoingMessage
from pingmon.model.redaction import redact

log = logging.getLogger(__name__)

VERSION = 1  # of the body: docs/webhook.md, docs/webhook.schema.json
_TIMEOUT = (5.0, 15.0)  # s: connect, read; all of it takes no longer than both, but for the resolver
_LONGEST_HEAD = 1 << 18  # bytes of an answer, those that only say that another one follows included
CHECK_TIMEOUT = 4.0  # s to connect, and again for TLS; somebody waits (client/patience.py)
ALLOW = "allow_private = true in the table [webhook] of pingmond's configuration allows it"


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """key: of signatures, empty for none. ca_file: PEM, to trust instead of the system's."""

    key: bytes = field(default=b"", repr=False)
    allow_private: bool = False
    ca_file: str = ""


class WebhookClient:
    """See model.delivery.ChannelClient. There is one address: the URL is the account."""

    def __init__(self, url: str, settings: WebhookSettings, why_not: Allows | None = None) -> None:
        """why_not: of an address, beside what the settings say of it."""
        self._url, self._settings = url, settings
        rule = any_address if settings.allow_private else why_not_public
        self._why_not = rule if why_not is None else lambda one: rule(one) or why_not(one)

    def close(self) -> None:
        pass

    def send(self, address: str, topic: int | None, message: OutgoingMessage) -> DeliveryAnswer:
        body = body_of(message)
        session = open_session(ca_file=self._settings.ca_file)  # a connection that rests is forgotten
        use_bounds(session)
        ends = time.monotonic() + sum(_TIMEOUT)
        with closing(session), one_exchange(ends, self._why_not, _LONGEST_HEAD) as exchange:
            try:
                answer = session.post(
                    self._url,
                    data=body,
                    headers=self._headers(message.key, body),
                    timeout=_TIMEOUT,
                    stream=True,  # of the answer nothing but its head is read
                    allow_redirects=False,
                )
                return delivery_answer(answer.status_code, answer.headers)
            except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
                was_taken = exchange.was_sent and exchange.was_acknowledged
                return self._failed(error, exchange.was_sent, was_taken and not is_tls_refusal(error))

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        now = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"pingmon/{__version__}",
            "Accept-Encoding": "identity",
            "webhook-id": key,
            "webhook-timestamp": str(now),
        }
        if self._settings.key:
            headers["webhook-signature"] = signature(self._settings.key, key, now, body)
        return headers

    def check_account(self) -> DeliveryAnswer:
        return DeliveryAnswer(DeliveryStatus.DELIVERED)

    def check_address(self, address: str) -> DeliveryAnswer:
        """Whether its server can be reached, and its certificate is good. Nothing is sent."""
        parts = urlsplit(self._url)
        host, is_tls = parts.hostname or "", parts.scheme == "https"
        try:
            sock = dial(host, parts.port or (443 if is_tls else 80), CHECK_TIMEOUT, self._why_not)
            with closing(self._secured(sock, host) if is_tls else sock):
                return DeliveryAnswer(DeliveryStatus.DELIVERED)
        except (OSError, UnicodeError) as error:
            return self._failed(error, False, False)

    def _secured(self, sock: socket.socket, host: str) -> ssl.SSLSocket:
        """Raises OSError; `sock` is closed then."""
        try:
            trust = ssl.create_default_context(cafile=self._settings.ca_file or DEFAULT_CA_BUNDLE_PATH)
            return trust.wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise

    def _failed(self, error: Exception, was_sent: bool, uncertain: bool) -> DeliveryAnswer:
        log.debug("webhook: %s", redact(f"{type(error).__name__}: {error}"))
        if refused := forbidden_address(error):
            host = urlsplit(self._url).hostname
            where = refused.address if host == refused.address else f"{host} is {refused.address}"
            words = f"{where}: {refused.why}, which is not allowed"
            return DeliveryAnswer(DeliveryStatus.REFUSED, words, ALLOW)
        return DeliveryAnswer(
            DeliveryStatus.LATER,
            network_words(error, self._url, was_sent=was_sent),
            was_heard=False,
            is_from_service=False,
            uncertain=uncertain,
        )


def body_of(message: OutgoingMessage) -> bytes:
    """The JSON that is posted; its schema is docs/webhook.schema.json."""
    body: dict[str, Any] = {
        "version": VERSION,
        "id": message.key,
        "title": message.title,
        "text": message.text,
        "events": list(message.events),
    }
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
