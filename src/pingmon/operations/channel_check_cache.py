"""Telegram is asked about a channel before a monitor is added to it."""

from dataclasses import replace

from pingmon.channels.telegram.checks import ChannelCheck, check_channel
from pingmon.channels.telegram.client import BotApiEndpoint
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import MonitorRequest


class ChannelCheckCache:
    """What was found out for one call; each channel of an import is asked about once."""

    def __init__(self, transport: BotApiEndpoint) -> None:
        self.moved: dict[str, str] = {}  # groups that have another number now
        self._transport = transport
        self._found: dict[tuple[str, str, int | None], ChannelCheck | PingmonError] = {}

    def checked(self, wanted: MonitorRequest) -> MonitorRequest:
        """With the bot's name. Raises PingmonError when nothing can be told there."""
        channel = wanted.channel
        key = (channel.secret, channel.address, channel.topic)
        if key not in self._found:
            try:
                self._found[key] = check_channel(*key, self._transport)
            except PingmonError as error:
                self._found[key] = error
        found = self._found[key]
        if isinstance(found, PingmonError):
            raise found
        if found.moved_to:
            self.moved[channel.address] = found.moved_to
        return replace(wanted, channel=replace(channel, account=found.bot_name))
