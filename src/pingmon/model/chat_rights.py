"""Who may do what from a chat. Pure."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from pingmon.model.chat_messages import ChatKind

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Role(IntEnum):
    """Each may what those before it may. VIEW: look. OPERATE: also acknowledge, mute. ADMIN: all."""

    NONE = 0
    VIEW = 1
    OPERATE = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """As the configuration and pingmonctl write it."""
        return self.name.lower()


def parse_role(word: str) -> Role:
    """Raises ValueError."""
    try:
        return Role[word.strip().upper()]
    except KeyError:
        raise ValueError(f"{word[:40]!r} is no role: give view, operate or admin") from None


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """Of `[chat]` in the configuration.

    chat_admins: what administrators of a chat may. allow_networks: in which /add may add, empty: all.
    most_monitors: of one chat, 0: no bound of its own. least_interval: seconds.
    """

    chat_admins: Role = Role.VIEW
    allow_networks: tuple[Network, ...] = ()
    most_monitors: int = 0
    least_interval: float = 0.0


class Verdict(StrEnum):
    """ALLOWED, or why not."""

    ALLOWED = "allowed"
    STRANGER = "stranger"  # to whom nothing is said but their ids
    FOREIGN = "foreign"  # the monitor tells another chat: as if it did not exist
    TOO_LITTLE = "too little"  # the role in this chat
    ELSEWHERE = "elsewhere"  # the monitor tells other chats, in which the role is too little
    CHANNEL = "channel"  # nobody commands from a channel: its posts have no author


def role_in(kind: ChatKind, granted: Role, has_monitors: bool, admin_role: Role = Role.NONE) -> Role:
    """granted: by name. has_monitors: that tell this chat. admin_role: what its administrators may, for
    one of these; NONE for others.
    """
    if kind is ChatKind.CHANNEL:
        return Role.NONE
    return max(granted, admin_role, Role.VIEW if has_monitors else Role.NONE)


def may(
    needed: Role,
    kind: ChatKind,
    here: Role,
    is_own: bool = True,
    elsewhere: Iterable[Role] = (),
    changes_all: bool = False,
) -> Verdict:
    """needed: by the command. here: the role in this chat. is_own: the monitor tells this chat (or it is
    about none). elsewhere: the roles in the other chats that it tells. changes_all: what is done is done
    to all of these chats, as by stop, pause and edit.
    """
    if kind is ChatKind.CHANNEL:
        return Verdict.CHANNEL
    if here is Role.NONE and needed is not Role.NONE:
        return Verdict.STRANGER
    if not is_own:
        return Verdict.FOREIGN
    if here < needed:
        return Verdict.TOO_LITTLE
    if changes_all and any(one < needed for one in elsewhere):
        return Verdict.ELSEWHERE
    return Verdict.ALLOWED
