"""The settings of a Telegram channel become one canonical form, or are refused with a clear line."""

import re
from collections.abc import Mapping

from pingmon.model.errors import InvalidValue

_TOKEN = re.compile(r"[1-9]\d{0,15}:[A-Za-z0-9_-]+")
_CHAT = re.compile(r"-?\d{1,19}|@[A-Za-z][A-Za-z0-9_]{3,31}")


def parse_token(text: str) -> str:
    """A bot token as BotFather hands it out. The error never repeats it."""
    if not _TOKEN.fullmatch(text) or len(text) > 80:
        raise InvalidValue("the token does not look like one: BotFather's are NUMBER:LETTERS", "token")
    return text


def parse_chat(chat: str | int) -> str:
    """A chat id (negative for groups) or the @name of a public channel or supergroup."""
    text = str(chat).strip()
    if not _CHAT.fullmatch(text):
        raise InvalidValue(f"{text!r} is not a chat: give its number or its @name", "chat_id")
    return text


def resolve_token(bots: Mapping[str, str], token: str | None, bot: str | None) -> str:
    """The token that was given, or the one of a declared bot. Raises InvalidValue."""
    if (token is None) == (bot is None):
        raise InvalidValue("give either token or bot", "token")
    if token is not None:
        return parse_token(token)
    found = bots.get(bot or "")
    if found is None:
        known = ", ".join(bots) or "none"
        raise InvalidValue(f"the configuration declares no bot {bot!r}; it has: {known}", "bot")
    return found


def bot_number(token: str) -> str:
    """The bot's numeric id, which stands for it until its name is known."""
    return token.partition(":")[0]
