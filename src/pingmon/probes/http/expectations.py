"""What an answer must be: its status, and what its content must have. Pure."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from pingmon.model.errors import InvalidValue
from pingmon.text import strict_json
from pingmon.text.printable import shortened, shown

DEEPEST = 100  # nesting of JSON
_STEP = re.compile(r"([^.\[\]]+)((?:\[\d{1,6}\])*)|((?:\[\d{1,6}\])+)")


class JsonPath(NamedTuple):
    """text: as it was given. steps: names and indexes. value: as text."""

    text: str
    steps: tuple[str | int, ...]
    value: str


class Expectations(NamedTuple):
    """status: ranges, both ends included. regex: a pattern; who looks for it is regex_search.py."""

    status: tuple[tuple[int, int], ...] = ((200, 399),)
    text: str = ""
    regex: str = ""
    json: tuple[JsonPath, ...] = ()

    @property
    def wants_content(self) -> bool:
        return bool(self.text or self.regex or self.json)

    def why_not_status(self, status: int) -> str:
        """Empty if it is right."""
        if any(low <= status <= high for low, high in self.status):
            return ""
        return f"answered {status_words(status)}"

    def why_not_content(self, content: str, page: "Looked") -> str:
        """Empty if text and JSON are right."""
        if self.text and self.text not in content:
            return f"the text was not found in {page.words}"
        if not self.json:
            return ""
        if not page.is_whole:
            return f"the answer is longer than {page.length:,} bytes (max_body), so it is no whole JSON"
        return _why_not_json(content, self.json)


class Looked(NamedTuple):
    """What is looked at. length: bytes. is_whole: there are no more."""

    length: int
    is_whole: bool

    @property
    def words(self) -> str:
        return f"{self.length:,} bytes" if self.is_whole else f"the first {self.length:,} bytes"


def status_words(status: int) -> str:
    """As "503 Service Unavailable": the standard's words, not the server's, which could say anything."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def parse_status(text: str) -> tuple[tuple[int, int], ...]:
    """As "200-299,401". Raises InvalidValue."""
    found = []
    for part in text.replace(" ", "").split(","):
        match = re.fullmatch(r"([1-9]\d\d)(?:-([1-9]\d\d))?", part)
        if not match or int(match[2] or match[1]) < int(match[1]):
            raise InvalidValue(
                f"expect_status: {shown(part)} is neither a code nor a range; give codes as 200-299,401",
                "expect_status",
            )
        found.append((int(match[1]), int(match[2] or match[1])))
    return tuple(found)


def parse_json_path(text: str) -> JsonPath:
    """As "items[0].ready=true". Raises InvalidValue."""
    path, equals, value = text.partition("=")
    wrong = InvalidValue(
        f"expect_json: {shown(text)} must be PATH=VALUE, as status=ok or items[0].ready=true",
        "expect_json",
    )
    if not equals:
        raise wrong
    steps: list[str | int] = []
    for part in path.strip().split("."):
        match = _STEP.fullmatch(part)
        if not match:
            raise wrong
        steps += [match[1]] if match[1] else []
        steps += [int(one) for one in re.findall(r"\d+", match[2] or match[3] or "")]
    return JsonPath(text, tuple(steps), value.strip())


def _why_not_json(content: str, expected: Sequence[JsonPath]) -> str:
    try:
        document = strict_json.loads(content, DEEPEST)
    except strict_json.NotStrict as error:
        return f"the answer is no JSON: {error}"
    for one in expected:
        found = document
        for at, step in enumerate(one.steps):
            try:
                found = _child(found, step)
            except LookupError:
                return f"the JSON has no {_path(one.steps[: at + 1])}"
        if not _is_equal(found, one.value):
            return f"{_path(one.steps)} in the JSON is {_shown(found)}, not {shortened(one.value)}"
    return ""


def _child(value: Any, step: str | int) -> Any:
    if isinstance(step, int) and isinstance(value, list):
        return value[step]
    if isinstance(step, str) and isinstance(value, dict):
        return value[step]
    raise LookupError


def _is_equal(found: Any, value: str) -> bool:
    if isinstance(found, str):
        return found == value or strict_json.dumps(found) == value
    try:
        wanted = strict_json.loads(value, DEEPEST)
    except strict_json.NotStrict:
        return False
    return (type(wanted) is type(found) and wanted == found) or _are_numbers(wanted, found)


def _are_numbers(one: Any, other: Any) -> bool:
    numbers = (int, float)
    return type(one) in numbers and type(other) in numbers and one == other


def _path(steps: Sequence[str | int]) -> str:
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in steps)
    return shortened(text.removeprefix("."))


def _shown(value: Any) -> str:
    """What stands there, when it is short and plain: an answer may hold secrets and anything else."""
    if isinstance(value, bool | int | float) or value is None:
        return strict_json.dumps(value)
    return (
        shown(value) if isinstance(value, str) else ("a list" if isinstance(value, list) else "an object")
    )
