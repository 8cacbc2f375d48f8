"""Connections to real sockets of this machine: what a server sees, and what is told of it."""

import asyncio
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, cast

import pytest

from pingmon.model.errors import InvalidValue
from pingmon.model.probe_result import Outcome
from pingmon.probes.paced.answer import Answer
from pingmon.probes.paced.target import PacedProbe, PacedTarget
from pingmon.probes.tcp import connects
from pingmon.probes.tcp.connects import ConnectRunner
from pingmon.probes.tcp.probe import TcpProbe
from tests.support.conversations import Watch, watching

A = "127.0.0.1"


@pytest.fixture
def tcp() -> Iterator[Watch]:
    with watching("tcp") as watch:
        yield watch


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server((A, 0)) as made:
        yield made


def port_of(one: socket.socket) -> int:
    return int(one.getsockname()[1])


def closed_port() -> int:
    with socket.create_server((A, 0)) as made:
        return port_of(made)


def test_a_port_that_takes_connections_is_a_reply_and_the_server_sees_a_clean_end(
    tcp: Watch, server: socket.socket
) -> None:
    seen = tcp(A, port=port_of(server))
    server.settimeout(10)
    accepted, _ = server.accept()
    accepted.settimeout(10)
    assert accepted.recv(100) == b""  # an end, no reset
    accepted.close()
    found = seen.first()
    assert found.outcome is Outcome.REPLY and found.rtt is not None and 0 < found.rtt < 0.5
    assert seen.target.last_rtt == found.rtt


def test_of_thousands_a_minute_the_rest_is_reset(
    tcp: Watch, server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connects, "POLITE", 0.5)
    seen = tcp(A, port=port_of(server))
    assert seen.first().outcome is Outcome.REPLY
    server.settimeout(10)
    accepted, _ = server.accept()
    accepted.settimeout(10)
    with pytest.raises(ConnectionResetError):
        accepted.recv(100)


def test_a_port_that_is_closed_is_an_error_of_the_other_side(tcp: Watch) -> None:
    found = tcp(A, port=closed_port()).first()
    assert (found.outcome, found.detail) == (Outcome.ERROR, "connection refused")
    assert found.is_loss and found.kind == "" and found.rtt is None


def test_a_port_that_is_closed_is_up_when_that_is_wanted(tcp: Watch) -> None:
    found = tcp(A, port=closed_port(), closed_is_up=True).first()
    assert found.outcome is Outcome.REPLY and found.rtt is not None and 0 <= found.rtt < 0.5


def test_a_server_that_does_not_accept_is_up_as_the_kernel_connects(
    tcp: Watch, server: socket.socket
) -> None:
    seen = tcp(A, port=port_of(server))
    assert [one.outcome for one in seen.results(3)] == [Outcome.REPLY] * 3


def test_a_full_queue_of_a_server_is_a_timeout(tcp: Watch) -> None:
    with socket.create_server((A, 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        found = tcp(A, port=port_of(full), timeout=0.5).first()
        assert (found.outcome, found.detail) == (Outcome.TIMEOUT, "")
        for one in waiting:
            one.close()


def test_a_server_that_resets_at_once_took_the_connection(tcp: Watch, server: socket.socket) -> None:
    def reset() -> None:
        accepted, _ = server.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, connects._RESET)
        accepted.close()

    resetting = threading.Thread(target=reset)
    resetting.start()
    assert tcp(A, port=port_of(server)).first().outcome is Outcome.REPLY
    resetting.join()


def test_connections_leave_from_the_source(tcp: Watch, server: socket.socket) -> None:
    tcp(A, port=port_of(server), source="127.0.0.7").first()
    server.settimeout(10)
    accepted, address = server.accept()
    accepted.close()
    assert address[0] == "127.0.0.7"


@pytest.mark.parametrize(("source", "kind"), [("192.0.2.77", "EADDRNOTAVAIL"), ("nosuch0", "ENODEV")])
def test_a_source_that_is_not_there_is_a_local_error(tcp: Watch, source: str, kind: str) -> None:
    found = tcp(A, port=closed_port(), source=source).first()
    assert (found.outcome, found.kind) == (Outcome.LOCAL_ERROR, kind)


def test_no_descriptor_is_left_open(tcp: Watch, server: socket.socket) -> None:
    seen = [tcp(A, port=port_of(server)), tcp(A, port=closed_port())]
    for one in seen:
        one.first()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for one in seen:
        one.results(3)
    assert abs(len(os.listdir("/proc/self/fd")) - before) <= 1  # noqa: PTH208  one may be under way


def test_an_event_of_a_socket_that_was_closed_connects_no_other() -> None:
    """As when a program that is being started still has a copy of it, and its number is another's."""
    finished: list[Answer] = []
    loop = asyncio.new_event_loop()
    with socket.create_server((A, 0), backlog=0) as full, ExitStack() as stack:
        for _ in range(4):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        runner = ConnectRunner(loop, lambda _, answer: finished.append(answer))
        conversation = TcpProbe(A, {"port": port_of(full)})
        target = PacedTarget(A, 1.0, 1.0, lambda _: None, cast(Any, None), conversation=conversation)
        probe = PacedProbe(target, 0, time.monotonic(), 0.0)
        runner.launch(probe)
        number = probe.handle.fileno()
        for event in (select.EPOLLOUT, select.EPOLLOUT | select.EPOLLERR | select.EPOLLHUP):
            runner._look(number, event)
            runner._look(number + 1000, event)
        assert finished == [] and runner.under_way == 1
        runner.cancel(probe)
        assert runner.under_way == 0
        runner.close()
    loop.close()


def test_settings_are_checked() -> None:
    for source in ("fd00::1", "no such interface", "224.0.0.1"):
        with pytest.raises(InvalidValue):
            TcpProbe(A, {"port": 80, "source": source})
    assert TcpProbe(A, {"port": 80}).closed_is_up is False
