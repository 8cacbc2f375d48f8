"""What Telegram suggests while somebody types "/": the commands, by language and kind of chat."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pingmon.model.chat_service import ChatClient, CommandScope
from pingmon.model.delivery import DeliveryAnswer, DeliveryStatus
from pingmon.notify.translation import LANGUAGES, translation_for

SCOPES = (CommandScope("private"), CommandScope("groups"))
PRIVATE_ONLY = ("start",)
DEFAULT_LANGUAGE = "en"


class Entry(NamedTuple):
    """A command without "/"; summary: English, to be translated."""

    name: str
    summary: str


class Menu(NamedTuple):
    """language: empty for all that have no menu of their own."""

    scope: CommandScope
    language: str
    commands: Sequence[tuple[str, str]]


def menus(entries: Sequence[Entry]) -> list[Menu]:
    found = []
    for scope in SCOPES:
        shown = [one for one in entries if scope.kind == "private" or one.name not in PRIVATE_ONLY]
        for language in LANGUAGES:
            words = translation_for(language, "")
            commands = [(one.name, words._(one.summary)) for one in shown]
            found.append(Menu(scope, "" if language == DEFAULT_LANGUAGE else language, commands))
    return found


def digest(wanted: Iterable[Menu]) -> str:
    """The same for the same menus: they are sent only when it differs from that of the last ones."""
    return hashlib.sha256(json.dumps(list(wanted)).encode()).hexdigest()


def publish(client: ChatClient, wanted: Iterable[Menu]) -> DeliveryAnswer:
    """DELIVERED, or the first answer that is not."""
    for one in wanted:
        answer = client.set_commands(one.commands, one.scope, one.language)
        if not answer.is_delivered:
            return answer
    return DeliveryAnswer(DeliveryStatus.DELIVERED)


def no_menus() -> list[Menu]:
    """When commands are not read any more."""
    return [one._replace(commands=()) for one in menus(())]
