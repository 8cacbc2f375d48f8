"""What was given is repeated in errors, but never more of it than people read."""

import json
from typing import Any

from pingmon.api.dispatcher import Dispatcher
from pingmon.api.method import Caller, Method
from pingmon.daemon.application import Application
from pingmon.handlers import METHODS
from pingmon.model.redaction import redact
from tests.operations.test_import_plan import NAMED, Client, row

LONG = "x" * 20_000
MOST = 1200  # characters of an answer; names of all parameters or monitors may be in it
WRONG: tuple[Any, ...] = (LONG, f"{LONG}={LONG}", [LONG], [LONG] * 2, {LONG: 1}, 10**300, f"FREQ={LONG}")


def answer(application: Application, method: str, /, **params: Any) -> str:
    dispatch = Dispatcher(METHODS, application.context, "0", redact)
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return dispatch(json.dumps(request), Caller(0, 1))


def right(method: Method) -> dict[str, Any]:
    """What it must have, of the monitor that is there."""
    known = {"id": "10.0.0.1", "ip_address": "10.0.0.9", "chat_id": "1001", "token": "1:A", "for": "1h"}
    known |= {"state": "up"}
    return {name: known[name] for name in {*method.required, "for"} & known.keys() & method.params.keys()}


def test_no_error_of_any_method_repeats_pages_of_a_wrong_value(application: Application) -> None:
    Client(application)("add_mon", **row(1), verify=False)
    long = dict[tuple[str, str], str]()
    for name, method in NAMED.items():
        for parameter in (*method.params, LONG):
            for value in WRONG:
                said = answer(application, name, **right(method) | {parameter: value})
                if len(said) >= MOST and "error" in json.loads(said):
                    long[name, parameter[:20]] = said[:300]
    assert long == {}


def test_unknown_methods_are_not_repeated_whole(application: Application) -> None:
    said = answer(application, LONG)
    assert json.loads(said)["error"]["code"] == -32601 and len(said) < 300
