"""Webhooks as a kind of channel: an account is a URL, which is its only address, too."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from pingmon.channels.network_errors import host_of
from pingmon.channels.public_addresses import why_not_public
from pingmon.channels.secret_url import SecretUrlService, known_or_parsed, parse_secret_url, shown_as
from pingmon.channels.webhook.client import WebhookClient, WebhookSettings
from pingmon.channels.webhook.signature import parse_key
from pingmon.model.delivery import ChannelLimits, CheckedChannel, Rendering
from pingmon.model.errors import InvalidValue, Refused, Unreachable
from pingmon.model.monitor import Channel, ChannelRequest
from pingmon.model.redaction import hide_url
from pingmon.text.printable import shown

KIND = FIELD = "webhook"
LIMITS = ChannelLimits(
    message_length=20_000,
    least_length=500,
    address_spacing=lambda _: 0.5,
    account_spacing=0.05,
    refused_pause=600.0,
    burst=lambda _: 10,
    burst_spacing=0.05,
)


class WebhookService(SecretUrlService):
    """See model.delivery.ChannelService."""

    limits = LIMITS
    rendering = Rendering(events=True)

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings

    @classmethod
    def from_configuration(cls, values: Mapping[str, Any]) -> "WebhookService":
        """values: of which the section of our name is read. Raises InvalidValue."""
        section = values.get(KIND, {})
        secret, ca_file = section.get("secret", ""), section.get("ca_file", "")
        if ca_file and not _is_file(ca_file):
            raise InvalidValue(f"{shown(ca_file)}: no such file", "ca_file")
        key = parse_key(secret) if secret else b""
        return cls(WebhookSettings(key, bool(section.get("allow_private")), ca_file))

    def open(self, secret: str) -> WebhookClient:
        _hide(secret)
        return WebhookClient(secret, self._settings)

    def check(self, request: ChannelRequest) -> CheckedChannel:
        answer = self.open(request.secret).check_address(request.address)
        if answer.is_permanent:
            raise Refused(f"{request.address}: {answer.reason}; {answer.remedy}", FIELD)
        if not answer.is_delivered:
            words = f"{request.address}: {answer.reason}; try again, or add with --no_verify"
            raise Unreachable(words, FIELD)
        return CheckedChannel(request.account)

    def is_reachable(self, secret: str) -> bool:
        """With a certificate that is valid for its name, else by a network of our own: without TLS a
        hotspot's page could be what answers.
        """
        client = WebhookClient(secret, self._settings)
        if secret.startswith("http:"):
            client = WebhookClient(secret, self._settings, _why_not_ours)
        return client.check_address("").is_delivered

    def parse_secret(self, text: str) -> str:
        given = parse_secret_url(text, FIELD)
        try:
            parts = urlsplit(given)
            is_asked = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # of its port, its brackets
            raise InvalidValue(f"{FIELD} is no URL", FIELD) from None
        if not is_asked:
            raise InvalidValue(f"{FIELD} must start with https:// or http://, and name a host", FIELD)
        url = parts._replace(fragment="").geturl()
        if not _hide(url):
            raise InvalidValue(f"{FIELD} is no URL that can be asked", FIELD)
        return url

    def identify(self, secret: str) -> str:
        return shown_as(secret, host_of(secret)) if secret else ""

    def parse(self, params: Mapping[str, Any], accounts: Mapping[str, str]) -> ChannelRequest:
        url = known_or_parsed(str(params[FIELD]), accounts, self.parse_secret, FIELD)
        name = self.identify(url)
        return ChannelRequest(KIND, url, name, name)

    def describe(self, channel: Channel) -> dict[str, Any]:
        return {FIELD: channel.address}


def _why_not_ours(address: str) -> str:
    return "" if why_not_public(address) else "of the internet"


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def _hide(url: str) -> bool:
    """In logs, also as the HTTP library writes it; whether the library takes it."""
    hide_url(url)
    try:
        prepared = requests.Request("POST", url).prepare().url or url
    except (requests.RequestException, ValueError):
        return False
    hide_url(prepared)
    return True
