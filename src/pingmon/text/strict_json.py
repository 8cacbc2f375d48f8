"""JSON as RFC 8259 has it, and I-JSON (RFC 7493) for what that leaves open.

Python's parser takes NaN and Infinity, reads 1e999 as infinity, keeps the last of two equal keys and
makes strings that can't be encoded from lone surrogates. All four are refused here.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any

from pingmon.text.printable import UNPRINTABLE, has_surrogate

MOST_DIGITS = 300  # of a whole number; with more it is no double-precision number any more
# A string that does not end reaches to the end of the text: were it tried from each of its quotes, that
# would take time with the square of its length, and the whole process waits for a regular expression.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NO_BRACKET = re.compile(r"[^][{}]+")
_SURROGATE = "a string holds half of a surrogate pair"
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class NotStrict(ValueError):
    """What is no JSON, or not strictly so, in words; it repeats no value."""


def loads(text: str, deepest: int) -> Any:
    """Raises NotStrict. deepest: how far it may nest."""
    # The parser recurses as deep as the text nests, on a thread's small stack.
    if depth(text, deepest) > deepest:
        raise NotStrict(f"nested deeper than {deepest}")
    value = _parsed(lambda: _DECODER.decode(text))
    if _ESCAPED_SURROGATE.search(text) and _any_surrogate(value):
        raise NotStrict(_SURROGATE)
    return value


def scan(text: str, start: int) -> tuple[Any, int]:
    """The value that begins at `start`, and where it ends. Raises NotStrict.

    How deep `text` nests must be known before.
    """
    value, end = _parsed(lambda: _DECODER.raw_decode(text, start))
    if _ESCAPED_SURROGATE.search(text, start, end) and _any_surrogate(value):
        raise NotStrict(_SURROGATE)
    return value, end


def dumps(value: Any) -> str:
    """In one line, readable. Raises ValueError for what strict JSON can't say."""
    return _ENCODER.encode(value)


def dumps_for_terminal(value: Any) -> str:
    r"""As `dumps`; characters that a terminal would obey are written as \uXXXX, which means the same."""
    text = json.dumps(value, ensure_ascii=False)
    return UNPRINTABLE.sub(lambda found: json.dumps(found.group())[1:-1], text)


def depth(text: str, enough: int) -> int:
    """How deep a JSON text nests. enough: if it has no more brackets than these, 0 will do."""
    if text.count("[") + text.count("{") <= enough:
        return 0
    level = deepest = 0
    for bracket in _NO_BRACKET.sub("", _STRING.sub("", text)):
        level += 1 if bracket in "[{" else -1
        deepest = max(deepest, level)
    return deepest


def _parsed(parse: Callable[[], Any]) -> Any:
    try:
        return parse()
    except NotStrict:
        raise
    except json.JSONDecodeError as error:
        raise NotStrict(f"{error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError):
        raise NotStrict("a number has too many digits") from None


def _any_surrogate(value: Any) -> bool:
    if isinstance(value, str):
        return has_surrogate(value)
    if isinstance(value, dict):
        return any(has_surrogate(key) or _any_surrogate(one) for key, one in value.items())
    if isinstance(value, list | tuple):
        return any(_any_surrogate(one) for one in value)
    return False


def _constant(name: str) -> Any:
    raise NotStrict(f"{name} is no JSON number")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotStrict("a number is too large")
    return value


def _int(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise NotStrict("a number has too many digits")
    return int(text)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrict("an object has the same key twice")
    return found


_DECODER = json.JSONDecoder(
    parse_constant=_constant, parse_float=_float, parse_int=_int, object_pairs_hook=_pairs
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
