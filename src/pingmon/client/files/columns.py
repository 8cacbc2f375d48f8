"""Columns of files: what they are called, how people spell them, which values they take."""

import json
import math
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pingmon.client.argument_actions import NUMBER
from pingmon.client.files.row import Bad
from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from pingmon.kinds.common_settings import HOST_AND_FAMILY, NAME, SETTINGS, schemas
from pingmon.kinds.united import united
from pingmon.text import printable

_CHANNEL = united(CHANNEL_KINDS)
_PROBE = united(PROBE_KINDS)
_SCHEMAS = schemas((*HOST_AND_FAMILY, *_CHANNEL, NAME, *_PROBE, *SETTINGS))
KEY = "key"  # what other rows of the same file may call this one as their parent; it is not kept
SECRETS = {one.name for one in (*_CHANNEL, *_PROBE) if one.is_secret}
# In the order in which they are written.
_FIRST = (KEY, "ip_address", "host", "family", "name", "mon_type")
# Of channels; secrets of probes are marks there, and of URLs that are secrets their names.
_NEVER = SECRETS & {
    one.name for kind in CHANNEL_KINDS.values() for one in kind.settings if one.name not in kind.shown
}
FIELDS = tuple(one for one in dict.fromkeys((*_FIRST, *_SCHEMAS)) if one not in _NEVER)
KNOWN = (*FIELDS, *sorted(_NEVER))
MOST_PROBLEMS = 10  # of one row
ADDRESS, HOST, KIND = "ip_address", "host", "mon_type"
TARGETS = {ADDRESS, HOST, KIND, *(kind.target for kind in PROBE_KINDS.values() if kind.target)}

_WHOLE = re.compile(r"[-+]?[0-9]{1,300}(\.0*)?")  # programs with floating point append .0
_WORDS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
ALIKE = {"ip": ADDRESS, "address": ADDRESS, "hostname": HOST, "chat": "chat_id", "topic": "thread_id"}
# What may come from tags, or be the default.
_FROM_TAGS = {one.name for one in SETTINGS} - {"parent", "tags"}


def column(text: str) -> str:
    """A column's name as we spell it: `IP address`, `ip-address` → ip_address."""
    return re.sub(r"[\s-]+", "_", text.strip().strip("\ufeff")).strip("_").lower()


def is_own(name: str, row: dict[str, Any]) -> bool:
    """Whether the setting was given for this monitor, of which list_mon tells that. row: of list_mon."""
    return name not in _FROM_TAGS or "own" not in row or name in row["own"]


def nearest(name: str) -> str:
    """The column that may be meant, empty if none is near."""
    from difflib import get_close_matches

    return ALIKE.get(column(name)) or next(iter(get_close_matches(column(name), KNOWN, 1)), "")


def unknown(name: str) -> str:
    """That there is no such column, and which one may be meant."""
    near = nearest(name)
    meant = f"did you mean {near}?" if near else f"known: {', '.join(KNOWN)}"
    return f"there is no column {shown(name)}; {meant}"


def shown(value: Any) -> str:
    """A value in an error: quoted, escaped, and not a page long."""
    if isinstance(value, str):
        return printable.shown(value)
    return printable.shortened(json.dumps(value, ensure_ascii=False, default=str))


def typed(name: str, text: str) -> Any:
    """The value of a cell of a table. Raises Bad."""
    schema = _SCHEMAS.get(name, {})
    types = schema.get("type", "string")
    named = types if isinstance(types, list) else [types]
    if "string" in named:
        return text.split() if "array" in named and len(text.split()) > 1 else text
    if "array" in named:
        return _listed(text)
    if "integer" in named and _WHOLE.fullmatch(text):
        return int(text.partition(".")[0])
    if "number" in named and NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if "boolean" in named and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    what = {"integer": "whole number", "number": "number", "boolean": "yes or no"}.get(named[0], "value")
    raise Bad(f"{name}: {_shown_secretly(name, text)} is not a {what}{_hint(text, named)}")


def _listed(text: str) -> list[Any]:
    """A list in a cell: its parts, or JSON where parts hold spaces or commas."""
    if text.startswith("["):
        with suppress(ValueError):
            found = json.loads(text)
            if isinstance(found, list):
                return found
    return text.replace(",", " ").split()


def cell(values: Sequence[Any]) -> str:
    """What `typed` reads back as that list."""
    values = list(map(str, values))
    plain = all(one.replace(",", " ").split() == [one] for one in values)
    if plain and not values[0].startswith("["):
        return " ".join(values)
    return json.dumps(values, ensure_ascii=False)


def checked(params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Parameters under our names, without those that say nothing; what is wrong with others, by name."""
    found: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in params.items():
        known = column(name)
        try:
            if known not in KNOWN:
                meant = nearest(name)
                known = known if meant in params or meant in wrong else meant or known
                raise Bad(unknown(name))
            if known in found:
                raise Bad(f"{known}: it is there twice")
            _check_kind(known, value)
        except Bad as error:
            wrong[known] = str(error)
            if len(wrong) == MOST_PROBLEMS:
                break
            continue
        if value is not None and (not isinstance(value, str) or value.strip()):
            found[known] = value
    return found, wrong


def _check_kind(name: str, value: Any) -> None:
    """Raises Bad for what other formats than JSON have."""
    if isinstance(value, float) and not math.isfinite(value):
        raise Bad(f"{name}: {value} is not a number")
    if not isinstance(value, str | int | float | list | dict | None):  # a date of TOML
        raise Bad(f"{name}: {value} must be in quotes")


def _shown_secretly(name: str, text: str) -> str:
    return "the value" if name in SECRETS else shown(text)


def _hint(text: str, types: list[str]) -> str:
    if re.fullmatch(r"[-+]?[0-9]+,[0-9]+", text) and "number" in types:
        return f"; write {text.replace(',', '.')}"
    if "integer" in types and NUMBER.fullmatch(text) and "e" in text.lower():
        return ": a spreadsheet shortened it; format that column as text, enter it again and export anew"
    return ""
