"""The API over the real socket of the real daemon, as an attacker would use it."""

import json
import socket

import jsonschema
import pytest

from tests.support.lab import Lab, Pingmon


def exchange(pingmon: Pingmon, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(str(pingmon.socket))
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused midway: the answer is there all the same
        received = b""
        while chunk := sock.recv(65536):
            received += chunk
        return received


def request(method: str, number: int, params: object = None) -> bytes:
    call = {"jsonrpc": "2.0", "method": method, "id": number}
    return json.dumps(call if params is None else call | {"params": params}).encode() + b"\n"


def code(answer: bytes) -> int:
    number: int = json.loads(answer)["error"]["code"]
    return number


@pytest.mark.usefixtures("lab")
def test_the_protocol_on_the_real_socket(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    # The specification's own error examples (JSON-RPC 2.0, section 7)
    assert code(exchange(pingmon, b'{"jsonrpc": "2.0", "method": "foobar", "id": "1"}\n')) == -32601
    assert code(exchange(pingmon, b'{"jsonrpc": "2.0", "method": "foobar, "params": "bar"]\n')) == -32700
    assert code(exchange(pingmon, b'{"jsonrpc": "2.0", "method": 1, "params": "bar"}\n')) == -32600
    assert code(exchange(pingmon, b"[]\n")) == -32600
    assert [one["error"]["code"] for one in json.loads(exchange(pingmon, b"[1,2,3]\n"))] == [-32600] * 3
    assert exchange(pingmon, b'{"jsonrpc": "2.0", "method": "status"}\n') == b""
    # Framing: the last line may be ended by half-close; answers come in order
    two = exchange(pingmon, request("status", 1) + request("status", 2)[:-1])
    assert [json.loads(line)["id"] for line in two.splitlines()] == [1, 2]
    # Garbage
    assert code(exchange(pingmon, b"\xff\xfe\x00garbage\n")) == -32700
    assert code(exchange(pingmon, b"[" * 200_000 + b"\n")) in (-32700, -32600)
    assert code(exchange(pingmon, b"x" * ((1 << 20) + 1))) == -32600
    assert code(exchange(pingmon, request("del_mon", 1, ["x"]))) == -32602
    unknown = json.loads(exchange(pingmon, request("del_mon", 1, {"ib": 1})))
    assert unknown["error"]["code"] == -32602 and unknown["error"]["data"]["field"] in ("id", "ib")
    found = json.loads(exchange(pingmon, request("rpc.discover", 1)))
    assert {"add_mon", "del_mon", "list_mon", "status"} <= {m["name"] for m in found["result"]["methods"]}
    for method in found["result"]["methods"]:
        for parameter in method["params"]:
            jsonschema.Draft7Validator.check_schema(parameter["schema"])


def test_1000_idle_connections_and_a_slow_client_harm_nobody(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    held = []
    for _ in range(1000):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(pingmon.socket))
        sock.settimeout(5)
        held.append(sock)
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(str(pingmon.socket))
        slow.sendall(b'{"jsonrpc":')
        assert pingmon.ctl("status").returncode == 0
        slow.sendall(b'"2.0","method":"status","id":7}\n')
        assert json.loads(slow.recv(65536))["id"] == 7
    for sock in held:
        sock.close()
    assert pingmon.ctl("status").returncode == 0
    assert pingmon.stop() == 0
