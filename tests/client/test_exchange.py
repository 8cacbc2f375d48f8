"""When no answer comes: what is said, how soon, and with which exit status."""

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pingmon.client import exchange, service_state
from pingmon.client.exchange import CannotReach
from pingmon.client.exit_status import CANNOT_REACH
from pingmon.client.service_state import Phase, ServiceState
from tests.client.test_no_traceback import ctl
from tests.support.lab import Lab, Pingmon

ADD = ("add-mon", "--chat_id", "1001", "--ip_address", "10.0.0.1")
NOT_STARTED = (
    b'{"jsonrpc": "2.0", "error": {"code": -32000, "message": "pingmond can\'t start: x: damaged", '
    b'"data": {"kind": "not_started"}}, "id": null}\n'
)


def serve(path: Path, handle: Callable[[socket.socket, int], None]) -> socket.socket:
    """A listener; `handle` gets each connection and its number."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(100)

    def accept() -> None:
        for number in range(1000):
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=handle, args=(connection, number), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener


def wait_in_vain(path: Path, seconds: float) -> str:
    began = time.monotonic()
    with pytest.raises(CannotReach) as raised:
        exchange.exchange(str(path), b"{}\n", seconds)
    assert time.monotonic() - began < min(seconds, 10) + 1
    return str(raised.value)


@pytest.mark.timeout(90)
def test_a_frozen_daemon_is_said_within_ten_seconds(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    assert pingmon.daemon is not None
    pingmon.daemon.send_signal(signal.SIGSTOP)
    for command, most in ((("status",), 10), (ADD, 10), (("status", "--wait", "2"), 2.5)):
        began = time.monotonic()
        done = ctl(pingmon.socket, *command)
        assert done.returncode == CANNOT_REACH and b"is frozen" in done.stderr, done
        assert time.monotonic() - began < most
    pingmon.daemon.send_signal(signal.SIGCONT)
    assert ctl(pingmon.socket, "status").returncode == 0


def test_a_slow_answer_is_waited_for_while_the_daemon_answers_others(tmp_path: Path) -> None:
    def slow_first(connection: socket.socket, number: int) -> None:
        connection.recv(100)
        if number == 0:
            time.sleep(2.5)
        connection.sendall(b"{}\n")

    with serve(tmp_path / "s", slow_first):
        assert exchange.exchange(str(tmp_path / "s"), b"{}\n", 3.0) == b"{}"


def test_what_is_longer_than_the_queue_is_sent_while_it_is_read(tmp_path: Path) -> None:
    got: list[int] = []

    def read_slowly(connection: socket.socket, number: int) -> None:
        if number == 0:
            time.sleep(2)
            with connection.makefile("rb") as file:
                got.append(len(file.readline()))
        connection.sendall(b"{}\n")

    with serve(tmp_path / "s", read_slowly):
        line = b"x" * 3_000_000 + b"\n"
        assert exchange.exchange(str(tmp_path / "s"), line, 2.5) == b"{}"
    assert got == [len(line)]


def test_a_daemon_that_can_not_start_can_not_be_reached(tmp_path: Path) -> None:
    """Also when it hangs up while a long request is on its way."""

    def refuse(connection: socket.socket, _number: int) -> None:
        with connection:
            connection.sendall(NOT_STARTED)
            connection.recv(100)

    rows = "".join(f"10.0.{one // 250}.{one % 250 + 1},1001\n" for one in range(9000))
    (tmp_path / "long.csv").write_text(f"ip_address,chat_id\n{rows}")
    with serve(tmp_path / "s", refuse):
        for command in (("status",), ADD, ("import", str(tmp_path / "long.csv"))):
            done = ctl(tmp_path / "s", *command)
            assert done.returncode == CANNOT_REACH, done
            assert b"pingmond can't start: x: damaged" in done.stderr


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ServiceState("pingmond does not start: its configuration is wrong", Phase.GONE), "not start"),
        (ServiceState("pingmond is starting", Phase.PASSES), "gave no answer within 2 s"),
        (ServiceState("pingmond is starting", Phase.PASSES), "pingmond is starting"),
        (ServiceState("pingmond runs", Phase.RUNS), "is frozen"),
        (None, "is frozen"),
    ],
)
def test_what_systemd_knows_decides_whether_waiting_is_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: ServiceState | None, words: str
) -> None:
    monkeypatch.setattr(exchange, "DEFAULT_SOCKET", str(tmp_path / "s"))
    monkeypatch.setattr(service_state, "service_state", lambda: state)
    with serve(tmp_path / "s", lambda *_: time.sleep(5)):
        said = wait_in_vain(tmp_path / "s", 2.0)
    assert words in said
    if state and state.phase is Phase.RUNS:
        assert "journalctl -u pingmon" in said


def test_a_service_that_was_stopped_is_called_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "DEFAULT_SOCKET", str(tmp_path / "none"))
    shown = "LoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\nExecMainStatus=0\n"
    done = subprocess.CompletedProcess([], 0, shown, "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    assert wait_in_vain(tmp_path / "none", 1.0) == "pingmond is stopped (systemctl start pingmon)"


def test_who_is_hung_up_on_hears_what_became_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [
        ServiceState("pingmond is being stopped", Phase.PASSES),
        ServiceState("pingmond does not start: x", Phase.GONE),
    ]
    monkeypatch.setattr(exchange, "DEFAULT_SOCKET", str(tmp_path / "s"))
    monkeypatch.setattr(service_state, "service_state", lambda: states.pop(0))

    def hang_up(connection: socket.socket, _number: int) -> None:
        with connection:
            connection.recv(100)

    with serve(tmp_path / "s", hang_up):
        assert wait_in_vain(tmp_path / "s", 2.0) == "pingmond does not start: x"
        states.append(ServiceState("pingmond runs", Phase.RUNS))  # it was started again meanwhile
        assert not exchange.exchange(str(tmp_path / "s"), b"{}\n", 2.0)


@pytest.mark.parametrize("seconds", ["-5", "0", "1e10", "1e300"])
def test_no_number_of_seconds_is_too_much(tmp_path: Path, seconds: str) -> None:
    def answer(connection: socket.socket, _number: int) -> None:
        connection.recv(100)
        connection.sendall(b'{"jsonrpc": "2.0", "error": {"code": -1, "message": "no"}, "id": 1}\n')

    with serve(tmp_path / "s", answer):
        done = ctl(tmp_path / "s", "status", "--wait", seconds)
    assert done.returncode == 1 or (done.returncode == CANNOT_REACH and float(seconds) <= 0), done


def test_a_full_queue_is_waited_for(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(str(tmp_path / "s"))
        listener.listen(0)
        first.connect(str(tmp_path / "s"))

        def answer_all() -> None:
            time.sleep(0.5)
            for _ in range(2):
                connection = listener.accept()[0]
                with connection:
                    connection.sendall(b"{}\n")

        answering = threading.Thread(target=answer_all)
        answering.start()
        assert exchange.exchange(str(tmp_path / "s"), b"{}\n", 5.0) == b"{}"
        answering.join()
