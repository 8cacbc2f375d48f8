"""Files of monitors: CSV with header, JSON lines, TOML. A row is the parameters of add_mon."""

import csv
import io
import json
import sys
from collections.abc import Callable
from typing import Any

from pingmon.client.connection import Refused

FIELDS = (
    "ip_address", "name", "mon_type", "chat_id", "thread_id", "bot", "interval", "timeout",
    "false_alarms", "max_delay", "down_after", "down_after_seconds", "up_after", "parent",
    "language", "quiet", "tell_slow",
)  # fmt: skip


def _yes_or_no(text: str) -> bool:
    return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]


_TYPES: dict[str, tuple[Callable[[str], Any], str]] = {
    **dict.fromkeys(("thread_id", "down_after", "up_after"), (int, "whole number")),
    **dict.fromkeys(("interval", "timeout", "max_delay", "down_after_seconds"), (float, "number")),
    **dict.fromkeys(("quiet", "tell_slow"), (_yes_or_no, "yes or no")),
}
Row = tuple[str, dict[str, Any]]  # where it stands ("line 3"), parameters


def read(path: str) -> list[Row]:
    """The rows of a file, `-` is standard input. Raises Refused with file, line and reason."""
    try:
        if path == "-":
            text = sys.stdin.read()
        else:
            with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123 - pathlib is slow to import
                text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: {error}") from None
    start = text.lstrip()
    if start.startswith("{"):
        return list(_json_lines(path, text))
    if path.endswith(".toml") or "[[monitor]]" in text:
        return list(_toml(path, text))
    return list(_csv(path, text))


def _csv(path: str, text: str) -> Any:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        for record in reader:
            where = f"line {reader.line_num}"
            if None in record or None in record.values():
                raise Refused(f"{path}: {where}: another number of columns than the header has")
            filled = {key.strip(): value.strip() for key, value in record.items() if value.strip()}
            yield where, {key: _typed(path, where, key, value) for key, value in filled.items()}
    except csv.Error as error:
        raise Refused(f"{path}: line {reader.line_num}: {error}") from None


def _typed(path: str, where: str, key: str, value: str) -> Any:
    read, what = _TYPES.get(key, (str, ""))
    try:
        return read(value)
    except (ValueError, KeyError):
        raise Refused(f"{path}: {where}: {key}: {value!r} is not a {what}") from None


def _json_lines(path: str, text: str) -> Any:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise Refused(f"{path}: line {number}: {error}") from None
        if not isinstance(row, dict):
            raise Refused(f"{path}: line {number}: not an object")
        yield f"line {number}", row


def _toml(path: str, text: str) -> Any:
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path}: {error}") from None
    defaults, monitors = found.pop("defaults", {}), found.pop("monitor", [])
    if found or not isinstance(monitors, list) or not isinstance(defaults, dict):
        raise Refused(f"{path}: only [defaults] and [[monitor]] belong here")
    for number, row in enumerate(monitors, 1):
        yield f"monitor {number}", defaults | row


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
