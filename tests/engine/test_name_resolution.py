"""Names are resolved beside everything else; no matter what a resolver does, nobody waits for it."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from typing import Any

import pytest

from pingmon.engine import name_lookup
from pingmon.engine.live_monitors import LiveMonitors
from pingmon.engine.name_lookup import look_up
from pingmon.engine.name_queue import NameQueue
from pingmon.engine.name_resolution import RATE, NameResolution
from pingmon.engine.unresolved import UnresolvedTargets
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import Monitor
from pingmon.model.name_schedule import NameState, Resolved, Trust
from pingmon.model.probe_result import Outcome, ProbeResult, ReplyBatch
from pingmon.model.prober_protocols import Pace
from tests.support.fakes import CHANNEL
from tests.support.lab import until

FOUND = Resolved(("10.0.0.1",), 30.0)


class World:
    """Monitors, and a resolver whose answers a test gives; `asked` counts the questions."""

    def __init__(self) -> None:
        self.monitors, self.unresolved = LiveMonitors(), UnresolvedTargets()
        self.answers: dict[str, Resolved] = {}
        self.asked = Counter[str]()
        self.blocked, self.release = set[str](), threading.Event()
        self.error: PingmonError | None = None
        self.names = NameResolution(self.monitors, self.unresolved, self.use, self.look_up)

    def look_up(self, host: str, family: str) -> Resolved:
        self.asked[host] += 1
        if host in self.blocked:
            self.release.wait(30)
        return self.answers.get(host, FOUND)

    def use(self, host: str, family: str, address: str) -> str:
        if self.error:
            raise self.error
        for one in self.monitors.of_name(host, family):
            self.monitors.put(replace(one, address=address))
        return ""

    def add(self, host: str, address: str = "", family: str = "any") -> Monitor:
        monitor = Monitor(
            f"{host}/{family}", address, "ping", CHANNEL, DetectionSettings(), host=host, family=family
        )
        self.monitors.put(monitor)
        return monitor

    def address_of(self, host: str) -> str:
        return self.monitors[f"{host}/any"].address

    def hear(self, name: str) -> list[ProbeResult]:
        """What a target of a name without an address is given."""
        heard: list[ProbeResult] = []

        def deliver(results: ReplyBatch | list[ProbeResult]) -> None:
            assert isinstance(results, list)
            heard.extend(results)

        self.unresolved.new_target(name, deliver).start(Pace.CONFIRMING)
        return heard


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.release.set()
    world.names.stop()


def test_monitors_of_a_name_follow_its_address(world: World) -> None:
    world.answers["nas"] = Resolved(("10.0.0.1",), 0.0)
    nas = world.add("nas")
    until(lambda: world.address_of("nas") == "10.0.0.1", 5)
    world.answers["nas"] = Resolved(("10.0.0.2", "10.0.0.1"), 0.0)
    world.names.hurry(nas)
    until(lambda: world.asked["nas"] == 2, 5)
    assert world.address_of("nas") == "10.0.0.1", "it is still one of them"
    world.answers["nas"] = Resolved(("10.0.0.2", "10.0.0.3"), 0.0)
    world.names.hurry(nas)
    until(lambda: world.address_of("nas") == "10.0.0.2", 5)


def test_one_that_is_added_later_gets_the_known_address_without_a_question(world: World) -> None:
    world.add("nas")
    until(lambda: world.address_of("nas") == "10.0.0.1", 5)
    later = replace(world.monitors["nas/any"], id="later", address="")
    world.monitors.put(later)
    until(lambda: world.monitors["later"].address == "10.0.0.1", 5)
    assert world.asked["nas"] == 1


def test_a_stored_address_is_used_while_the_resolver_fails_and_the_words_say_so(world: World) -> None:
    world.answers["nas"] = Resolved(problem="the resolver failed: no answer", kind="EAI_AGAIN")
    nas = world.add("nas", "10.0.0.7")
    until(lambda: world.names.words(nas) == "the resolver failed: no answer", 5)
    assert world.address_of("nas") == "10.0.0.7"
    world.answers["nas"] = FOUND
    world.names.hurry(nas)
    until(lambda: not world.names.words(nas), 5)
    assert world.address_of("nas") == "10.0.0.1"


def test_a_wrong_name_is_the_other_sides_error_and_a_failing_resolver_a_local_one(world: World) -> None:
    world.answers["wrong"] = Resolved(problem="name does not resolve: NXDOMAIN")
    world.answers["late"] = Resolved(problem="the resolver failed: x", kind="EAI_AGAIN")
    wrong, late = world.hear("wrong"), world.hear("late/6")
    world.add("wrong")
    world.add("late", family="6")
    until(lambda: bool(wrong and late), 5)
    assert (wrong[0].outcome, wrong[0].detail) == (Outcome.ERROR, "name does not resolve: NXDOMAIN")
    assert (late[0].outcome, late[0].kind) == (Outcome.LOCAL_ERROR, "EAI_AGAIN")


def test_a_change_that_can_not_be_stored_is_tried_again(world: World) -> None:
    world.error = PingmonError("the disk is full")
    nas = world.add("nas")
    until(lambda: world.names.words(nas) == "the disk is full", 5)
    assert world.address_of("nas") == ""
    world.error = None
    world.names.hurry(nas)
    until(lambda: world.address_of("nas") == "10.0.0.1", 5)


def test_names_that_block_the_resolver_leave_room_for_others(world: World) -> None:
    world.blocked = {f"slow{n}" for n in range(20)}
    world.answers |= dict.fromkeys(world.blocked, Resolved(problem="x", kind="EAI_AGAIN"))
    for one in sorted(world.blocked):
        world.add(one)
    until(lambda: len(world.asked) >= 6, 5)
    began = time.monotonic()
    nas = world.add("nas", "10.0.0.1")
    world.names._names["nas", "any"] = replace_latest(world, nas)
    world.names.hurry(nas)
    until(lambda: world.asked["nas"] == 1, 5)
    assert time.monotonic() - began < 3


def replace_latest(world: World, monitor: Monitor) -> Any:
    """As if the name had been answered before."""
    until(lambda: (monitor.host, monitor.family) in world.names._names, 5)
    return replace(world.names._names[monitor.host, monitor.family], latest=FOUND)


def test_a_thousand_names_do_not_flood_the_resolver(world: World) -> None:
    began = time.monotonic()
    for number in range(1000):
        world.add(f"host{number}")
    until(lambda: world.asked.total() >= 40, 10)
    assert world.asked.total() <= RATE * (time.monotonic() - began) + 2


def test_a_name_that_nobody_watches_any_more_is_forgotten(world: World) -> None:
    nas = world.add("nas")
    until(lambda: world.address_of("nas") != "", 5)
    world.monitors.pop(nas.id)
    world.names.hurry(nas)
    until(lambda: not world.names._names, 5)


# The system's resolver


@contextmanager
def resolver(monkeypatch: pytest.MonkeyPatch, answer: Any) -> Iterator[None]:
    def getaddrinfo(*_: Any, **__: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (one, 0)) for one in answer]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        patch.setattr(name_lookup, "time_to_live", lambda *_: None)
        yield


@pytest.mark.parametrize(
    ("answer", "words", "kind"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "name does not resolve: NXDOMAIN", ""),
        (socket.gaierror(socket.EAI_NODATA, "x"), "name has no IPv4 address", ""),
        (socket.gaierror(socket.EAI_AGAIN, "try later"), "the resolver failed: try later", "EAI_AGAIN"),
        (socket.gaierror(socket.EAI_FAIL, "no"), "the resolver failed: no", "EAI_FAIL"),
        (OSError(24, "Too many open files"), "the resolver failed: Too many open files", "EMFILE"),
        (["0.0.0.0", "224.0.0.1"], "name resolves to 0.0.0.0, 224.0.0.1, which", ""),
        (
            [f"224.0.0.{number}" for number in range(200, 0, -1)],
            "name resolves to 224.0.0.1, 224.0.0.10, 224.0.0.100 and 197 more, which",
            "",
        ),
    ],
)
def test_what_the_resolver_says_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, answer: Any, words: str, kind: str
) -> None:
    with resolver(monkeypatch, answer):
        found = look_up("nas", "4")
    assert found.problem.startswith(words) and (found.kind, found.addresses) == (kind, ())


def test_addresses_of_no_device_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with resolver(monkeypatch, ["0.0.0.0", "10.0.0.2", "10.0.0.2", "10.0.0.1"]):
        assert look_up("nas", "any") == Resolved(("10.0.0.2", "10.0.0.1"), None)


@pytest.mark.parametrize("error", [OSError("no /etc/resolv.conf"), AttributeError("older"), ValueError()])
def test_whatever_the_time_to_live_is_asked_of_does_the_address_is_used(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("dns.resolver.Resolver", fail)
    assert look_up("localhost", "4") == Resolved(("127.0.0.1",), None)


def test_names_of_this_machine_resolve_without_a_time_to_live() -> None:
    assert look_up("localhost", "4") == Resolved(("127.0.0.1",), None)


# The queue


def test_names_come_when_they_are_due_by_what_may_be_expected_of_them() -> None:
    failed = Resolved(problem="x", kind="EAI_AGAIN")
    names = {
        ("failing", "any"): NameState(due=1.0, latest=failed),
        ("new", "any"): NameState(due=2.0),
        ("known", "any"): NameState(due=3.0, latest=FOUND),
    }
    due = NameQueue(names)
    for one in names:
        due.put(one)
    assert due.pop(0.5, lambda _: True) is None and due.next_due(lambda _: True) == 1.0
    assert due.pop(9.0, lambda trust: trust is not Trust.NONE) == (("new", "any"), Trust.UNKNOWN)
    names["failing", "any"] = NameState(due=5.0, latest=failed)
    due.put(("failing", "any"))
    assert due.next_due(lambda trust: trust is Trust.NONE) == 5.0, "of an earlier state nothing counts"
    del names["known", "any"]
    assert due.pop(4.0, lambda _: True) is None
    assert due.pop(5.0, lambda _: True) == (("failing", "any"), Trust.NONE)
    assert due.next_due(lambda _: True) == inf


def test_ten_thousand_names_cost_little_time() -> None:
    names = {(f"host{number}", "any"): NameState(due=float(number)) for number in range(10_000)}
    due = NameQueue(names)
    for one in names:
        due.put(one)
    began = time.thread_time()
    for number in range(1000):
        found = due.pop(1e9, lambda _: True)
        assert found and found[0] == (f"host{number}", "any")
        names[found[0]] = NameState(due=1e6)
        due.put(found[0])
    assert time.thread_time() - began < 1.0
