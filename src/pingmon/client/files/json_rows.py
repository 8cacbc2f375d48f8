"""JSON: a line for each monitor, an array of them, or what list-mon prints with --output json."""

import re
from collections.abc import Iterator
from typing import Any

from pingmon.client.files import columns
from pingmon.client.files.row import Found, Place, Problem, Row, line
from pingmon.text import strict_json

DEEPEST = 64
_SPACE = re.compile(r"[ \t\r\n]*")
LISTED = "monitors"  # the member of list_mon's result that holds them


def rows(text: str) -> Found:
    r"""text: lines end with \n, and with nothing else (a name may hold U+2028)."""
    if strict_json.depth(text, DEEPEST) > DEEPEST:
        yield Problem(line(1), f"nested deeper than {DEEPEST}")
        return
    start = _after(text, 0)
    if text.startswith("[", start):
        yield from _array(text, start)
    elif not _line(text[start:].partition("\n")[0])[1]:
        for number, one in enumerate(text.split("\n"), 1):
            if one.strip():
                yield from _rows(line(number), *_line(one))
    else:
        yield from _objects(text, start)


def _array(text: str, start: int) -> Found:
    """Element by element, so that errors name lines."""
    at = _after(text, start + 1)
    following = "," if not text.startswith("]", at) else "]"
    lines = _LineCounter(text)
    while following == ",":
        place = line(lines.at(at))
        value, problem, end = _value(text, at)
        yield from _row(place, value, problem)
        if problem:
            return
        end = _after(text, end)
        following, at = text[end : end + 1], _after(text, end + 1)
        if following not in (",", "]"):
            yield Problem(line(lines.at(end)), "a comma or ] is missing here")
            return
    at = _after(text, at + 1) if text.startswith("]", at) else at
    if at < len(text):
        yield Problem(line(lines.at(at)), "something follows after the array")


def _objects(text: str, at: int) -> Found:
    """Objects that take several lines each, one after the other; or what list-mon prints."""
    lines = _LineCounter(text)
    while at < len(text):
        number = lines.at(at)
        value, problem, end = _value(text, at)
        yield from _rows(line(number), value, problem)
        if problem:
            return
        at = _after(text, end)


class _LineCounter:
    """Numbers of lines, asked for in the order of the text."""

    def __init__(self, text: str) -> None:
        self._text, self._seen, self._line = text, 0, 1

    def at(self, position: int) -> int:
        self._line += self._text.count("\n", self._seen, position)
        self._seen = position
        return self._line


def _rows(place: Place, value: Any, problem: str) -> Found:
    """A monitor, or those that list-mon prints, of which the settings are taken."""
    listed = value.get(LISTED) if isinstance(value, dict) else None
    if not isinstance(listed, list):
        yield from _row(place, value, problem)
        return
    for count, one in enumerate(listed, 1):
        if isinstance(one, dict):
            one = {
                name: one[name] for name in columns.FIELDS if name in one and columns.is_own(name, one)
            }
        yield from _row(Place(place.line, f"{place.words}, monitor {count}"), one, "")


def _row(place: Place, value: Any, problem: str) -> Found:
    if problem:
        yield Problem(place, problem)
    elif not isinstance(value, dict):
        yield Problem(place, f"{columns.shown(value)} is not an object")
    else:
        params, wrong = columns.checked(value)
        yield from (Problem(place, words) for words in wrong.values())
        yield Row(place, params, frozenset(wrong))


def _value(text: str, at: int) -> tuple[Any, str, int]:
    """The value, what is wrong with it, and where it ends."""
    try:
        value, end = strict_json.scan(text, at)
    except strict_json.NotStrict as error:
        return None, str(error), at
    return value, "", end


def _line(text: str) -> tuple[Any, str]:
    """The one value of a line, and what is wrong with it."""
    try:
        return strict_json.loads(text, DEEPEST), ""
    except strict_json.NotStrict as error:
        return None, str(error)


def _after(text: str, at: int) -> int:
    """Where the next thing begins that is no white space."""
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]


def lines(values: Iterator[Any]) -> Iterator[str]:
    """A line of JSON each."""
    return (strict_json.dumps(one) for one in values)
