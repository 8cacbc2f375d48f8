"""Monitors are written so that they can be read back, here or by another daemon."""

import csv
import io
import sys
from typing import Any

from pingmon.client.files import json_rows
from pingmon.client.files.columns import FIELDS, KEY, cell, is_own
from pingmon.client.files.toml_rows import MONITOR
from pingmon.kinds.common_settings import SETTINGS

FORMATS = ("csv", "jsonl", "toml")
_OFF = {one.name for one in SETTINGS if one.schema.get("default") is False}


def write(kind: str, rows: list[dict[str, Any]]) -> None:
    """Print rows as csv, jsonl or toml, in UTF-8 whatever the terminal has."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text_of(kind, rows).encode())
    sys.stdout.buffer.flush()


def text_of(kind: str, rows: list[dict[str, Any]]) -> str:
    """rows: as list_mon returns monitors; what is no setting is left out."""
    kept = settings_of(rows)
    if kind == "csv":
        return _csv(kept)
    if kind == "jsonl":
        return "".join(f"{line}\n" for line in json_rows.lines(iter(kept)))
    import tomli_w

    return "\n".join(f"[[{MONITOR}]]\n{tomli_w.dumps(row)}" for row in kept)


def settings_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a file keeps of monitors; a setting that is not given is left out."""
    return [{key: row[key] for key in FIELDS if _is_kept(key, row)} for row in rows]


def _is_kept(name: str, row: dict[str, Any]) -> bool:
    value = row.get(name)
    if value is None or value in ("", []) or not is_own(name, row):
        return False
    return not (value is False and name in _OFF and "own" not in row)


def _csv(rows: list[dict[str, Any]]) -> str:
    fields = [one for one in FIELDS if one != KEY or any(KEY in row for row in rows)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows([_cell(row.get(field)) for field in fields] for row in rows)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return cell(value) if value else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value
