"""Finds the chats that wrote to a bot lately (getUpdates).

Other programs may read what the bot hears, so this leaves everything as it is: it gives no offset, which
would confirm updates, and no `allowed_updates`, which the server remembers for the next who asks.
"""

import time
from collections.abc import Iterator
from typing import Any

from pingmon.channels.telegram.answer import BotApiAnswer, remedy_for
from pingmon.channels.telegram.client import CHECK_TIMEOUT, DIRECT, BotApiEndpoint, TelegramClient
from pingmon.model.delivery import FoundAddresses
from pingmon.model.errors import Refused, Unreachable

PAGE = 100  # updates; the server shows the oldest ones, and no more of them
LONGEST_PAGE = 16 << 20  # bytes
READ_FOR = 4.0  # s; after that no further page is asked for: a client gives up after 10 s


def find_chats(token: str, transport: BotApiEndpoint = DIRECT, discard: bool = False) -> FoundAddresses:
    """The chats that the bot has heard from lately (24 h). Raises Refused or Unreachable.

    discard: go on when newer updates can't be seen, which takes confirming the older ones: nobody gets
    them again. Updates that hide nothing are left there.
    """
    bot = TelegramClient(token, transport)
    ends = time.monotonic() + READ_FOR
    found: dict[int | str, dict[str, Any]] = {}
    discarded = 0
    try:
        page = _updates(_ask(bot, None))
        _gather(page, found)
        while len(page) >= PAGE and discard and time.monotonic() < ends:
            newest = _newest(page)
            if newest is None:
                break
            read = len(page)
            answer = bot.call("getUpdates", _question(newest + 1), CHECK_TIMEOUT, LONGEST_PAGE)
            if not answer.ok:  # what was read may be gone there, so it has to be shown
                break
            discarded += read
            page = _updates(answer)
            _gather(page, found)
    finally:
        bot.close()
    return FoundAddresses(list(found.values()), len(page) >= PAGE, discarded)


def _ask(bot: TelegramClient, offset: int | None) -> BotApiAnswer:
    answer = bot.call("getUpdates", _question(offset), CHECK_TIMEOUT, LONGEST_PAGE)
    if answer.error_code == 409:
        raise Refused(f"Telegram says: {answer.description}; {_conflict(answer)}")
    if answer.is_permanent:
        raise Refused(f"Telegram says: {answer.description}; {remedy_for(answer)}", "token")
    if not answer.ok:
        raise Unreachable(f"Telegram gave no list: {answer.words}; try again")
    return answer


def _question(offset: int | None) -> dict[str, Any]:
    """offset: of the first update that is wanted; those before it are confirmed. None: all that wait."""
    return {"timeout": 0, "limit": PAGE} | ({} if offset is None else {"offset": offset})


def _updates(answer: BotApiAnswer) -> list[dict[str, Any]]:
    found = answer.result if isinstance(answer.result, list) else []
    return [one for one in found if isinstance(one, dict)]


def _newest(page: list[dict[str, Any]]) -> int | None:
    """Its update_id; None if there is none."""
    numbers = [one.get("update_id") for one in page]
    return max((one for one in numbers if isinstance(one, int) and 0 <= one < 2**62), default=None)


def _gather(page: list[dict[str, Any]], found: dict[int | str, dict[str, Any]]) -> None:
    for part in _parts(page):
        chat = part.get("chat")
        number = chat.get("id") if isinstance(chat, dict) else None
        if not isinstance(chat, dict) or not isinstance(number, int | str):
            continue
        if "migrate_to_chat_id" in part:  # the group lives on under another number
            found.pop(number, None)
            continue
        names = (chat.get("title"), chat.get("username"), chat.get("first_name"))
        title = next((name for name in names if name and isinstance(name, str)), "")
        kind = chat.get("type")
        found[number] = {"id": number, "type": kind if isinstance(kind, str) else "", "title": title}


def _parts(page: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What may have a chat: a message, a change of membership, a button that was pressed …"""
    for update in page:
        for part in update.values():
            if isinstance(part, dict):
                yield part
                if isinstance(part.get("message"), dict):  # of a button
                    yield part["message"]


def _conflict(answer: BotApiAnswer) -> str:
    """409 has two meanings."""
    if "webhook" in answer.description:
        return (
            "another program gets what this bot hears; have it remove its webhook "
            "(the Bot API's deleteWebhook), then run this again"
        )
    return "another program asks for what this bot hears; stop it for a moment, then run this again"
