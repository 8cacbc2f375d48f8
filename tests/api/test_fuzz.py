"""Requests that are nearly right, and bytes that are no requests: each is answered, nothing breaks.

After every burst an ordinary request on the same connection has its own answer.
"""

import json
import logging
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pingmon.api.dispatcher import Dispatcher
from pingmon.api.method import Caller, method
from pingmon.api.protocol import LineReader
from pingmon.api.server import Server
from pingmon.daemon import process_lock
from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon

SECONDS = 60.0  # of the framing
SECONDS_DAEMON = 20.0
BURST = 50  # requests between two that must be answered by their id
SEEDS: list[dict[str, Any]] = [
    {"jsonrpc": "2.0", "method": "echo", "params": {"value": {"a": [1, "дом", None]}}, "id": 1},
    {"jsonrpc": "2.0", "method": "list_mon", "params": {"limit": 10, "chat_id": "@name"}, "id": "x"},
    {"jsonrpc": "2.0", "method": "status", "id": 2.5},
    {"jsonrpc": "2.0", "method": "rpc.discover", "id": None},
    {"jsonrpc": "2.0", "method": "del_mon", "params": {"id": "0000-ffff"}, "id": 3},
    {
        "jsonrpc": "2.0",
        "method": "import_mon",
        "params": {
            "monitors": [{"ip_address": "10.0.0.1", "chat_id": 1001, "token": TOKEN, "name": "дом 🏠"}],
            "verify": False,
            "dry_run": True,
        },
        "id": 4,
    },
    {
        "jsonrpc": "2.0",
        "method": "add_mon",
        "params": {"ip_address": "x", "chat_id": -1002, "token": TOKEN, "thread_id": 1, "verify": False},
        "id": 5,
    },
]
ODD: list[Any] = [
    *("NaN", "-Infinity", "1e999", "-1e999", "1" * 5000, "1e-999", "-0", "9" * 30, "true", "null"),
    *(r'"\ud800"', r'"\udfff\ud800"', r'"\u0000"', '"\\u202e"', '"\x7f"', '""', '"' + "a" * 5000 + '"'),
    *("[" * 70 + "]" * 70, "[]", "{}", '{"a":1,"a":2}', '{"\\ud800":1}', "[[[]]]", '"2.0"', "1.0", "'a'"),
    *('"__class__"', '{"jsonrpc":"2.0"}', '"123456789:AAHsecret"', "\ufeff", '"\u2028"', "/**/"),
]


def mutated(numbers: random.Random) -> bytes:
    """One line, without its newline."""
    text = json.dumps(numbers.choice(SEEDS), ensure_ascii=numbers.random() < 0.5)
    kind = numbers.randrange(6)
    if kind == 0:  # one value is another one
        parts = text.split(": ")
        at = numbers.randrange(1, len(parts))
        rest = parts[at].find(",") if "," in parts[at] else parts[at].find("}")
        parts[at] = numbers.choice(ODD) + parts[at][rest:]
        text = ": ".join(parts)
    elif kind == 1:  # a key is there twice, or another one
        text = (
            "{"
            + f'"{numbers.choice(["id", "method", "params", "jsonrpc", "x"])}": '
            + (numbers.choice(ODD) + ", " + text[1:])
        )
    elif kind == 2:
        text = (
            "["
            + ",".join([text, numbers.choice(ODD), numbers.choice(ODD)][: numbers.randrange(1, 4)])
            + "]"
        )
    elif kind == 3:
        text = numbers.choice(ODD)
    line = bytearray(text.encode())
    for _ in range(numbers.choice((0, 0, 1, 1, 2, 8)) if kind >= 3 else 0):
        at = numbers.randrange(len(line)) if line else 0
        change = numbers.randrange(3)
        if change == 0 and line:
            line[at] = numbers.randrange(256)
        elif change == 1:
            line[at:at] = numbers.choice((b"\\ud83d", b"\xff", b"[{", b'"', b"\\", b"e9", b"\0", b"\r"))
        else:
            del line[at : at + numbers.randrange(1, 9)]
    return bytes(line).replace(b"\n", b" ")


def fuzz(path: str, seconds: float, seed: int) -> int:
    """How many requests were sent. Each answer is strict JSON with either a result or an error."""
    numbers, sent, end = random.Random(seed), 0, time.monotonic() + seconds
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        sock.connect(path)
        reader = LineReader(sock, limit=None)
        while time.monotonic() < end:
            burst = b"\n".join(mutated(numbers) for _ in range(BURST))
            cut = numbers.randrange(len(burst))  # wherever the kernel would cut it
            mark = f"mark {sent}"
            question = json.dumps({"jsonrpc": "2.0", "method": "status", "id": mark})
            sock.sendall(burst[:cut])
            sock.sendall(burst[cut:] + f"\n{question}\n".encode())
            sent += BURST
            while True:
                line = reader.read()
                assert line is not None, f"the connection was closed after {sent} requests, seed {seed}"
                answer = json.loads(line, parse_constant=pytest.fail)
                if isinstance(answer, dict) and answer["id"] == mark:
                    assert "result" in answer
                    break
                for one in answer if isinstance(answer, list) else [answer]:
                    assert ("result" in one) != ("error" in one)
    return sent


@method("What it is given.", {"value": {}}, {"type": "object"})
def echo(_context: None, _caller: Caller, *, value: Any = None) -> dict[str, Any]:
    return {"value": value}


@method("A method without parameters.", {}, {"type": "object"})
def status(_context: None, _caller: Caller) -> dict[str, Any]:
    return {}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    path = str(tmp_path / "socket")
    listener = process_lock.listen(path)
    made = Server(listener, Dispatcher([echo, status], None, "0"))
    made.start()
    yield path
    made.stop()
    listener.close()


@pytest.mark.long
@pytest.mark.timeout(180)
def test_a_minute_of_mutated_requests_never_ends_a_connection(
    server: str, caplog: pytest.LogCaptureFixture
) -> None:
    seed = time.time_ns()
    sent = fuzz(server, SECONDS, seed)
    errors = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert sent > 1000 and not errors, f"seed {seed}: {errors}"


def test_the_daemon_answers_mutated_requests_without_a_traceback(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    seed = time.time_ns()
    assert fuzz(str(pingmon.socket), SECONDS_DAEMON, seed) > 500, seed
    said = pingmon.log.read_text()
    assert "Traceback" not in said and "failed" not in said, f"seed {seed}: {said}"
    assert pingmon.stop() == 0
