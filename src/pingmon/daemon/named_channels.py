"""Channels that tables of the configuration name, as [[groups.NAME]]: their settings, of any kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pingmon.kinds import CHANNEL_KINDS
from pingmon.kinds.declaration import ChannelKind
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import ChannelRequest

Schema = dict[str, Any]
# The kind of channel whose accounts the file declares, and the setting that names one of them.
DECLARED = next(kind for kind in CHANNEL_KINDS.values() if kind.accounts_table)
NAME = next(one for one in DECLARED.sender if one != DECLARED.secret)
# One file is as good as another for a secret URL: what may say it is not left out here.
_LEFT_OUT = {DECLARED.secret}


def _single(schema: Schema) -> Schema:
    """Of a setting that may be a list: one value, and never null."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    plain = {key: value for key, value in schema.items() if key not in ("type", "items")}
    return plain | {"type": [one for one in kinds if one not in ("array", "null")]}


PROPERTIES: dict[str, Schema] = {
    one.name: _single(one.schema)
    for kind in CHANNEL_KINDS.values()
    for one in kind.settings
    if one.name not in _LEFT_OUT
}


def channel_table(also: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """A table that names a channel. also: what it has besides; required: of that."""
    others = [{"required": [kind.address]} for kind in CHANNEL_KINDS.values() if kind is not DECLARED]
    needed: Schema = {"required": [NAME, DECLARED.address]}
    return {
        "type": "object",
        "properties": {**also, **PROPERTIES},
        "required": list(required),
        "additionalProperties": False,
        **({"if": {"anyOf": others}, "else": needed} if others else {"allOf": [needed]}),
    }


@dataclass(frozen=True, slots=True)
class NamedChat:
    """bot: a declared account. address: of the chat. request: of other kinds of channels, all of it."""

    bot: str
    address: str
    topic: int | None = None
    request: ChannelRequest | None = None

    def __str__(self) -> str:
        return f"chat {self.address} by {self.bot}" if self.bot else self.address


class ChannelParser:
    """Reads what names a channel. bots: names that the file declares."""

    def __init__(
        self,
        parse: Mapping[str, Callable[[Mapping[str, Any]], ChannelRequest]],
        address: Callable[[Any], str],
        bots: Mapping[str, Any],
    ) -> None:
        """parse: by kind, of settings. address: of a chat. All raise InvalidValue."""
        self._parse, self._address, self.bots = parse, address, bots

    def channel(self, table: Mapping[str, Any]) -> NamedChat:
        """Raises InvalidValue."""
        kinds = [kind for kind in CHANNEL_KINDS.values() if kind.address in table]
        if len(kinds) > 1:
            words = " and ".join(kind.address for kind in kinds)
            raise InvalidValue(f"give one channel, not {words}", kinds[1].address)
        given = {name: table[name] for name in PROPERTIES if name in table}
        own = {one.name for kind in kinds for one in kind.settings}
        if foreign := sorted(given.keys() - own):
            raise InvalidValue(_needs(foreign[0]), foreign[0])
        if not kinds or kinds[0] is DECLARED:
            if NAME not in table:
                raise InvalidValue("is missing", NAME)
            if table[NAME] not in self.bots:
                raise InvalidValue(no_such_bot(table[NAME], self.bots), NAME)
            return NamedChat(table[NAME], self._address(table[DECLARED.address]), table.get("thread_id"))
        request = self._parse[kinds[0].name](given)
        return NamedChat("", request.address, request.topic, request)

    def address(self, text: str) -> str:
        """Of any kind whose addresses can be read. Raises InvalidValue in the words of the first."""
        try:
            return self._address(text)
        except InvalidValue:
            for kind in CHANNEL_KINDS.values():
                if kind is not DECLARED and not _is_secret(kind):
                    try:
                        return self._parse[kind.name]({kind.address: text}).address
                    except InvalidValue:
                        continue
            raise


def _is_secret(kind: ChannelKind) -> bool:
    return kind.address in {one.name for one in kind.settings if one.is_secret}


def _needs(name: str) -> str:
    owners = [kind for kind in CHANNEL_KINDS.values() if name in {one.name for one in kind.settings}]
    return f"{name} needs {' or '.join(kind.address for kind in owners)}"


def no_such_bot(name: str, bots: Mapping[str, Any]) -> str:
    """bots: that are declared."""
    return f"there is no [bots.{name}]; declared: {', '.join(sorted(bots)) or 'none'}"
