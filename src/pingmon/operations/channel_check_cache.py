"""Channels are checked before a monitor is added to them, each once per request."""

from collections.abc import Mapping
from dataclasses import replace

from pingmon.model.delivery import ChannelService, CheckedChannel
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import ChannelRequest, MonitorRequest


class ChannelCheckCache:
    """The checks of one request. moved: (kind, old address) → the address that it is now."""

    def __init__(self, services: Mapping[str, ChannelService]) -> None:
        self.moved: dict[tuple[str, str], str] = {}
        self._services = services
        self._checked: dict[ChannelRequest, CheckedChannel | PingmonError] = {}

    def check(self, request: MonitorRequest) -> MonitorRequest:
        """The request with the account's name. Raises PingmonError when the channel can't be used."""
        channel = request.channel
        if channel not in self._checked:
            try:
                self._checked[channel] = self._services[channel.kind].check(channel)
            except PingmonError as error:
                self._checked[channel] = error
        found = self._checked[channel]
        if isinstance(found, PingmonError):
            raise found
        if found.moved_to:
            self.moved[channel.kind, channel.address] = found.moved_to
        return replace(request, channel=replace(channel, account=found.account))
