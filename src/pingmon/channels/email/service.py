"""E-mail as a kind of channel: one account, which the table [smtp] describes; an address is a mailbox."""

import logging
from collections.abc import Mapping
from typing import Any

from pingmon.channels.email.address import FIELD, parse_email
from pingmon.channels.email.client import NOT_CONFIGURED, SmtpClient, is_answering
from pingmon.channels.email.settings import SmtpSettings, smtp_settings
from pingmon.model.delivery import ChannelLimits, CheckedChannel, Rendering
from pingmon.model.errors import InvalidValue, Refused, Unreachable
from pingmon.model.monitor import Channel, ChannelRequest

log = logging.getLogger(__name__)

KIND = "email"
ACCOUNT = "e-mail"  # the name of the one account
LIMITS = ChannelLimits(
    message_length=20_000,
    least_length=500,
    # A mailbox with a mail a second is of no use to anybody: what comes faster waits for one mail.
    address_spacing=lambda _: 20.0,
    account_spacing=0.05,
    refused_pause=600.0,
    burst=lambda _: 5,
    burst_spacing=2.0,
)


class EmailService:
    """See model.delivery.ChannelService."""

    limits = LIMITS
    rendering = Rendering(html=True, replies=True)

    def __init__(self, settings: SmtpSettings | None) -> None:
        """settings: None when the configuration has none: then what is to be sent waits."""
        self._settings = settings

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, Any]) -> "EmailService":
        return cls(smtp_settings(configuration))

    def open(self, secret: str) -> SmtpClient:
        return SmtpClient(self._settings)

    def check(self, request: ChannelRequest) -> CheckedChannel:
        """As far as the server says so before it has a mail."""
        client = self.open("")
        try:
            answer = client.check_address(request.address)
        finally:
            client.close()
        words = f"{request.address}: {answer.reason}"
        if answer.is_permanent:
            what = "no e-mail can be sent" if answer is NOT_CONFIGURED else "the mail server refused"
            raise Refused(f"{what} {words}; {answer.remedy}, then run this again", FIELD)
        if not answer.was_heard or not answer.is_from_service:
            raise Unreachable(f"{words}; try again, or add with --no_verify", FIELD)
        if not answer.is_delivered:  # greylisted, as strangers are at first: it will be tried again
            log.info("%s is not refused: %s", request.address, answer.reason)
        return CheckedChannel(ACCOUNT)

    def is_reachable(self, secret: str) -> bool:
        """A server on this machine proves nothing about the network."""
        settings = self._settings
        return settings is not None and not settings.is_local and is_answering(settings)

    def is_local(self, secret: str) -> bool:
        return self._settings is None or self._settings.is_local

    def is_same_account(self, secret: str, other: str) -> bool:
        return True

    def parse_address(self, text: str) -> str:
        return parse_email(text)

    def parse_secret(self, text: str) -> str:
        raise InvalidValue("e-mail has no secret but that of [smtp] in pingmond's configuration")

    def identify(self, secret: str) -> str:
        return ""

    def parse(self, params: Mapping[str, Any], accounts: Mapping[str, str]) -> ChannelRequest:
        return ChannelRequest(KIND, "", ACCOUNT, parse_email(str(params[FIELD])))

    def describe(self, channel: Channel) -> dict[str, Any]:
        return {FIELD: channel.address}
