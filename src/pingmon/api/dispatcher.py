"""A request line becomes a call, and its result an answer line (JSON-RPC 2.0)."""

import json
import logging
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
from pingmon.text import strict_json
from pingmon.text.printable import shortened

log = logging.getLogger(__name__)

DEEPEST = 64  # nesting of a request; ours need four
LONGEST_MESSAGE = 2000  # characters of an error
MOST_PARTS = 1000  # of a batch
MOST_CHARACTERS = 8 << 20  # of the answers to a batch; after so many the rest is not carried out

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
        try:
            request = strict_json.loads(line, DEEPEST)
        except strict_json.NotStrict as error:
            return error_line(protocol.PARSE_ERROR, f"Parse error: {error}")
        if not isinstance(request, list) or not request:
            return self._one(request, caller)
        if len(request) > MOST_PARTS:
            words = f"Invalid request: a batch has at most {MOST_PARTS} parts"
            return error_line(protocol.INVALID_REQUEST, words)
        # The library rejects a batch whole; the specification wants an answer for each part.
        answers, room = list[str](), MOST_CHARACTERS
        for part in request:
            if answer := self._one(part, caller) if room > 0 else _no_room(part):
                answers.append(answer)
                room -= len(answer)
        return f"[{','.join(answers)}]" if answers else ""

    def _one(self, request: Any, caller: Caller) -> str:
        if not isinstance(request, dict):
            return error_line(protocol.INVALID_REQUEST, "Invalid request: not an object")
        try:
            answer: str = dispatch(
                request,
                methods=self._methods,
                context=caller,
                deserializer=lambda parsed: parsed,
                serializer=self._encode,
                validator=_REQUEST,
            )
        except ValueError:  # a result that strict JSON can't say
            log.exception("an answer could not be encoded")
            return error_line(protocol.INTERNAL, "Internal error", "internal", request.get("id"))
        return answer

    def _encode(self, answer: Any) -> str:
        if isinstance(answer, dict) and "error" in answer:
            error = json.loads(self._clean(strict_json.dumps(answer["error"])))
            answer = answer | {"error": _bounded(error)}
        return strict_json.dumps(answer)


def _bounded(error: dict[str, Any]) -> dict[str, Any]:
    """What was given is repeated, but not pages of it. `data` is the name of a method that is unknown."""
    if isinstance(error.get("data"), str):
        error["data"] = shortened(error["data"])
    return error | {"message": shortened(error["message"], LONGEST_MESSAGE)}


def _no_room(part: Any) -> str:
    """The answer to a part of a batch whose answers are too long already; it was not carried out."""
    is_request = isinstance(part, dict)
    if is_request and "id" not in part:
        return ""
    given = part.get("id") if is_request else None
    request_id = given if isinstance(given, str | int | float) else None
    return error_line(protocol.LIMIT, "the answers to this batch are too long", "limit", request_id)


def _bind(method: Method, context: Any) -> Callable[..., Result]:
    def run(caller: Caller, *positional: Any, **params: Any) -> Result:
        if positional:
            return InvalidParams({"kind": "invalid", "reason": "give parameters by name"})
        try:
            method.check(params)
            return Success(method(context, caller, **params))
        except PingmonError as error:
            data = {"kind": error.kind, "field": error.field}
            code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), None)
            return Error(code or protocol.INTERNAL, str(error), data)
        except Exception:
            log.exception("%s failed", method.name)
            return Error(protocol.INTERNAL, "Internal error", {"kind": "internal", "field": None})

    return run


def error_line(code: int, words: str, kind: str = "invalid", request_id: Any = None) -> str:
    """The answer to a line that is no valid request."""
    error = {"code": code, "message": words, "data": {"kind": kind, "field": None}}
    return strict_json.dumps({"jsonrpc": "2.0", "error": error, "id": request_id})
