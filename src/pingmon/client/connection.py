"""One call to the daemon over its socket."""

import json
from typing import Any

from jsonrpcclient import Error, Ok, parse, request

from pingmon.api.protocol import MAX_LINE, NOT_STARTED, socket_path
from pingmon.client.answer import answer_of, stranger
from pingmon.client.exchange import CannotReach as CannotReach
from pingmon.client.exchange import exchange
from pingmon.client.patience import patience
from pingmon.text.printable import has_surrogate, why_unprintable


class Refused(Exception):
    """The daemon said no."""


def call(address: str, method: str, params: dict[str, Any]) -> Any:
    """The method's result. Raises CannotReach or Refused."""
    line = encode(request(method, params), params)
    path = socket_path(address)
    answer = exchange(path, line, patience(method))
    if not answer:
        raise CannotReach(f"pingmond closed the connection at {path}; try again")
    try:
        found: Any = parse(json.loads(answer))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise stranger(path) from None
    if isinstance(found, Error):
        if found.code == NOT_STARTED:
            raise CannotReach(str(found.message))
        raise Refused(str(found.message))
    if not isinstance(found, Ok):  # a batch
        raise stranger(path)
    return answer_of(found.result, path)


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
