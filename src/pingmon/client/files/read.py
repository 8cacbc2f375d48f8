"""A file of monitors is read, whatever program wrote it."""

import re
import sys

from pingmon.client.bot_token import LONGEST_PATH
from pingmon.client.connection import Refused
from pingmon.client.files import csv_rows, json_rows, toml_rows
from pingmon.client.files.row import Found, Problem, Row
from pingmon.client.terminal_text import safe
from pingmon.text.decoding import decode
from pingmon.text.printable import shortened

# [{…}, […] of JSON; [defaults] and [[monitor]] are TOML's.
_JSON = re.compile(r"\s*(\{|\[\s*(?:[\]{\"\d-]|null|true|false))")
_TOML = re.compile(r"^[ \t]*(?:\[\[?[ \t]*(?:monitor|default)s?[ \t]*\]|monitor[ \t]*=)", re.MULTILINE)
MOST = 64  # MiB of a file; 10,000 monitors take one


def read(path: str) -> tuple[list[Row], list[Problem]]:
    """The rows, and what is wrong with others. path: `-` is standard input.

    Raises Refused when it can't be read at all.
    """
    rows: list[Row] = []
    problems: list[Problem] = []
    for one in _found(path, _text(path)):
        if isinstance(one, Row):
            rows.append(one)
        else:
            problems.append(one)
    return rows, problems


def _found(path: str, text: str) -> Found:
    ending = path.rpartition(".")[2].lower()
    if ending in ("csv", "tsv") and not text.lstrip().startswith(("{", "[")):
        return csv_rows.rows(text)
    if ending == "toml":
        return toml_rows.rows(path, text)
    if ending in ("json", "jsonl", "ndjson") or _JSON.match(text):
        return json_rows.rows(text)
    return toml_rows.rows(path, text) if _TOML.search(text) else csv_rows.rows(text)


def _text(path: str) -> str:
    name = safe(shortened(path, LONGEST_PATH)) or "''"
    try:
        if path == "-":
            data = sys.stdin.buffer.read((MOST << 20) + 1)
        else:
            with open(path, "rb") as file:  # noqa: PTH123 - pathlib is slow to import
                data = file.read((MOST << 20) + 1)
        if len(data) > MOST << 20:
            raise Refused(f"{name}: longer than {MOST} MiB; split it")
        return decode(data)
    except OSError as error:
        raise Refused(f"{name}: {error.strerror}") from None
    except ValueError as error:  # NotText, or a path that can't be
        raise Refused(f"{name}: {error}") from None
