"""Tables of the configuration that kinds of channels declare, as [smtp]: form and values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pingmon.daemon.secret_file import credentials, read_secret
from pingmon.kinds import CHANNEL_KINDS
from pingmon.kinds.declaration import ChannelKind, Setting

Schema = dict[str, Any]
FILE, CREDENTIAL = "_file", "_credential"  # where a secret is, after its name
_SECRET: Schema = {"type": "string", "minLength": 1, "words": "must be text"}
KINDS: dict[str, ChannelKind] = {kind.section: kind for kind in CHANNEL_KINDS.values() if kind.section}


def _schema(kind: ChannelKind) -> Schema:
    properties: Schema = {}
    for one in kind.configuration:
        keys = (one.name + FILE, one.name + CREDENTIAL) if one.is_secret else (one.name,)
        properties |= dict.fromkeys(keys, _SECRET if one.is_secret else one.schema)
    return {
        "type": "object",
        "properties": properties,
        "required": [one.name for one in kind.configuration if is_needed(one)],
        "additionalProperties": False,
    }


def is_needed(setting: Setting) -> bool:
    """Whether it must be given when its table is there."""
    return "default" not in setting.schema and not setting.is_secret


SECTIONS: dict[str, Schema] = {section: _schema(kind) for section, kind in KINDS.items()}


def default_sections() -> dict[str, dict[str, Any]]:
    """Of a file that says nothing."""
    return read_sections({}, False).values


@dataclass(slots=True)
class Sections:
    """values: by section, those that can be used, secrets among them. problems: key and words.

    unchecked: keys of credentials that we were not passed. secret_files: keys and paths.
    """

    values: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    problems: list[tuple[str, object]] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    secret_files: dict[str, str] = field(default_factory=dict)


def read_sections(tables: Mapping[str, Any], is_check: bool) -> Sections:
    """tables: of the right form. is_check: credentials that we were not passed are no problem.

    A section that is not there has its defaults, unless it needs something that has none.
    """
    found = Sections()
    for section, kind in KINDS.items():
        if section not in tables and any(is_needed(one) for one in kind.configuration):
            continue
        table = tables.get(section, {})
        values = found.values[section] = {}
        for one in kind.configuration:
            if not one.is_secret:
                values[one.name] = table.get(one.name, one.schema.get("default"))
            else:
                values[one.name] = _secret(found, section, one.name, table, is_check)
    return found


def _secret(found: Sections, section: str, name: str, table: Mapping[str, Any], is_check: bool) -> str:
    """Empty when it is not given, or can't be read."""
    given = [key for key in (name + FILE, name + CREDENTIAL) if key in table]
    if not given:
        return ""
    if len(given) > 1:
        found.problems.append((section, f"give either {given[0]} or {given[1]}"))
        return ""
    key, is_credential = f"{section}.{given[0]}", given[0].endswith(CREDENTIAL)
    if is_credential and is_check and not credentials():
        found.unchecked.append(key)
        return ""
    if not is_credential:
        found.secret_files[key] = table[given[0]]
    try:
        return read_secret(table[given[0]], is_credential)
    except ValueError as error:
        found.problems.append((key, error))
        return ""
