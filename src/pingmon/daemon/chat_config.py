"""Of the configuration: `commands` of [bots.NAME], and the table [chat]."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from pingmon.daemon.named_channels import no_such_bot
from pingmon.model.chat_config import EVERYONE, AllowedPerson, ChatConfig
from pingmon.model.chat_rights import ChatSettings, Network, Role, parse_role
from pingmon.model.errors import InvalidValue

Schema = dict[str, Any]
ROLES = [one.word for one in Role if one is not Role.NONE]
_TEXT: Schema = {"type": "string"}
_PERSON: Schema = {
    "type": "object",
    "properties": {
        "bot": _TEXT,
        "chat_id": {"type": ["string", "integer"]},
        "user_id": {"type": "integer", "minimum": 1, "maximum": 2**52},
        "role": {"enum": ROLES},
    },
    "required": ["chat_id", "role"],
    "additionalProperties": False,
}
CHAT: Schema = {
    "type": "object",
    "properties": {
        "chat_admins": {"enum": ROLES},
        "allow_networks": {"type": "array", "items": _TEXT},
        "most_monitors": {"type": "integer", "minimum": 0},
        "least_interval": {"type": "number", "minimum": 0.1, "maximum": 86400},
        "allow": {"type": "array", "items": _PERSON},
    },
    "additionalProperties": False,
}


def read_chat_config(
    table: Mapping[str, Any],
    bots: Mapping[str, Any],
    commands: Mapping[str, bool],
    address: Callable[[Any], str],
) -> tuple[ChatConfig, list[tuple[str, object]]]:
    """What it says, and what is wrong: key and words.

    table: of the right form. bots: that are declared. commands: by bot. address: raises InvalidValue.
    """
    problems = list[tuple[str, object]]()
    networks, people = list[Network](), list[AllowedPerson]()
    for text in table.get("allow_networks", ()):
        try:
            networks.append(ip_network(text))
        except ValueError as error:
            problems.append(("chat.allow_networks", error))
    for number, one in enumerate(table.get("allow", ()), 1):
        try:
            people.append(_person(one, bots, address))
        except InvalidValue as error:
            problems.append(("chat.allow", f"entry {number}: {error}"))
    given: dict[str, Any] = {
        name: table[name] for name in ("most_monitors", "least_interval") if name in table
    }
    if "chat_admins" in table:
        given["chat_admins"] = parse_role(table["chat_admins"])
    settings = replace(ChatSettings(), allow_networks=tuple(networks), **given)
    return ChatConfig(settings, tuple(people), tuple(sorted(commands.items()))), problems


def _person(
    table: Mapping[str, Any], bots: Iterable[str], address: Callable[[Any], str]
) -> AllowedPerson:
    bot = table.get("bot", "")
    if bot and bot not in bots:
        raise InvalidValue(no_such_bot(bot, dict.fromkeys(bots)))
    return AllowedPerson(address(table["chat_id"]), table.get("user_id", EVERYONE), table["role"], bot)
