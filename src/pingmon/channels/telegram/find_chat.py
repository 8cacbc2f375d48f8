"""Finds the chats that wrote to a bot lately (getUpdates)."""

from typing import Any

from pingmon.channels.telegram.answer import BotApiAnswer, remedy_for
from pingmon.channels.telegram.client import CHECK_TIMEOUT, DIRECT, BotApiEndpoint, TelegramClient
from pingmon.model.errors import Refused, Unreachable

# The server remembers what was asked for last, so it is always said.
_HEARD_FROM = ["message", "edited_message", "channel_post", "edited_channel_post", "my_chat_member"]


def find_chats(token: str, transport: BotApiEndpoint = DIRECT) -> list[dict[str, Any]]:
    """The chats that the bot has heard from lately (24 h). Raises Refused or Unreachable."""
    bot = TelegramClient(token, transport)
    try:
        wanted = {"timeout": 0, "limit": 100, "allowed_updates": _HEARD_FROM}
        answer = bot.call("getUpdates", wanted, CHECK_TIMEOUT)
    finally:
        bot.close()
    if answer.error_code == 409:
        raise Refused(f"Telegram says: {answer.description}; {_conflict(answer)}")
    if answer.is_permanent:
        raise Refused(f"Telegram says: {answer.description}; {remedy_for(answer)}", "token")
    if not answer.ok:
        raise Unreachable(f"Telegram gave no list: {answer.words}; try again")
    found: dict[int, dict[str, Any]] = {}
    for update in answer.result:
        for part in update.values():
            chat = part.get("chat") if isinstance(part, dict) else None
            if not isinstance(chat, dict) or "id" not in chat:
                continue
            if "migrate_to_chat_id" in part:  # the group lives on under another number
                found.pop(chat["id"], None)
                continue
            title = chat.get("title") or chat.get("username") or chat.get("first_name") or ""
            found[chat["id"]] = {"id": chat["id"], "type": chat.get("type", ""), "title": title}
    return list(found.values())


def _conflict(answer: BotApiAnswer) -> str:
    """409 has two meanings."""
    if "webhook" in answer.description:
        return (
            "another program gets what this bot hears; have it remove its webhook "
            "(the Bot API's deleteWebhook), then run this again"
        )
    return "another program asks for what this bot hears; stop it for a moment, then run this again"
