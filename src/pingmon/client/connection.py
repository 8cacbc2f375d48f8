"""Calls to the daemon over its socket."""

import json
from typing import Any

from jsonrpcclient import Error, Ok, parse, request

from pingmon.api.protocol import MAX_LINE, NOT_STARTED, socket_path
from pingmon.client.answer import answer_of, stranger
from pingmon.client.exchange import MAYBE as MAYBE
from pingmon.client.exchange import CannotReach as CannotReach
from pingmon.client.exchange import Wire
from pingmon.client.patience import patience
from pingmon.text.printable import has_surrogate, why_unprintable


class Refused(Exception):
    """The daemon said no."""


class Interrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C; the message says what has happened by then, and what has not."""


def call(address: str, method: str, params: dict[str, Any], if_interrupted: str = "") -> Any:
    """The method's result. Raises CannotReach, Refused, Interrupted.

    if_interrupted: what to say when it is not known whether it was done.
    """
    with Session(address) as session:
        try:
            return session.call(method, params)
        except KeyboardInterrupt:
            if not if_interrupted:
                raise
            raise Interrupted(session.last_word() or if_interrupted) from None


class Session:
    """One connection for several calls. What the daemon keeps for it is gone when it is closed."""

    def __init__(self, address: str) -> None:
        self._path = socket_path(address)
        self._wire = Wire(self._path)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    def call(self, method: str, params: dict[str, Any]) -> Any:
        """The method's result. Raises CannotReach or Refused."""
        answer = self._wire.exchange(encode(request(method, params), params), patience())
        if not answer:
            raise CannotReach(f"pingmond closed the connection at {self._path}; try again")
        try:
            found: Any = parse(json.loads(answer))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise stranger(self._path) from None
        if isinstance(found, Error):
            if found.code == NOT_STARTED:
                raise CannotReach(str(found.message))
            raise Refused(str(found.message))
        if not isinstance(found, Ok):  # a batch
            raise stranger(self._path)
        return answer_of(found.result, self._path)

    def last_word(self, seconds: float = 1.0) -> str:
        """After an interrupt: what became of the last call if that is known soon, else nothing."""
        try:
            found = json.loads(self._wire.late_answer(seconds) or b"{}")
        except (OSError, ValueError, KeyboardInterrupt):
            return ""
        if "error" in found:
            return f"nothing was done: {found['error'].get('message')}"
        result = found.get("result") or {}
        return f"it was done before: {result.get('id', '')}".rstrip(": ") if result else ""


def encode(question: Any, params: dict[str, Any]) -> bytes:
    """A request as a line, its newline included. Raises Refused, which names the parameter."""
    try:
        line = json.dumps(question, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        name, value = next(one for one in _texts("", params) if has_surrogate(one[1]))
        raise Refused(f"{name or 'a parameter'}: {why_unprintable(value)}; give it in UTF-8") from None
    except (ValueError, TypeError, RecursionError):
        raise Refused("a parameter can't be sent: it holds no JSON value") from None
    if len(line) > MAX_LINE:
        raise Refused(f"the request is longer than {MAX_LINE} bytes")
    return line + b"\n"


def _texts(name: str, value: Any) -> Any:
    """Every string in a value, with the name of the parameter that holds it."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key, key
            yield from _texts(key, one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(name, one)
