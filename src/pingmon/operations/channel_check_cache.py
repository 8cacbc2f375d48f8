"""Channels are checked before a monitor is added to them, each once per request."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pingmon.model.delivery import ChannelService, CheckedChannel, ChecksMany
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import ChannelRequest, MonitorRequest
from pingmon.operations.accepted_secrets import AcceptedSecrets


class ChannelCheckCache:
    """The checks of one request. moved: (kind, old address) → the address that it is now."""

    def __init__(self, services: Mapping[str, ChannelService], accepted: AcceptedSecrets) -> None:
        """accepted: is told the secrets of channels that can be used."""
        self.moved: dict[tuple[str, str], str] = {}
        self._services, self._accepted = services, accepted
        self._checked: dict[ChannelRequest, CheckedChannel | PingmonError] = {}

    def check_all(self, requests: Iterable[MonitorRequest]) -> None:
        """Ask about all their channels; `check` then knows."""
        kinds: dict[str, list[ChannelRequest]] = {}
        for channel in dict.fromkeys(one.channel for one in requests):
            if channel not in self._checked:
                kinds.setdefault(channel.kind, []).append(channel)
        for kind, channels in kinds.items():
            service = self._services[kind]
            if isinstance(service, ChecksMany):
                for channel, found in service.check_all(channels).items():
                    self._remember(channel, found)

    def _remember(self, channel: ChannelRequest, found: CheckedChannel | PingmonError) -> None:
        self._checked[channel] = found
        if isinstance(found, CheckedChannel):
            self._accepted.remember(channel.secret, found.account)

    def check(self, request: MonitorRequest) -> MonitorRequest:
        """The request with the account's name. Raises PingmonError when the channel can't be used."""
        channel = request.channel
        if channel not in self._checked:
            try:
                self._remember(channel, self._services[channel.kind].check(channel))
            except PingmonError as error:
                self._remember(channel, error)
        result = self._checked[channel]
        if isinstance(result, PingmonError):
            raise result
        if result.moved_to:
            self.moved[channel.kind, channel.address] = result.moved_to
        return replace(request, channel=replace(channel, account=result.account))
