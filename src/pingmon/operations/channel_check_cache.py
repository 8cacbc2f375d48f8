"""Channels are checked before a monitor is added to them, each once per request."""

from dataclasses import replace

from pingmon.channels.telegram.checks import ChannelCheck, check_channel
from pingmon.channels.telegram.client import BotApiEndpoint
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import ChannelRequest, MonitorRequest


class ChannelCheckCache:
    """The checks of one request. moved: chats that have another number now, old → new."""

    def __init__(self, endpoint: BotApiEndpoint) -> None:
        self.moved: dict[str, str] = {}
        self._endpoint = endpoint
        self._checked: dict[ChannelRequest, ChannelCheck | PingmonError] = {}

    def check(self, request: MonitorRequest) -> MonitorRequest:
        """The request with the account's name. Raises PingmonError when the channel can't be used."""
        channel = request.channel
        if channel not in self._checked:
            try:
                self._checked[channel] = check_channel(
                    channel.secret, channel.address, channel.topic, self._endpoint
                )
            except PingmonError as error:
                self._checked[channel] = error
        found = self._checked[channel]
        if isinstance(found, PingmonError):
            raise found
        if found.moved_to:
            self.moved[channel.address] = found.moved_to
        return replace(request, channel=replace(channel, account=found.bot_name))
