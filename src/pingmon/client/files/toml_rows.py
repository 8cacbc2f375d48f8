"""TOML: [defaults] for all, and a [[monitor]] each."""

import re

from pingmon.client.connection import Refused
from pingmon.client.files import columns
from pingmon.client.files.row import Found, Place, Problem, Row
from pingmon.client.terminal_text import safe

_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*monitor[ \t]*\]\]", re.MULTILINE)
_DEFAULTS = re.compile(r"^[ \t]*\[[ \t]*defaults[ \t]*\]", re.MULTILINE)
MONITOR, DEFAULTS = "monitor", "defaults"


def rows(path: str, text: str) -> Found:
    """Raises Refused when it is no TOML at all."""
    import tomllib

    path = safe(path)
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise Refused(f"{path}: {error}") from None
    defaults, monitors = found.pop(DEFAULTS, {}), found.pop(MONITOR, [])
    if found or not isinstance(monitors, list) or not isinstance(defaults, dict):
        other = f"{columns.shown(next(iter(found)))} does not; " if found else ""
        raise Refused(f"{path}: {other}only [{DEFAULTS}] and [[{MONITOR}]] belong here")
    places = _places(text, len(monitors))
    common, wrong_for_all = columns.checked(defaults)
    yield from (Problem(_place_of_defaults(text), words) for words in wrong_for_all.values())
    for place, row in zip(places, monitors, strict=True):
        if not isinstance(row, dict):
            yield Problem(place, f"{columns.shown(row)} is not a table")
            continue
        own, wrong = columns.checked(row)
        yield from (Problem(place, words) for words in wrong.values())
        yield Row(place, common | own, frozenset(wrong | wrong_for_all))


def _place_of_defaults(text: str) -> Place:
    found = _DEFAULTS.search(text)
    number = 1 + text.count("\n", 0, found.start()) if found else 1
    return Place(number, f"line {number}, [{DEFAULTS}]")


def _places(text: str, count: int) -> list[Place]:
    """The parser tells no lines; where the headers are is only known if there are as many."""
    lines = [1 + text.count("\n", 0, found.start()) for found in _HEADER.finditer(text)]
    if len(lines) != count:
        return [Place(number, f"monitor {number}") for number in range(1, count + 1)]
    return [Place(at, f"line {at}, monitor {number}") for number, at in enumerate(lines, 1)]
