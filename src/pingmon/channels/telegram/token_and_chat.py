"""The settings of a Telegram channel become one canonical form, or are refused with a clear line."""

import re
from collections.abc import Mapping

from pingmon.model.errors import InvalidValue
from pingmon.model.text_values import bare
from pingmon.text.printable import shown

_TOKEN = re.compile(r"[1-9][0-9]{0,15}:[A-Za-z0-9_-]+")
_CHAT_NAME = re.compile(r"@[A-Za-z][A-Za-z0-9_]{3,31}")
_CHAT_NUMBER = re.compile(r"[-+]?[0-9]{1,19}(?:\.0+)?")  # programs with floating point append .0
_SHORTENED = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?[eE][-+]?[0-9]+")
_MINUS = str.maketrans("\u2212\u2013\ufe63\uff0d", "----")  # as word processors write it


def parse_token(text: str) -> str:
    """A bot token as BotFather hands it out. The error never repeats it."""
    token = bare(text)
    if not _TOKEN.fullmatch(token) or len(token) > 80:
        raise InvalidValue("the token does not look like one: BotFather's are NUMBER:LETTERS", "token")
    return token


def parse_chat(chat: str | int | float) -> str:
    """A chat id (negative for groups), or the @name of a public channel or supergroup in small letters.

    Telegram's names are the same in capitals.
    """
    text = bare(str(chat)).translate(_MINUS)
    if _CHAT_NAME.fullmatch(text):
        return text.lower()
    if _CHAT_NUMBER.fullmatch(text) and (number := int(text.partition(".")[0])) and abs(number) < 2**63:
        return str(number)
    if _SHORTENED.fullmatch(text):
        raise InvalidValue(
            f"{shown(text)} was shortened by a spreadsheet, its last digits are lost: "
            "format that column as text, enter the number again and export anew",
            "chat_id",
        )
    raise InvalidValue(f"{shown(text)} is not a chat: give its number or its @name", "chat_id")


def resolve_token(bots: Mapping[str, str], token: str | None, bot: str | None) -> str:
    """The token that was given, or the one of a known bot. Raises InvalidValue.

    bots: name → token; names of Telegram are the same with @ and in capitals.
    """
    if (token is None) == (bot is None):
        raise InvalidValue("give either token or bot", "token")
    if token is not None:
        return parse_token(token)
    name = bare(bot or "")
    found = bots.get(name)
    if found is None:
        alike = name.removeprefix("@").lower()
        found = next((secret for one, secret in bots.items() if one.lower() == alike), None)
    if found is None:
        known = ", ".join(bots) or "none"
        raise InvalidValue(f"no bot {shown(name)} is known here; known: {known}", "bot")
    return parse_token(found)


def bot_number(token: str) -> str:
    """The bot's numeric id, which stands for it until its name is known."""
    return token.partition(":")[0]
