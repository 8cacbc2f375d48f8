"""The server over a real socket, with the methods of the JSON-RPC 2.0 specification's examples."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonrpcserver import Success

from pingmon.api.connection_state import ConnectionState
from pingmon.api.dispatcher import Dispatcher
from pingmon.api.method import Caller, method
from pingmon.api.protocol import LineReader
from pingmon.api.server import Server
from pingmon.daemon import process_lock
from pingmon.model.errors import NotFound

# (request, answer) from section 7 of the specification; None: nothing comes back
EXAMPLES: list[tuple[str, Any]] = [
    ('{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}', 19),
    ('{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}', -19),
    (
        '{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
        19,
    ),
    ('{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}', None),
    ('{"jsonrpc": "2.0", "method": "foobar"}', None),
    ('[{"jsonrpc": "2.0", "method": "update", "params": [1]}]', None),
]
BATCH = """[
{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
{"jsonrpc": "2.0", "method": "update", "params": [7]},
{"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
{"foo": "boo"},
{"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
{"jsonrpc": "2.0", "method": "get_data", "id": "9"} ]""".replace("\n", " ")


@method("A method without parameters.", {}, {"type": "object"})
def status(_context: None, _caller: Caller) -> dict[str, Any]:
    return {}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[socket.socket]:
    dispatcher = Dispatcher([status], None, "0")
    dispatcher._methods |= {
        "subtract": lambda _caller, minuend, subtrahend: Success(minuend - subtrahend),
        "sum": lambda _caller, *numbers: Success(sum(numbers)),
        "update": lambda _caller, *_: Success(None),
        "get_data": lambda _caller: Success(["hello", 5]),
    }
    path = str(tmp_path / "socket")
    listener = process_lock.listen(path)
    server = Server(listener, dispatcher)
    server.start()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(path)
        yield sock
    server.stop()
    listener.close()


def test_the_specifications_examples(client: socket.socket) -> None:
    reader = LineReader(client)
    for request, expected in EXAMPLES:
        client.sendall(request.encode() + b"\n")
        if expected is not None:
            assert json.loads(reader.read() or b"")["result"] == expected
    client.sendall(BATCH.encode() + b"\n")
    answers = json.loads(reader.read() or b"")
    assert [one.get("result", one.get("error", {}).get("code")) for one in answers] == [
        7,
        19,
        -32600,
        -32601,
        ["hello", 5],
    ]
    assert [one["id"] for one in answers] == ["1", "2", None, "5", "9"]


@pytest.mark.parametrize("opener", ["[", '{"a":', '[{"a":'])
def test_deep_nesting_is_refused_before_it_is_parsed(client: socket.socket, opener: str) -> None:
    client.sendall((opener * 20_000).encode() + b"\n")
    assert json.loads(LineReader(client).read() or b"")["error"]["code"] == -32700


def test_brackets_in_strings_do_not_nest(client: socket.socket) -> None:
    text = json.dumps('\\"[{' * 1000)
    client.sendall(f'{{"jsonrpc":"2.0","method":"status","params":{{"x":{text}}},"id":1}}\n'.encode())
    assert json.loads(LineReader(client).read() or b"")["error"]["code"] == -32602


def test_an_internal_error_tells_nothing() -> None:
    @method("It fails.", {}, {"type": "object"})
    def fail(_context: None, _caller: Caller) -> dict[str, Any]:
        raise ValueError("a secret")

    dispatcher = Dispatcher([fail], None, "0")
    answer = dispatcher('{"jsonrpc":"2.0","method":"fail","id":1}', Caller(0, 1))
    assert "secret" not in answer and json.loads(answer)["error"]["code"] == -32603


def test_a_stale_socket_file_is_replaced_a_live_one_is_not(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    process_lock.listen(path).close()
    listener = process_lock.listen(path)
    assert Path(path).stat().st_mode & 0o777 == 0o660
    with pytest.raises(process_lock.AlreadyRunning, match="process"):
        process_lock.listen(path)
    listener.close()


def test_a_whole_number_may_be_written_with_a_point() -> None:
    seen = []

    @method("It sees what it is given.", {"limit": {"type": "integer"}, "wait": {"type": "number"}}, {})
    def look(_context: None, _caller: Caller, **params: Any) -> dict[str, Any]:
        seen.append(params)
        return {}

    line = '{"jsonrpc":"2.0","method":"look","params":{"limit":3.0,"wait":3.0},"id":1}'
    assert "result" in json.loads(Dispatcher([look], None, "0")(line, Caller(0, 1)))
    assert [(type(one["limit"]), type(one["wait"])) for one in seen] == [(int, float)]


@pytest.mark.parametrize(
    "line",
    [
        '{"jsonrpc":"2.0","method":"status","id":NaN}',
        '{"jsonrpc":"2.0","method":"status","id":1e999}',
        r'{"jsonrpc":"2.0","method":"status","id":"\ud800"}',
        r'{"jsonrpc":"2.0","method":"\ud800","id":1}',
        r'{"jsonrpc":"2.0","method":"status","params":{"\ud800":1},"id":1}',
        '{"jsonrpc":"2.0","method":"status","id":1,"id":2}',
        '{"jsonrpc":"2.0","method":"status","params":{"a":Infinity},"id":1}',
        "[" * 65 + "]" * 65,
        "\ufeff{}",
    ],
)
def test_json_is_strict_and_the_connection_lives_on(client: socket.socket, line: str) -> None:
    reader = LineReader(client)
    client.sendall(line.encode() + b'\n{"jsonrpc":"2.0","method":"status","id":"next"}\n')
    refused, answered = json.loads(reader.read() or b""), json.loads(reader.read() or b"")
    assert refused["error"]["code"] == -32700 and refused["error"]["data"]["kind"] == "invalid"
    assert answered == {"jsonrpc": "2.0", "result": {}, "id": "next"}


def test_a_result_that_json_can_not_say_is_an_internal_error() -> None:
    @method("Not a number.", {}, {"type": "object"})
    def loss(_context: None, _caller: Caller) -> dict[str, Any]:
        return {"loss": float("nan")}

    answer = json.loads(
        Dispatcher([loss], None, "0")('{"jsonrpc":"2.0","method":"loss","id":7}', Caller(0, 1))
    )
    assert answer["error"]["code"] == -32603 and answer["id"] == 7


def test_the_answers_to_a_batch_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    @method("A long answer.", {}, {"type": "object"})
    def tell(_context: None, _caller: Caller) -> dict[str, Any]:
        calls.append(1)
        return {"text": "x" * 1000}

    monkeypatch.setattr("pingmon.api.dispatcher.MOST_CHARACTERS", 3000)
    dispatcher = Dispatcher([tell], None, "0")
    parts = [f'{{"jsonrpc":"2.0","method":"tell","id":{number}}}' for number in range(10)]
    answers = json.loads(dispatcher(f"[{','.join(parts)}]", Caller(0, 1)))
    assert [one["id"] for one in answers] == list(range(10)) and len(calls) == 3
    assert {one["error"]["code"] for one in answers[3:]} == {-32005}
    answer = json.loads(dispatcher(f"[{','.join(parts * 101)}]", Caller(0, 1)))
    assert answer["error"]["code"] == -32600 and len(calls) == 3


def test_an_error_of_a_special_kind_has_the_code_of_its_kind() -> None:
    class NoSuchThing(NotFound):
        pass

    @method("It finds nothing.", {}, {"type": "object"})
    def find(_context: None, _caller: Caller) -> dict[str, Any]:
        raise NoSuchThing("x")

    answer = Dispatcher([find], None, "0")('{"jsonrpc":"2.0","method":"find","id":1}', Caller(0, 1))
    assert json.loads(answer)["error"]["code"] == -32001


def test_no_part_of_a_secret_is_repeated() -> None:
    run = method("", {"key": {"type": "array", "items": {"type": "string"}}}, {}, secrets=("key",))(dict)
    for wrong in ([["canary"]], [{"canary": 1}], [1, 2, "canary", 77123], "canary"):
        words = " ".join(str(one) for one in run.problems({"key": wrong}))
        assert words.startswith("key") and "canary" not in words and "77123" not in words


def test_thousands_of_wrong_parameters_cost_no_more_than_the_first() -> None:
    params = ",".join(f'"k{i}":1' for i in range(50_000))
    began = time.process_time()
    answer = Dispatcher([status], None, "0")(
        f'{{"jsonrpc":"2.0","method":"status","params":{{{params}}},"id":1}}', Caller(0, 1)
    )
    assert json.loads(answer)["error"]["code"] == -32602
    assert time.process_time() - began < 3.0


def test_what_is_kept_for_a_connection_is_let_go_once() -> None:
    state, ended = ConnectionState(), list[ConnectionState]()
    for _ in range(3):
        state.on_close(ended.append)
    state.close()
    state.close()
    assert ended == [state]
