"""What Telegram's updates mean: JSON, which may be anything, becomes values. Total: nothing raises.

Commands are taken from messages that a person wrote in a chat just now. What is not of that kind is
ignored: forwarded messages and those sent by way of another bot (the words are not the sender's), edited
ones (a command is not taken back or repeated by editing it), posts of channels and messages in the name
of a channel (nobody is their author), messages of bots, inline queries.
"""

from collections.abc import Mapping
from typing import Any

from pingmon.model.chat_messages import (
    ButtonPress,
    ChatKind,
    ChatMessage,
    ChatMoved,
    Ignored,
    Person,
    Place,
    Update,
)

ANONYMOUS = 1087968824  # GroupAnonymousBot: an administrator who writes as the group
LONGEST_TEXT = 4096  # characters, as Telegram bounds it
LONGEST_NAME = 64
_MOST = 2**63  # no number of Telegram's reaches it
_FORWARDED = (
    "forward_origin",
    "forward_from",
    "forward_from_chat",
    "forward_sender_name",
    "forward_date",
)
# What else an update may be about, with a chat in it that may be worth knowing.
_OTHERS = ("my_chat_member", "edited_message", "channel_post", "edited_channel_post", "chat_member")

Json = Mapping[str, Any]


def parse_update(raw: object) -> Update:
    """Work is bounded however deep or wide `raw` is: only known fields are looked at."""
    if not isinstance(raw, dict):
        return Ignored(None, "no object")
    update_id = _number(raw, "update_id")
    if update_id is None or update_id < 0:
        return Ignored(None, "no update_id")
    if "message" in raw:
        return _message(update_id, _object(raw, "message"))
    if "callback_query" in raw:
        return _press(update_id, _object(raw, "callback_query"))
    for name in _OTHERS:
        if name in raw:
            return Ignored(update_id, name, _place(_object(raw, name)))
    return Ignored(update_id, "of no kind that is looked at")


def _message(update_id: int, message: Json) -> Update:
    place, message_id = _place(message), _number(message, "message_id")
    if place is None or message_id is None:
        return Ignored(update_id, "no chat or no message_id")
    if new := _number(message, "migrate_to_chat_id"):
        return ChatMoved(update_id, place.chat_id, str(new))
    if old := _number(message, "migrate_from_chat_id"):
        return ChatMoved(update_id, str(old), place.chat_id)
    if why := _why_not_taken(message, place):
        return Ignored(update_id, why, place)
    person, sent_at, text = _author(message, place), _number(message, "date"), _text(message, "text")
    if person is None:
        return Ignored(update_id, "no person wrote it", place)
    if sent_at is None or sent_at < 0 or not text:
        return Ignored(update_id, "no text", place)
    return ChatMessage(
        update_id,
        place,
        message_id,
        float(sent_at),
        person,
        text[:LONGEST_TEXT],
        _reply_to(message, place),
    )


def _why_not_taken(message: Json, place: Place) -> str:
    if place.kind is ChatKind.CHANNEL:
        return "a post of a channel"
    if any(name in message for name in _FORWARDED):
        return "forwarded"
    if "via_bot" in message:
        return "by way of another bot"
    return "edited" if "edit_date" in message else ""


def _author(message: Json, place: Place) -> Person | None:
    """None for bots, channels, and what can't be read."""
    written_as = _object(message, "sender_chat")
    if "sender_chat" in message:
        is_group = str(_number(written_as, "id")) == place.chat_id
        return Person(ANONYMOUS, is_anonymous=True) if is_group else None
    return _person(_object(message, "from"))


def _press(update_id: int, query: Json) -> Update:
    person, query_id = _person(_object(query, "from")), _text(query, "id")
    data = _text(query, "data")
    if person is None or not query_id or len(query_id) > LONGEST_NAME or not query_id.isascii():
        return Ignored(update_id, "no person pressed it, or no id")
    message = _object(query, "message")
    return ButtonPress(
        update_id,
        query_id,
        _place(message),
        _number(message, "message_id"),
        person,
        data[:LONGEST_NAME],  # what a bot may give has at most 64 bytes
    )


def _person(user: Json) -> Person | None:
    user_id = _number(user, "id")
    if user_id is None or user_id <= 0 or user.get("is_bot", False) is not False:
        return None
    names = (_text(user, "first_name"), _text(user, "last_name"))
    return Person(
        user_id,
        printable(" ".join(filter(None, names))),
        printable(_text(user, "username")),
        _text(user, "language_code")[:2].lower(),
    )


def _place(message: Json) -> Place | None:
    chat = _object(message, "chat")
    chat_id = _number(chat, "id")
    try:
        kind = ChatKind(_text(chat, "type"))
    except ValueError:
        return None
    if not chat_id:
        return None
    thread_id = _number(message, "message_thread_id") if message.get("is_topic_message") is True else None
    if thread_id is not None and thread_id <= 1:  # General, which may not be named
        thread_id = None
    title = printable(_text(chat, "title") or _text(chat, "first_name"))
    return Place(str(chat_id), kind, thread_id, title, printable(_text(chat, "username")))


def _reply_to(message: Json, place: Place) -> int | None:
    """In a topic a message that answers nothing has the message that began the topic here."""
    answered = _object(message, "reply_to_message")
    number = _number(answered, "message_id")
    return None if number is None or number == place.thread_id else number


def printable(text: str) -> str:
    """A name as one short line: what is not printable, and what turns its direction, is left out."""
    return "".join(one for one in text[:LONGEST_NAME] if one.isprintable()).strip()


def _object(json: Json, name: str) -> Json:
    found = json.get(name)
    return found if isinstance(found, dict) else {}


def _number(json: Json, name: str) -> int | None:
    found = json.get(name)
    return found if type(found) is int and abs(found) < _MOST else None


def _text(json: Json, name: str) -> str:
    """Without halves of surrogate pairs, which no file or socket takes."""
    found = json.get(name)
    if not isinstance(found, str):
        return ""
    return found[: 2 * LONGEST_TEXT].encode("utf-8", "ignore").decode()
