"""What people send to a bot in a chat, and what it answers. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

_NO_PARENTHESES = str.maketrans("()", "  ")


class ChatKind(StrEnum):
    """As Telegram has them."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class Place(NamedTuple):
    """A chat, or a topic of it. chat_id: as channels spell it. username: of a public chat, without @.

    title: for people, empty if it has none.
    """

    chat_id: str
    kind: ChatKind
    thread_id: int | None = None
    title: str = ""
    username: str = ""

    @property
    def addresses(self) -> frozenset[str]:
        """All spellings under which a channel may have it. People are never written to by their name."""
        is_public = self.username and self.kind is not ChatKind.PRIVATE
        return frozenset({self.chat_id, f"@{self.username.lower()}"} if is_public else {self.chat_id})


class Person(NamedTuple):
    """Who wrote. language: of the program, as `ru`; empty if not known.

    is_anonymous: an administrator who hides behind the group; user_id is nobody's then.
    """

    user_id: int
    name: str = ""
    username: str = ""
    language: str = ""
    is_anonymous: bool = False

    @property
    def label(self) -> str:
        """As the journal names them: `Anna (@anna, user 42)`; the parentheses are ours alone."""
        if self.is_anonymous:
            return "an anonymous administrator (no user)"
        known = f"@{self.username}, " if self.username else ""
        name = self.name.translate(_NO_PARENTHESES).strip() or "somebody"
        return f"{name} ({known}user {self.user_id})"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """sent_at: epoch seconds by the service's clock. reply_to: number of the message it answers.

    text: may hold anything, a token too: never to be logged.
    """

    update_id: int
    place: Place
    message_id: int
    sent_at: float
    person: Person
    text: str = field(repr=False)
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """message_id: of the message with the button, None if it is not accessible any more.

    data: what the button carries; anybody may send anything.
    """

    update_id: int
    query_id: str
    place: Place | None
    message_id: int | None
    person: Person
    data: str = field(repr=False)


class ChatMoved(NamedTuple):
    """A group became a supergroup."""

    update_id: int
    old: str
    new: str


class Ignored(NamedTuple):
    """An update that is nothing to answer. update_id: None when it has none that can be read.

    place: the chat that it is about, if it can be read: so chats become known to `find-chat`.
    """

    update_id: int | None
    why: str
    place: Place | None = None


Update = ChatMessage | ButtonPress | ChatMoved | Ignored


class Button(NamedTuple):
    """text: plain. action: a name in chat/actions.py. argument: for that. Stored with its message, so
    what a press sends back is only which one it was.
    """

    text: str
    action: str
    argument: str = ""


Keyboard = tuple[tuple[Button, ...], ...]  # rows


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """text: HTML. about: IDs of the monitors that it tells of, so that a reply to it means these.

    first_reply_of: ID of a monitor: the message is edited when it is known whether that answers.
    """

    text: str
    keyboard: Keyboard = ()
    about: tuple[str, ...] = ()
    first_reply_of: str = ""

    def button(self, index: int) -> Button | None:
        """The one with this number, counted row by row."""
        flat = [one for row in self.keyboard for one in row]
        return flat[index] if 0 <= index < len(flat) else None

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "keyboard": [[list(one) for one in row] for row in self.keyboard],
            "about": list(self.about),
            "first_reply_of": self.first_reply_of,
        }


def answer_from_json(saved: Mapping[str, Any]) -> ChatAnswer:
    """What `ChatAnswer.to_json` gave."""
    keyboard = tuple(tuple(Button(*one) for one in row) for row in saved.get("keyboard", ()))
    about = tuple(saved.get("about", ()))
    return ChatAnswer(str(saved["text"]), keyboard, about, str(saved.get("first_reply_of", "")))


class Pressed(NamedTuple):
    """What becomes of a press. toast: plain text, at most 200 characters, shown at once and to the one
    who pressed. replaces: the message gets this text and these buttons; None: it stays as it is. sends:
    a message of its own.
    """

    toast: str
    replaces: ChatAnswer | None = None
    sends: ChatAnswer | None = None
