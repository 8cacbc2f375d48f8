"""What a kind of probe or channel declares. Pure data: the client loads it, too, and quickly.

NamedTuples, as dataclasses take as long to import as all of pingmonctl.
"""

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


class ProbeKind(NamedTuple):
    """A way to measure a target. name: its `mon_type`. settings: its own, part of the target."""

    name: str
    summary: str
    settings: tuple[Setting, ...] = ()


class ChannelKind(NamedTuple):
    """A way to reach people. settings: its own; `required`: those without which there is no channel.

    account: those that say who sends; the others say who receives.
    """

    name: str
    summary: str
    settings: tuple[Setting, ...]
    required: tuple[str, ...]
    account: tuple[str, ...] = ()


TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
FLAG: dict[str, Any] = {"type": "boolean"}


def text(description: str, **more: Any) -> dict[str, Any]:
    return TEXT | more | {"description": description}


def number(description: str, **more: Any) -> dict[str, Any]:
    return NUMBER | more | {"description": description}


def flag(description: str, **more: Any) -> dict[str, Any]:
    return FLAG | more | {"description": description}
