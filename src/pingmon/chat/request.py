"""What a command is, and what it is given when somebody sends it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pingmon.chat.scope import Scope
from pingmon.model.chat_messages import ChatAnswer, Person, Place, Pressed
from pingmon.model.chat_rights import ChatSettings, Role
from pingmon.notify.translation import Translation
from pingmon.operations.context import Context


class Bot(NamedTuple):
    """An account that is polled. account_id: its number in the store. username: without @."""

    account_id: int
    username: str


class Grants(Protocol):
    """Roles that people were given by name."""

    def role(
        self, account_id: int, chat_id: str, user_id: int, now: float, by_name: bool = False
    ) -> Role:
        """NONE when there is none, or it is over. now: epoch seconds.

        by_name: only what this user was given, not what everybody in the chat was.
        """
        ...


class Members(Protocol):
    """What the service knows of the members of a chat. It is a question over the network."""

    def is_chat_admin(self, account_id: int, chat_id: str, user_id: int) -> bool:
        """Raises PingmonError when it can't be found out."""
        ...


@dataclass(frozen=True, slots=True)
class ChatTools:
    """What all commands work with. language, zone: of the daemon, empty zone: the system's."""

    context: Context
    grants: Grants
    members: Members
    language: str = "en"
    zone: str = ""

    @property
    def settings(self) -> ChatSettings:
        """As the configuration has them now."""
        return self.context.polling.config.settings


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One command or press. text: the arguments of a command, one line, spaces are single.

    role_elsewhere: the role of the person in another chat that this bot tells, by its address. scope:
    what the chat sees. reply_to: number of the message that is answered. now: epoch seconds.
    """

    tools: ChatTools
    bot: Bot
    place: Place
    person: Person
    role: Role
    role_elsewhere: Callable[[str], Role]
    scope: Scope
    words: Translation
    now: float
    text: str = field(default="", repr=False)
    reply_to: int | None = None

    @property
    def context(self) -> Context:
        return self.tools.context

    @property
    def actor(self) -> str:
        """As the journal names them: `Anna (@anna, user 42) in chat -1001`."""
        return f"{self.person.label} in chat {self.place.chat_id}"


@dataclass(frozen=True, slots=True)
class Command:
    """role: that it needs at least. changes: it changes something, so an old one is not carried out.

    summary, usage: English, marked for translation; usage has one example per line.
    """

    name: str
    role: Role
    changes: bool
    summary: str
    usage: str
    run: Callable[[ChatRequest], ChatAnswer]


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does. run: of the request and the button's argument.

    A button's action is the name, and after a colon what `ChatRequest.text` is.
    """

    name: str
    role: Role
    run: Callable[[ChatRequest, str], Pressed]
