"""A request becomes a call and its answer a line: validation and dispatch of RPC methods."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import fastjsonschema
import jsonschema
from jsonrpcserver import Error, InvalidParams, Result, Success, dispatch

from pingmon.api import protocol
from pingmon.api.catalogue import METHODS, Method, openrpc
from pingmon.model.errors import (
    Conflict,
    InvalidValue,
    LimitReached,
    NotFound,
    PingmonError,
    Refused,
    Unreachable,
)

log = logging.getLogger(__name__)

DEEPEST = 64  # nesting of a request; ours need four
_STRING, _NO_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"'), re.compile(r"[^][{}]+")

_CODES: dict[type[PingmonError], int] = {
    InvalidValue: protocol.INVALID_PARAMS,
    NotFound: protocol.NOT_FOUND,
    Conflict: protocol.CONFLICT,
    Refused: protocol.REFUSED,
    Unreachable: protocol.UNREACHABLE,
    LimitReached: protocol.LIMIT,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks (SO_PEERCRED)."""

    uid: int
    pid: int


Handler = Callable[..., dict[str, Any]]  # (caller, **params) -> result


_BY_NAME = {method.name: method for method in METHODS}
_SCHEMAS = {
    method.name: {
        "type": "object",
        "properties": dict(method.params),
        "required": list(method.required),
        "additionalProperties": False,
    }
    for method in METHODS
}
# What is right, which is nearly all, is known fifty times as fast by the first; the second has the
# words for what is wrong.
_RIGHT = {name: fastjsonschema.compile(one, use_default=False) for name, one in _SCHEMAS.items()}
_VALIDATORS = {name: jsonschema.Draft7Validator(schema) for name, schema in _SCHEMAS.items()}
_REQUEST = fastjsonschema.compile(
    {
        "type": "object",
        "properties": {
            "jsonrpc": {"enum": ["2.0"]},
            "method": {"type": "string"},
            "id": {"type": ["string", "number", "null"]},
            "params": {"type": ["array", "object"]},
        },
        "required": ["jsonrpc", "method"],
        "additionalProperties": False,
    }
)  # as jsonrpcserver's own


class Dispatcher:
    """Turns one request line into one answer line, empty for notifications.

    clean: hides what must not be repeated in an error, such as a token in the wrong place.
    """

    def __init__(
        self, handlers: Mapping[str, Handler], version: str, clean: Callable[[str], str] = str
    ) -> None:
        self._document, self._clean = openrpc(version), clean
        self._methods: dict[str, Callable[..., Result]] = {
            method.name: _bind(method, handlers[method.name]) for method in METHODS
        }
        self._methods["rpc.discover"] = lambda _caller, **_: Success(self._document)

    def __call__(self, line: str, caller: Caller) -> str:
        if _depth(line) > DEEPEST:
            return error_line(-32700, f"Parse error: nested deeper than {DEEPEST}")
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return error_line(-32700, "Parse error: a request is one line of JSON")
        if not isinstance(request, list) or not request:
            return self._one(request, caller)
        # The library rejects a batch whole; the specification wants an answer for each part.
        answers = [answer for part in request if (answer := self._one(part, caller))]
        return f"[{','.join(answers)}]" if answers else ""

    def _one(self, request: Any, caller: Caller) -> str:
        if not isinstance(request, dict):
            return error_line(protocol.INVALID_REQUEST, "Invalid request: not an object")
        answer: str = dispatch(
            request,
            methods=self._methods,
            context=caller,
            deserializer=lambda parsed: parsed,
            serializer=self._encode,
            validator=_REQUEST,
        )
        return answer

    def _encode(self, answer: Any) -> str:
        if isinstance(answer, dict) and "error" in answer:
            answer = answer | {"error": json.loads(self._clean(_to_json(answer["error"])))}
        return _to_json(answer)


def check_params(name: str, params: dict[str, Any]) -> None:
    """Raises InvalidValue when `params` are not what the method takes."""
    with suppress(fastjsonschema.JsonSchemaValueException):
        _RIGHT[name](params)
        return
    method = _BY_NAME[name]
    for problem in _VALIDATORS[name].iter_errors(params):
        words, field = _words(problem, method)
        raise InvalidValue(words, field)


def _bind(method: Method, call: Handler) -> Callable[..., Result]:
    def run(caller: Caller, *positional: Any, **params: Any) -> Result:
        if positional:
            return InvalidParams({"kind": "invalid", "reason": "give parameters by name"})
        try:
            check_params(method.name, params)
            return Success(call(caller, **params))
        except PingmonError as error:
            data = {"kind": error.kind, "field": error.field}
            return Error(_CODES.get(type(error), protocol.INTERNAL), str(error), data)
        except Exception:
            log.exception("%s failed", method.name)
            return Error(protocol.INTERNAL, "Internal error", {"kind": "internal", "field": None})

    return run


def _words(problem: Any, method: Method) -> tuple[str, str | None]:
    """One clear line and the field that it is about; it never repeats a token."""
    field = str(problem.path[0]) if problem.path else None
    if problem.validator == "required":
        field = next(name for name in method.required if name not in problem.instance)
        return f"{field} is missing", field
    if problem.validator == "additionalProperties":
        field = next(name for name in problem.instance if name not in method.params)
        return f"{method.name} has no parameter {field!r}; it takes {', '.join(method.params)}", field
    if field in ("token", "monitors"):
        return f"{field} is not what it should be", field
    return f"{field}: {problem.message}", field


def _depth(line: str) -> int:
    """How deep a JSON text nests. The parser would recurse that often, on a thread's small stack."""
    if line.count("[") + line.count("{") <= DEEPEST:
        return 0
    depth = deepest = 0
    for bracket in _NO_BRACKET.sub("", _STRING.sub("", line)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _to_json(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def error_line(code: int, words: str) -> str:
    """The answer to what is no request at all."""
    data = {"kind": "invalid", "field": None}
    error = {"code": code, "message": words, "data": data}
    return _to_json({"jsonrpc": "2.0", "error": error, "id": None})
