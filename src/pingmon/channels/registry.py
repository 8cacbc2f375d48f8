"""The kinds of channels that there are. A new kind: its declaration, its behaviour, and a line here."""

from collections.abc import Callable, Mapping

from pingmon.channels.telegram.service import TelegramService
from pingmon.model.delivery import ChannelService

# By the name that `kinds` declares. Each is made from the daemon's configuration (setting → value), of
# which it reads what it needs.
CHANNELS: dict[str, Callable[[Mapping[str, str]], ChannelService]] = {
    "telegram": TelegramService.from_configuration,
}


def channel_services(configuration: Mapping[str, str]) -> dict[str, ChannelService]:
    return {kind: make(configuration) for kind, make in CHANNELS.items()}
