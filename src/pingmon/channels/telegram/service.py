"""Telegram as a kind of channel: an account is a bot, an address a chat, a topic one of a forum."""

from collections.abc import Mapping
from typing import Any

from pingmon.channels.loopback import is_loopback
from pingmon.channels.telegram.checks import bot_api_reachable, check_channel
from pingmon.channels.telegram.client import BotApiEndpoint, TelegramClient
from pingmon.channels.telegram.find_chat import find_chats
from pingmon.channels.telegram.token_and_chat import bot_number, parse_chat, parse_token, resolve_token
from pingmon.channels.telegram.update_values import parse_update
from pingmon.channels.telegram.updates import TelegramChatClient
from pingmon.model.chat_messages import Update
from pingmon.model.delivery import ChannelLimits, CheckedChannel, FoundAddresses, Rendering
from pingmon.model.monitor import Channel, ChannelRequest

# What Telegram documents: about one message per second per chat, 20 per minute per group, 30 per
# second per bot. What it answers (retry_after) counts more.
CHAT_SPACING, BOT_SPACING = 1.0, 0.034  # s
# Of a group a few may follow each other, as in a talk: 4 and one every 3.75 s are 20 in any minute.
GROUP_BURST, GROUP_SPACING = 4, 3.75


def chat_spacing(chat_id: str) -> float:
    """Seconds between messages; numbers of groups are negative, @names are of groups or channels."""
    return CHAT_SPACING if chat_id.isdigit() else GROUP_SPACING


def burst(chat_id: str) -> int:
    """How many messages may follow each other a second apart."""
    return 1 if chat_id.isdigit() else GROUP_BURST


LIMITS = ChannelLimits(
    message_length=4000,  # Telegram takes 4,096 after entities are parsed
    least_length=250,
    address_spacing=chat_spacing,
    account_spacing=BOT_SPACING,
    refused_pause=300.0,
    # The server counts tokens that it does not know, 20 a minute for an address: checks are spread.
    check_spacing=3.0,
    burst=burst,
    burst_spacing=CHAT_SPACING,
)


class TelegramService:
    """See model.delivery.ChannelService and AddressFinder, and model.chat_service.ChatService."""

    limits = LIMITS
    rendering = Rendering(html=True, replies=True, buttons=True, account="bot")

    def __init__(self, endpoint: BotApiEndpoint) -> None:
        self._endpoint = endpoint

    @classmethod
    def from_configuration(cls, values: Mapping[str, Any]) -> "TelegramService":
        """values: telegram_api_url, proxy, ca_file, as the daemon's configuration has them."""
        return cls(BotApiEndpoint(values["telegram_api_url"], values["proxy"], values["ca_file"]))

    def open(self, secret: str) -> TelegramClient:
        return TelegramClient(secret, self._endpoint)

    def open_chat(self, secret: str) -> TelegramChatClient:
        return TelegramChatClient(secret, self._endpoint)

    def parse_update(self, raw: object) -> Update:
        return parse_update(raw)

    def check(self, request: ChannelRequest) -> CheckedChannel:
        return check_channel(request.secret, request.address, request.topic, self._endpoint)

    def is_reachable(self, secret: str) -> bool:
        return bot_api_reachable(secret, self._endpoint)

    def is_local(self, secret: str) -> bool:
        return is_loopback(self._endpoint.proxy or self._endpoint.url)

    def is_same_account(self, secret: str, other: str) -> bool:
        return bot_number(secret) == bot_number(other)

    def parse_address(self, text: str) -> str:
        return parse_chat(text)

    def parse_secret(self, text: str) -> str:
        return parse_token(text)

    def identify(self, secret: str) -> str:
        return bot_number(secret)

    def parse(self, params: Mapping[str, Any], accounts: Mapping[str, str]) -> ChannelRequest:
        chat = parse_chat(params["chat_id"])
        token = resolve_token(accounts, params.get("token"), params.get("bot"))
        return ChannelRequest("telegram", token, bot_number(token), chat, params.get("thread_id"))

    def describe(self, channel: Channel) -> dict[str, Any]:
        return {"chat_id": channel.address, "thread_id": channel.topic, "bot": channel.account}

    def find_addresses(
        self, params: Mapping[str, Any], accounts: Mapping[str, str], discard: bool
    ) -> FoundAddresses:
        token = resolve_token(accounts, params.get("token"), params.get("bot"))
        return find_chats(token, self._endpoint, discard)
