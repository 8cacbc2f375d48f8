"""Channels are checked before a monitor is added to them, each once per request."""

from collections.abc import Mapping
from dataclasses import replace

from pingmon.model.delivery import ChannelService, CheckedChannel
from pingmon.model.errors import PingmonError, Unreachable
from pingmon.model.monitor import ChannelRequest, MonitorRequest
from pingmon.operations.accepted_secrets import AcceptedSecrets


class ChannelCheckCache:
    """The checks of one request. moved: (kind, old address) → the address that it is now."""

    def __init__(self, services: Mapping[str, ChannelService], accepted: AcceptedSecrets) -> None:
        """accepted: is told the secrets of channels that can be used."""
        self.moved: dict[tuple[str, str], str] = {}
        self._services, self._accepted = services, accepted
        self._checked: dict[ChannelRequest, CheckedChannel | PingmonError] = {}

    def check(self, request: MonitorRequest) -> MonitorRequest:
        """The request with the account's name. Raises PingmonError when the channel can't be used.

        What the other side had no time for is asked again the next time.
        """
        channel = self.check_channel(request.channel)
        others = tuple(map(self.check_channel, request.others))
        return replace(request, channel=channel, others=others)

    def check_channel(self, channel: ChannelRequest) -> ChannelRequest:
        """Likewise of one channel."""
        if channel not in self._checked:
            try:
                found = self._services[channel.kind].check(channel)
                self._checked[channel] = found
                self._accepted.remember(channel.secret, found.account)
            except PingmonError as error:
                if isinstance(error, Unreachable) and error.retry_after is not None:
                    raise
                self._checked[channel] = error
        result = self._checked[channel]
        if isinstance(result, PingmonError):
            raise result
        if result.moved_to:
            self.moved[channel.kind, channel.address] = result.moved_to
        return replace(channel, account=result.account)
