"""JSON Schema as the one validation technique: what is wrong, each in one clear line, with its place.

Used for parameters of methods and for the configuration file. Beside the keywords of draft 7, a schema
may have `words`: what its value must be, as people say it, in place of a pattern.
"""

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema

from pingmon.text.printable import shortened

Schema = dict[str, Any]
IS_MISSING = "is missing"


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """place: keys that lead to the value, joined by dots; empty for the whole. words: what is wrong."""

    place: str
    words: str


class Validator:
    """noun: what a key is called in errors. secrets: places whose values no error may repeat, nor what
    is in them; of a table of which some places are named only these.
    """

    def __init__(self, schema: Schema, noun: str = "setting", secrets: Collection[str] = ()) -> None:
        self._validator: Any = jsonschema.Draft7Validator(schema)
        self._noun, self._secrets = noun, frozenset(secrets)

    def problems(self, value: Any) -> Iterator[SchemaProblem]:
        """All that is wrong, in the order of the schema; nothing twice. Each is looked for when asked."""
        found = set[SchemaProblem]()
        for error in self._validator.iter_errors(value):
            for one in self._problems_of(error):
                if one not in found:
                    found.add(one)
                    yield one

    def _problems_of(self, error: Any) -> Iterator[SchemaProblem]:
        place = ".".join(shortened(str(one)) for one in error.absolute_path)
        if error.validator == "required":
            for name in error.validator_value:
                if name not in error.instance:
                    yield SchemaProblem(_below(place, name), IS_MISSING)
        elif error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            for name in error.instance:
                if name not in known:
                    yield SchemaProblem(_below(place, name), f"no such {self._noun}{_hint(name, known)}")
        else:
            yield SchemaProblem(place, _words(error, self._is_secret(place)))

    def _is_secret(self, place: str) -> bool:
        keys = place.split(".")
        above = {".".join(keys[:length]) for length in range(1, len(keys))} & self._secrets
        return place in self._secrets or any(
            not any(one.startswith(f"{table}.") for one in self._secrets) for table in above
        )


def _words(error: Any, is_secret: bool) -> str:
    """What is wrong with one value, which is not repeated if it is secret."""
    value, wanted = error.instance, error.validator_value
    whole = repr(value)
    shown = "" if is_secret or isinstance(value, dict) else shortened(whole)
    if "words" in error.schema:
        return f"{error.schema['words']}, not {shown}" if shown else str(error.schema["words"])
    if error.validator == "type":
        kind = _TYPES[wanted if isinstance(wanted, str) else wanted[0]]
        return f"{shown} is not {kind}".lstrip()
    if is_secret:
        return "is not what it should be"
    if error.validator == "enum":
        return f"{shown} is none of {', '.join(str(one) for one in wanted if one != '')}"
    return str(error.message).replace(whole, shortened(whole))


def _below(place: str, name: str) -> str:
    name = shortened(name)
    return f"{place}.{name}" if place else name


def _hint(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, names := sorted(known), 1)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(names)}"


_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "null",
}
