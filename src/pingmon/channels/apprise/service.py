"""Apprise as a kind of channel: an account is one of its URLs, which is its only address, too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pingmon.channels.apprise.runner import run_apprise
from pingmon.channels.secret_url import SecretUrlService, known_or_parsed, parse_secret_url, shown_as
from pingmon.model.delivery import (
    ChannelLimits,
    CheckedChannel,
    DeliveryAnswer,
    DeliveryStatus,
    OutgoingMessage,
    Rendering,
)
from pingmon.model.errors import InvalidValue, Refused, Unreachable
from pingmon.model.monitor import Channel, ChannelRequest
from pingmon.model.redaction import hide_url, redact
from pingmon.text.printable import UNPRINTABLE

KIND = FIELD = "apprise"
SECONDS, CHECK_SECONDS = 25.0, 8.0  # that a message, and a check, may take
INSTALL = "install it (apt install apprise), then it is tried again"
ALLOW = "allow_private = true in the table [apprise] of pingmond's configuration allows private addresses"
# These talk to this machine's desktop, log or devices: pingmond is a service, nobody would see it.
LOCAL = ("blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows")
_TYPES = {"down": "failure", "up": "success", "first_reply": "success", "sight": "success"}
_STATUS = {
    "delivered": DeliveryStatus.DELIVERED,
    "refused": DeliveryStatus.REFUSED,
    "forbidden": DeliveryStatus.REFUSED,
    "too_long": DeliveryStatus.TOO_LONG,
}
LIMITS = ChannelLimits(
    message_length=2_000,  # UTF-16 units; Discord and ntfy take about as much
    least_length=250,
    address_spacing=lambda _: 2.0,  # what most services bear
    account_spacing=0.1,
    refused_pause=600.0,
    burst=lambda _: 4,
    burst_spacing=0.5,
)


@dataclass(frozen=True, slots=True)
class AppriseSettings:
    """allow_private: addresses that are none of the internet, too."""

    allow_private: bool = False


class AppriseClient:
    """See model.delivery.ChannelClient. There is one address: the URL is the account."""

    def __init__(self, url: str, settings: AppriseSettings) -> None:
        self._url, self._settings = url, settings

    def close(self) -> None:
        pass

    def send(self, address: str, topic: int | None, message: OutgoingMessage) -> DeliveryAnswer:
        lines = message.text.strip().splitlines()
        body = "\n".join(lines[1:]).strip() if lines and lines[0].strip() == message.title else None
        request = {
            "what": "send",
            "title": message.title,
            "body": message.text if body is None else body,
            "type": type_of(message),
        }
        return self._run(request, SECONDS)

    def check_account(self) -> DeliveryAnswer:
        return DeliveryAnswer(DeliveryStatus.DELIVERED)

    def check_address(self, address: str) -> DeliveryAnswer:
        """Whether the library takes the URL, and where it leads, as far as it says so. Sends nothing."""
        return self._run({"what": "check"}, CHECK_SECONDS)

    def _run(self, request: dict[str, Any], seconds: float) -> DeliveryAnswer:
        asked = {"url": self._url, "allow_private": self._settings.allow_private}
        answer = run_apprise(request | asked, seconds)
        said = str(answer.get("status"))
        status = _STATUS.get(said, DeliveryStatus.LATER)
        remedy = {"forbidden": ALLOW, "refused": "check the URL", "missing": INSTALL}.get(said, "")
        was_heard = status is not DeliveryStatus.LATER or bool(answer.get("heard"))
        return DeliveryAnswer(
            status,
            redact(UNPRINTABLE.sub(" ", str(answer.get("words", "")))),
            remedy,
            was_heard=was_heard,
            is_from_service=was_heard,
            uncertain=bool(answer.get("uncertain")),
        )


class AppriseService(SecretUrlService):
    """See model.delivery.ChannelService."""

    limits = LIMITS
    rendering = Rendering(events=True)  # of which it reads the types

    def __init__(self, settings: AppriseSettings) -> None:
        self._settings = settings

    @classmethod
    def from_configuration(cls, values: Mapping[str, Any]) -> "AppriseService":
        """values: of which the section of our name is read."""
        return cls(AppriseSettings(bool(values.get(KIND, {}).get("allow_private"))))

    def open(self, secret: str) -> AppriseClient:
        hide_url(secret, is_host_secret=True)
        return AppriseClient(secret, self._settings)

    def check(self, request: ChannelRequest) -> CheckedChannel:
        answer = self.open(request.secret).check_address(request.address)
        words = f"{request.address}: {answer.reason}"
        if answer.is_permanent or answer.remedy == INSTALL:
            raise Refused(f"{words}; {answer.remedy}", FIELD)
        if not answer.is_delivered:
            raise Unreachable(f"{words}; try again, or add with --no_verify", FIELD)
        return CheckedChannel(request.account)

    def is_reachable(self, secret: str) -> bool:
        asked = {"url": secret, "allow_private": self._settings.allow_private}
        answer = run_apprise(asked | {"what": "reach"}, CHECK_SECONDS)
        return answer.get("status") == "delivered"

    def parse_secret(self, text: str) -> str:
        scheme = text.strip().partition("://")[0].lower()
        if scheme in LOCAL:
            words = f"{scheme}:// tells this machine, on which nobody sees it"
            raise InvalidValue(f"{FIELD}: {words}: give a service of the network", FIELD)
        return parse_secret_url(text, FIELD, is_host_secret=True)

    def identify(self, secret: str) -> str:
        """Without a host: of most services what stands there is a secret."""
        return shown_as(secret) if secret else ""

    def parse(self, params: Mapping[str, Any], accounts: Mapping[str, str]) -> ChannelRequest:
        url = known_or_parsed(str(params[FIELD]), accounts, self.parse_secret, FIELD)
        name = self.identify(url)
        return ChannelRequest(KIND, url, name, name)

    def describe(self, channel: Channel) -> dict[str, Any]:
        return {FIELD: channel.address}


def type_of(message: OutgoingMessage) -> str:
    """What services show as a colour or an icon: the worst of what the message tells."""
    found = {_TYPES.get(str(one.get("type")), "info") for one in message.events}
    for worst in ("failure", "info", "success"):
        if worst in found:
            return worst
    return "info"
