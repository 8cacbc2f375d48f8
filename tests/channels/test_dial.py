"""A host with several addresses is reached by one that works, whichever that is."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pingmon.channels import dial as dialling
from pingmon.channels.dial import STAGGER, dial
from pingmon.channels.telegram.client import BotApiEndpoint, TelegramClient
from pingmon.model.delivery import OutgoingMessage
from tests.support.bot_api import TOKEN, BotApi
from tests.support.lab import Lab
from tests.support.raw_server import RawServer, answering, in_namespace, timed

pytestmark = pytest.mark.alone  # a quarter of a second is measured
DEAD6, DEAD4 = "fd00:1::dead", "10.0.0.99"


@pytest.fixture
def names(lab: Lab) -> Iterator[Any]:
    """Sets what names mean to `dial` in the lab's namespace; DEAD6 and DEAD4 answer nothing."""
    lab.unplug(DEAD6, into="silent6")
    lab.unplug(DEAD4)
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *more: Any) -> Any:
        if host not in known:
            return real(host, port, *more)
        return [one for address in known[host] for one in real(address, port, *more)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve)
        patch.setattr(dialling, "_families", {})
        yield known


def reach(lab: Lab, known: Any, *addresses: str, times: int = 1) -> list[tuple[str, float]]:
    """What was connected, and how many seconds it took, each time."""
    known["bots.example"] = list(addresses)

    def talk() -> list[tuple[str, float]]:
        found = []
        with ExitStack() as stack:
            server = stack.enter_context(RawServer(answering(b"")))
            stack.enter_context(socket.create_server(("::1", server.port), family=socket.AF_INET6))
            for _ in range(times):
                sock, took = timed(lambda: dial("bots.example", server.port, 2.0))
                found.append((sock.getpeername()[0], took))
                assert sock.gettimeout() == 2.0
                sock.close()
        return found

    result: list[tuple[str, float]] = in_namespace(lab.here, talk)
    return result


def test_broken_ipv6_costs_a_moment_once(lab: Lab, names: Any) -> None:
    (first, took), (again, later) = reach(lab, names, DEAD6, "127.0.0.1", times=2)
    assert first == again == "127.0.0.1"
    assert STAGGER <= took < STAGGER + 0.2 and later < 0.1


def test_broken_ipv4_costs_as_little(lab: Lab, names: Any) -> None:
    (first, took), (_, later) = reach(lab, names, DEAD4, "::1", times=2)
    assert first == "::1" and took < STAGGER + 0.2 and later < 0.1


def test_families_take_turns(lab: Lab, names: Any) -> None:
    """Not all addresses of the broken family come first."""
    ((first, took),) = reach(lab, names, DEAD6, "fd00:1::dead:1", "fd00:1::dead:2", "127.0.0.1")
    assert first == "127.0.0.1" and took < STAGGER + 0.2


def test_a_refusal_is_no_reason_to_wait(lab: Lab, names: Any) -> None:
    ((first, took),) = reach(lab, names, "127.0.0.2", "fd99::1", "::1")
    assert first == "::1" and took < 0.2  # neither of the others listens, or has an answer
    # No route at all.
    ((first, took),) = reach(lab, names, "2001:db8::1", "127.0.0.1")
    assert first == "127.0.0.1" and took < 0.2


def test_nothing_that_works_ends_in_time_and_says_why(lab: Lab, names: Any) -> None:
    def fails(addresses: list[str], error: type[BaseException]) -> float:
        names["bots.example"] = addresses

        def talk() -> float:
            with pytest.raises(error):
                dial("bots.example", 9, 1.0)
            return 0.0

        return float(in_namespace(lab.here, lambda: timed(talk)[1]))

    assert 0.9 < fails([DEAD6, DEAD4], TimeoutError) < 1.3
    assert fails(["127.0.0.1", "::1"], ConnectionRefusedError) < 0.2
    assert fails([], OSError) < 0.2


def test_no_descriptor_is_left_behind(lab: Lab, names: Any) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    reach(lab, names, DEAD6, DEAD4, "127.0.0.1", times=3)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1


def test_a_message_by_broken_ipv6_is_told_at_once(lab: Lab, names: Any) -> None:
    names["bots.example"] = [DEAD6, "127.0.0.1"]

    def talk() -> tuple[bool, float]:
        api = BotApi().start()
        client = TelegramClient(TOKEN, BotApiEndpoint(f"http://bots.example:{api.server.server_port}"))
        answer, took = timed(lambda: client.send("1001", None, OutgoingMessage("text")))
        client.close()
        api.stop()
        return answer.is_delivered, took

    is_delivered, took = in_namespace(lab.here, talk)
    assert is_delivered and took < 1
