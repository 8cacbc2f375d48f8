"""TOML: [defaults] for all, and a [[monitor]] each."""

import re

from pingmon.client.connection import Refused
from pingmon.client.files import columns
from pingmon.client.files.row import Bad, Found, Place, Problem, Row
from pingmon.client.terminal_text import safe

_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*monitor[ \t]*\]\]", re.MULTILINE)
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
        other = f"{next(iter(found))!r} does not; " if found else ""
        raise Refused(f"{path}: {other}only [{DEFAULTS}] and [[{MONITOR}]] belong here")
    places = _places(text, len(monitors))
    for place, row in zip(places, monitors, strict=True):
        try:
            if not isinstance(row, dict):
                raise Bad(f"{columns.shown(row)} is not a table")
            yield Row(place, columns.checked(defaults) | columns.checked(row))
        except Bad as error:
            yield Problem(place, str(error))


def _places(text: str, count: int) -> list[Place]:
    """The parser tells no lines; where the headers are is only known if there are as many."""
    lines = [1 + text.count("\n", 0, found.start()) for found in _HEADER.finditer(text)]
    if len(lines) != count:
        return [Place(number, f"monitor {number}") for number in range(1, count + 1)]
    return [Place(at, f"line {at}, monitor {number}") for number, at in enumerate(lines, 1)]
