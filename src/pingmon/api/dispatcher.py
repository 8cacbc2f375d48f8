"""A request line becomes a call, and its result an answer line (JSON-RPC 2.0)."""

import json
import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

import fastjsonschema
from jsonrpcserver import Error, InvalidParams, Result, Success, dispatch

from pingmon.api import protocol
from pingmon.api.method import Caller, Method
from pingmon.api.openrpc import openrpc
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

    context: what the methods are called with. clean: hides what must not be repeated in an error, such
    as a token in the wrong place.
    """

    def __init__(
        self,
        methods: Iterable[Method],
        context: Any,
        version: str,
        clean: Callable[[str], str] = str,
    ) -> None:
        methods = list(methods)
        document, self._clean = openrpc(methods, version), clean
        self._methods: dict[str, Callable[..., Result]] = {
            one.name: _bind(one, context) for one in methods
        }
        self._methods["rpc.discover"] = lambda _caller, **_: Success(document)

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


def _bind(method: Method, context: Any) -> Callable[..., Result]:
    def run(caller: Caller, *positional: Any, **params: Any) -> Result:
        if positional:
            return InvalidParams({"kind": "invalid", "reason": "give parameters by name"})
        try:
            method.check(params)
            return Success(method(context, caller, **params))
        except PingmonError as error:
            data = {"kind": error.kind, "field": error.field}
            return Error(_CODES.get(type(error), protocol.INTERNAL), str(error), data)
        except Exception:
            log.exception("%s failed", method.name)
            return Error(protocol.INTERNAL, "Internal error", {"kind": "internal", "field": None})

    return run


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
