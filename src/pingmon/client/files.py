"""Files of monitors: CSV with header, JSON lines, TOML. A row is the parameters of add_mon."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from pingmon.client.connection import Refused
from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from pingmon.kinds.monitor_settings import NAME, SETTINGS, schemas

_CHANNEL = tuple(one for kind in CHANNEL_KINDS.values() for one in kind.settings if not one.is_secret)
_PROBE = tuple(one for kind in PROBE_KINDS.values() for one in kind.settings)
TARGET = ("ip_address", "mon_type", *(one.name for one in _PROBE))  # what makes it another target
ACCOUNT = tuple(name for kind in CHANNEL_KINDS.values() for name in kind.account)  # who sends
RECIPIENT = tuple(one.name for one in _CHANNEL if one.name not in ACCOUNT)  # who receives
_SCHEMAS = schemas((*_CHANNEL, NAME, *_PROBE, *SETTINGS))
FIELDS = tuple(dict.fromkeys(("ip_address", "name", "mon_type", *_SCHEMAS)))


def _yes_or_no(text: str) -> bool:
    return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "integer": (int, "whole number"),
    "number": (float, "number"),
    "boolean": (_yes_or_no, "yes or no"),
}
Row = tuple[str, dict[str, Any]]  # where it stands ("line 3"), parameters
Problem = tuple[str, str]  # where, what


class Bad(Exception):
    """What is wrong with one row; the others are read on."""


def read(path: str) -> tuple[list[Row], list[Problem]]:
    """The rows of a file, and what is wrong with others. `-` is standard input.

    Raises Refused when it can't be read at all.
    """
    try:
        if path == "-":
            text = sys.stdin.read()
        else:
            with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123 - pathlib is slow to import
                text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: {error}") from None
    if text.lstrip().startswith("{"):
        found = _json_lines(text)
    elif path.endswith(".toml") or "[[monitor]]" in text:
        found = _toml(path, text)
    else:
        found = _csv(text)
    rows, problems = [], []
    for where, row in found:
        if isinstance(row, Bad):
            problems.append((where, str(row)))
        else:
            rows.append((where, row))
    return rows, problems


Found = Iterator[tuple[str, dict[str, Any] | Bad]]


def _csv(text: str) -> Found:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        for record in reader:
            where = f"line {reader.line_num}"
            try:
                yield where, _record(record)
            except Bad as error:
                yield where, error
    except csv.Error as error:
        yield f"line {reader.line_num}", Bad(f"{error}; what follows could not be read")


def _record(record: dict[str, str]) -> dict[str, Any]:
    if None in record or None in record.values():
        raise Bad("another number of columns than the header has")
    filled = {key.strip(): value.strip() for key, value in record.items() if value.strip()}
    return {key: _typed(key, value) for key, value in filled.items()}


def _typed(key: str, value: str) -> Any:
    types = _SCHEMAS.get(key, {}).get("type", "string")
    named = types if isinstance(types, list) else [types]
    kind = "string" if "string" in named else named[0]
    read, what = _READERS.get(kind, (str, ""))
    try:
        return read(value)
    except (ValueError, KeyError):
        raise Bad(f"{key}: {value!r} is not a {what}") from None


def _json_lines(text: str) -> Found:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield f"line {number}", _json(line)


def _json(line: str) -> dict[str, Any] | Bad:
    try:
        row = json.loads(line)
    except ValueError as error:
        return Bad(str(error))
    return row if isinstance(row, dict) else Bad("not an object")


def _toml(path: str, text: str) -> Found:
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path}: {error}") from None
    defaults, monitors = found.pop("defaults", {}), found.pop("monitor", [])
    if found or not isinstance(monitors, list) or not isinstance(defaults, dict):
        raise Refused(f"{path}: only [defaults] and [[monitor]] belong here")
    for number, row in enumerate(monitors, 1):
        yield f"monitor {number}", defaults | row if isinstance(row, dict) else Bad("not a table")


def write(kind: str, rows: list[dict[str, Any]]) -> None:
    """Print monitors (as list_mon returns them) as csv, jsonl or toml."""
    kept = [{key: row[key] for key in FIELDS if row.get(key) not in (None, "", False)} for row in rows]
    if kind == "csv":
        writer = csv.DictWriter(sys.stdout, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
    for row in kept if kind != "csv" else ():
        if kind == "jsonl":
            print(json.dumps(row, ensure_ascii=False))
        else:  # JSON's strings and numbers are TOML's too
            values = (f"{key} = {json.dumps(value)}" for key, value in row.items())
            print("[[monitor]]\n" + "\n".join(values) + "\n")
