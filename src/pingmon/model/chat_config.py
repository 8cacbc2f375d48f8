"""What the configuration says of commands from chats."""

from dataclasses import dataclass, field

from pingmon.model.chat_rights import ChatSettings

EVERYONE = 0  # as user_id: whoever is in that chat


@dataclass(frozen=True, slots=True)
class AllowedPerson:
    """bot: a declared one, empty for any. user_id: EVERYONE for whoever is in the chat. role: a word."""

    address: str
    user_id: int
    role: str
    bot: str = ""


@dataclass(frozen=True, slots=True)
class ChatConfig:
    """people: who may do what. commands: by declared bot, whether its commands are read; of a bot that is
    not in it, `chat enable` and `chat disable` say so.
    """

    settings: ChatSettings = field(default_factory=ChatSettings)
    people: tuple[AllowedPerson, ...] = ()
    commands: tuple[tuple[str, bool], ...] = ()


NO_CHAT_CONFIG = ChatConfig()
