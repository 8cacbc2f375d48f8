"""The kinds of channels that there are. A new kind: its declaration, its behaviour, and a line here."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pingmon.channels.apprise.service import AppriseService
from pingmon.channels.email.service import EmailService
from pingmon.channels.telegram.service import TelegramService
from pingmon.channels.webhook.service import WebhookService
from pingmon.model.delivery import ChannelService

# By the name that `kinds` declares. Each is made from the daemon's configuration, of which it reads what
# it needs: setting → value, and under the name of its section what that has, if it is complete. Raises
# InvalidValue for settings that can't be together.
CHANNELS: dict[str, Callable[[Mapping[str, Any]], ChannelService]] = {
    "telegram": TelegramService.from_configuration,
    "email": EmailService.from_configuration,
    "webhook": WebhookService.from_configuration,
    "apprise": AppriseService.from_configuration,
}


def channel_services(
    configuration: Mapping[str, Any], kinds: Iterable[str] = CHANNELS
) -> dict[str, ChannelService]:
    return {kind: CHANNELS[kind](configuration) for kind in kinds}
