"""What a kind of probe or channel declares. Pure data: the client loads it, too, and quickly.

NamedTuples, as dataclasses take as long to import as all of pingmonctl.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """One setting, described once for the API, files, --help, the manual and OpenRPC.

    schema: JSON Schema with a `description` (units and range in words) and, if it has one, a
    `default`. metavar: its value in --help. is_secret: it is hidden wherever something is shown.
    is_address: an IP address, which is kept in its canonical spelling, or what a kind takes in place
    of one.
    """

    name: str
    schema: dict[str, Any]
    metavar: str = ""
    is_secret: bool = False
    is_address: bool = False


NO_DEFAULTS: Mapping[str, Any] = MappingProxyType({})


class ProbeKind(NamedTuple):
    """A way to measure a target.

    name: its `mon_type`. settings: its own, part of the target; `required`: those that must be given.
    target: the one that says what is probed, in place of an address or a host name, as a URL does; such
    a kind may also be given the address to connect to. defaults: of settings that all kinds have, where
    they are others than usual. label: what is probed, for people: {target} is its address or name,
    others are settings. name_setting: the one that is the host's name unless it is given, of a
    target that is a host.
    """

    name: str
    summary: str
    settings: tuple[Setting, ...] = ()
    required: tuple[str, ...] = ()
    target: str = ""
    defaults: Mapping[str, Any] = NO_DEFAULTS
    label: str = "{target}"
    name_setting: str = ""

    def filled(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Its own settings with their defaults, where they have one."""
        defaults = {one.name: one.schema["default"] for one in self.settings if "default" in one.schema}
        return defaults | dict(options)


class ChannelKind(NamedTuple):
    """A way to reach people. settings: its own; `required`: those without which there is no channel.

    account: those that say who sends; the others say who receives. configuration: what pingmond's
    configuration says for all channels of the kind, in the table `section`; without one these are
    settings of the daemon itself, with flags and variables. One without a default must be given when the
    table is there. A secret one is named by NAME_file or NAME_credential there. accounts_table: the
    table whose entries are accounts, each with its secret likewise: [bots.NAME].
    """

    name: str
    summary: str
    settings: tuple[Setting, ...]
    required: tuple[str, ...]
    account: tuple[str, ...] = ()
    section: str = ""
    configuration: tuple[Setting, ...] = ()
    accounts_table: str = ""

    @property
    def address(self) -> str:
        """The setting that says who receives; several may be given, each is a channel."""
        return self.required[0]

    @property
    def sender(self) -> tuple[str, ...]:
        """Settings that say who sends, where the address does not say it itself."""
        return tuple(one for one in self.account if one not in self.required)

    @property
    def secret(self) -> str:
        """That of `sender` which is the account's secret; empty if there is none."""
        secrets = {one.name for one in self.settings if one.is_secret}
        return next((one for one in self.sender if one in secrets), "")

    @property
    def shown(self) -> tuple[str, ...]:
        """Settings that can be seen of a channel; an address that is a secret is seen by its name."""
        secrets = {one.name for one in self.settings if one.is_secret} - {self.address}
        return tuple(one.name for one in self.settings if one.name not in secrets)


TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
FLAG: dict[str, Any] = {"type": "boolean"}


def text(description: str, **more: Any) -> dict[str, Any]:
    return TEXT | more | {"description": description}


def number(description: str, **more: Any) -> dict[str, Any]:
    return NUMBER | more | {"description": description}


def flag(description: str, **more: Any) -> dict[str, Any]:
    return FLAG | more | {"description": description}


def port(description: str, **more: Any) -> Setting:
    """The setting `port`, which several kinds have."""
    schema = {"type": "integer", "minimum": 1, "maximum": 65535, "description": description}
    return Setting("port", schema | more, "N")


def source() -> Setting:
    """The setting `source`, which several kinds have."""
    words = "of requests: an address of this machine, or an interface"
    return Setting("source", text(words, default=""), "ADDRESS|INTERFACE", is_address=True)


def ca_file() -> Setting:
    """The setting `ca_file`, likewise."""
    words = (
        "PEM file with the authorities to trust, instead of the system's; on pingmond's machine, and "
        "not below /home or /root, which its service can't see"
    )
    return Setting("ca_file", text(words, default=""), "FILE")


def cert_days() -> Setting:
    """The setting `cert_days`, likewise."""
    words = "say so, once, when its certificate ends within so many days; 0: never"
    schema = {"type": "integer", "minimum": 0, "maximum": 3650, "default": 21, "description": words}
    return Setting("cert_days", schema, "N")


def one_or_several(description: str) -> dict[str, Any]:
    """Of the setting that says who receives."""
    return {"type": ["string", "array"], "items": TEXT, "description": description}
