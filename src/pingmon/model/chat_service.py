"""Interfaces of a kind of channel that people can talk to: what it hears, what it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol, runtime_checkable

from pingmon.model.chat_messages import Update
from pingmon.model.delivery import ChannelClient, DeliveryAnswer, Keyboard


class Conflict(Enum):
    """Why an account gives its updates to somebody else."""

    POLLER = "poller"  # another program asks for them
    WEBHOOK = "pushed"  # they are sent to another program


class CommandScope(NamedTuple):
    """Where a list of commands is shown. kind: private, groups, group_admins, all; chat: of one chat."""

    kind: str = "all"
    chat: str = ""


@dataclass(frozen=True, slots=True)
class ReceivedUpdates:
    """What an account heard, oldest first.

    updates: as the service wrote them; anybody can have made them, so nothing is sure about their types.
    One that can't be read has a number only. server_time: epoch seconds by the service's own clock, None
    if it did not say. conflict: why there is nothing.
    """

    answer: DeliveryAnswer
    updates: tuple[object, ...] = ()
    server_time: float | None = None
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an account is. user_id: 0 if not known. name: without @, empty if not known."""

    answer: DeliveryAnswer
    user_id: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """What a user is in a chat.

    status: creator, administrator, member, restricted, left, kicked; empty if not known.
    """

    answer: DeliveryAnswer
    status: str = ""

    @property
    def is_administrator(self) -> bool:
        return self.status in ("creator", "administrator")


class ChatClient(Protocol):
    """One account, on a connection of its own, for one thread at a time.

    No method raises for what the other side does.
    """

    def identify(self) -> Identity:
        """Who this account is."""

    def updates(self, offset: int | None, wait: float) -> ReceivedUpdates:
        """What came since, waiting for the first.

        offset: of the first that is wanted; those before it are never given again. None: all that the
        service still has. wait: seconds that the service may wait until there is one.
        """

    def answer_press(self, query_id: str, text: str = "", alert: bool = False) -> DeliveryAnswer:
        """A button was pressed: end its waiting, with a few words. alert: they have to be closed."""

    def set_commands(
        self, commands: Sequence[tuple[str, str]], scope: CommandScope, language: str = ""
    ) -> DeliveryAnswer:
        """What the service suggests while somebody types: command without "/", what it does.

        commands: empty: none any more. language: two letters; empty: for all others.
        """

    def member(self, address: str, user_id: int) -> Membership:
        """What a user is in a chat."""

    def close(self) -> None: ...


class ButtonClient(ChannelClient, Protocol):
    """What a ChannelClient can besides, of a kind whose `Rendering` has buttons."""

    def edit(
        self,
        address: str,
        message_id: int,
        text: str | None,
        *,
        keyboard: Keyboard = (),
        plain: bool = False,
    ) -> DeliveryAnswer:
        """Another text and keyboard for a message of this account; DELIVERED also when it is so already.

        text: HTML unless `plain`; None: only the keyboard is another one.
        """


@runtime_checkable
class ChatService(Protocol):
    """A kind of channel that people can talk to. Thread-safe."""

    def open_chat(self, secret: str) -> ChatClient:
        """secret: of the account."""

    def parse_update(self, raw: object) -> Update:
        """One of ReceivedUpdates.updates. Total: whatever it is, nothing raises."""
