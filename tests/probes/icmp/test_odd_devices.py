"""Devices that answer otherwise than they should, on real packets through the real daemon."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.devices import Devices
from tests.support.lab import Lab, Pingmon, until

NET, NET6 = "10.1.0.0/16", "fd00:2::/64"
A, A6, OTHER, OTHER6 = "10.1.0.1", "fd00:2::1", "10.1.0.77", "fd00:2::77"
FAST = ("--interval", "1", "--timeout", "1")


@pytest.fixture
def devices(lab: Lab, pingmon: Pingmon) -> Iterator[Devices]:
    with Devices(lab, NET, NET6) as made:
        pingmon.start()
        yield made


def explained(pingmon: Pingmon, monitor: str) -> dict[str, Any]:
    found: dict[str, Any] = pingmon.call("explain", id=monitor)
    return found


def counter(pingmon: Pingmon, monitor: str, name: str) -> int:
    count: int = explained(pingmon, monitor)["counters"][name]
    return count


PAYLOADS = (("zero",), ("windows",), ("cut", 4), ("cut", 0), ("noise",))


def test_a_habit_of_another_payload_is_believed(devices: Devices, pingmon: Pingmon) -> None:
    known = {}
    for number, how in enumerate(PAYLOADS, 1):
        for address in (f"10.1.0.{number}", f"fd00:2::{number}"):
            devices.tell("payload", address, *how)
            known[address] = pingmon.add(address, "--interval", "1", "--timeout", "5")
    pingmon.wait_state("up", *known)
    found = explained(pingmon, known[A])
    assert found["counters"]["other_payload"] >= 3
    assert found["note"] == "answers with another payload"
    shown = pingmon.ctl("explain", "--id", known[A]).stdout
    assert "other payload; answers with another payload" in shown
    devices.tell("silent", A)
    pingmon.wait_state("down", A)
    (message,) = pingmon.wait_messages(1)  # of the others, nothing was ever told
    assert A in message["text"] and "no reply" in message["text"]
    assert pingmon.monitors()[A]["reason"] == "no reply"


def test_a_device_that_begins_to_answer_with_another_payload_is_believed_again(
    devices: Devices, pingmon: Pingmon
) -> None:
    known = pingmon.add(A, *FAST)
    pingmon.wait_state("up", A)
    devices.tell("payload", A, "zero")
    until(lambda: counter(pingmon, known, "other_payload") >= 6, what="six odd replies")
    assert pingmon.monitors()[A]["state"] == "up"
    devices.tell("plain", A)
    odd = counter(pingmon, known, "other_payload")
    until(lambda: explained(pingmon, known)["note"] == "", what="the right payload")
    assert pingmon.monitors()[A]["state"] == "up"
    assert counter(pingmon, known, "other_payload") <= odd + 2
    assert pingmon.messages() == []


@pytest.mark.parametrize(("address", "other"), [(A, OTHER), (A6, OTHER6)])
def test_answers_from_another_address_are_no_replies_and_the_reason(
    devices: Devices, pingmon: Pingmon, address: str, other: str
) -> None:
    known = pingmon.add(address, *FAST)
    pingmon.wait_state("up", address)
    devices.tell("sender", address, other)
    pingmon.wait_state("down", address)
    assert pingmon.monitors()[address]["reason"] == f"answers come from {other}"
    assert counter(pingmon, known, "other_source") >= 2
    (message,) = pingmon.wait_messages(1)
    assert f"answers come from {other}" in message["text"]
    changed = pingmon.ctl("edit-mon", "--id", known, "--accept_from", other.upper())
    assert "already" not in changed.stderr
    pingmon.wait_state("up", address)
    assert pingmon.monitors()[address]["accept_from"] == other
    same = pingmon.ctl("edit-mon", "--id", known, "--accept_from", other)
    assert "it has these settings already" in same.stderr
    devices.tell("sender", address, "10.1.0.78" if ":" not in address else "fd00:2::78")
    pingmon.wait_state("down", address)  # nor from any other


def test_another_payload_from_another_address_is_never_a_reply(
    devices: Devices, pingmon: Pingmon
) -> None:
    devices.tell("payload", A, "zero")
    devices.tell("sender", A, OTHER)
    pingmon.add(A, *FAST, "--accept_from", OTHER)
    pingmon.wait_state("down", A)
    devices.tell("plain", A)
    devices.tell("sender", A, OTHER)
    pingmon.wait_state("up", A)


def test_a_device_that_answers_only_one_size_needs_that_size(devices: Devices, pingmon: Pingmon) -> None:
    sizes = {A: 32, A6: 56, "10.1.0.9": 1399, "10.0.0.9": 4001}  # the last in fragments
    for address, size in sizes.items():
        if size < 1500:
            devices.tell("only", address, size)
        pingmon.add(address, *FAST, "--payload_size", str(size))
    devices.tell("only", "10.1.0.11", 56)
    pingmon.add("10.1.0.11", *FAST)
    pingmon.wait_state("up", *sizes)
    pingmon.wait_state("down", "10.1.0.11")


def test_requests_leave_from_the_source_that_was_given(
    lab: Lab, devices: Devices, pingmon: Pingmon, tmp_path: Path
) -> None:
    own, own6 = "10.99.0.9", "fd99::9"
    lab.in_here("ip", "addr", "add", f"{own}/32", "dev", "v0")
    lab.in_here("ip", "addr", "add", f"{own6}/128", "dev", "v0", "nodad")
    lab.nft(
        "add table inet seen\n"
        "add set inet seen from { type ipv4_addr . ipv4_addr; }\n"
        "add set inet seen from6 { type ipv6_addr . ipv6_addr; }\n"
        "add chain inet seen requests { type filter hook prerouting priority 0; }\n"
        "add rule inet seen requests icmp type echo-request update @from { ip daddr . ip saddr }\n"
        "add rule inet seen requests icmpv6 type echo-request update @from6 { ip6 daddr . ip6 saddr }\n"
    )
    for address, source in ((A, own), (A6, own6), ("10.1.0.2", "v0"), ("fd00:2::2", "v0")):
        pingmon.add(address, *FAST, "--source", source)
    pingmon.wait_state("up", A, A6, "10.1.0.2", "fd00:2::2")
    seen = lab.in_peer("nft", "list", "table", "inet", "seen")
    for address, source in ((A, own), (A6, own6), ("10.1.0.2", "10.99.0.1")):
        assert f"{address} . {source}" in seen
    for address in (A, A6):
        assert seen.count(f"{address} . ") == 1


def test_a_source_that_is_not_there_is_no_loss_of_the_device(devices: Devices, pingmon: Pingmon) -> None:
    sources = {A: "10.99.0.200", "10.1.0.2": "nosuch0", A6: "fd99::200", "fd00:2::2": "nosuch0"}
    for address, source in sources.items():
        pingmon.add(address, *FAST, "--source", source)
    pingmon.add("10.1.0.3", *FAST)
    pingmon.wait_state("up", "10.1.0.3")
    assert {pingmon.monitors()[one]["state"] for one in sources} == {"unknown"}
    lab = devices.lab
    lab.in_here("ip", "addr", "add", "10.99.0.200/32", "dev", "v0")
    lab.in_here("ip", "link", "add", "nosuch0", "type", "veth", "peer", "name", "nosuch1")
    for end in ("nosuch0", "nosuch1"):  # without its peer it has no carrier, and proves nothing
        lab.in_here("ip", "link", "set", end, "up")
    pingmon.wait_state("up", A)
    pingmon.wait_state("down", "10.1.0.2")  # through a device behind which nobody is


def test_loops_duplicates_and_broadcasts_are_counted_and_change_no_state(
    devices: Devices, pingmon: Pingmon
) -> None:
    for address, loop, several in (
        (A, (11, 0), (A, OTHER, "10.1.0.78")),
        (A6, (3, 0), (A6, OTHER6, "fd00:2::78")),
    ):
        known = pingmon.add(address, *FAST)
        pingmon.wait_state("up", address)
        devices.tell("duplicate", address, 3)
        until(lambda one=known: counter(pingmon, one, "duplicates") >= 4, what="duplicates")  # type: ignore[misc]
        devices.tell("plain", address)
        devices.tell("sender", address, *several)
        until(lambda one=known: counter(pingmon, one, "broadcast") >= 2, what="replies of several")  # type: ignore[misc]
        assert pingmon.monitors()[address]["state"] == "up"
        devices.tell("plain", address)
        devices.tell("error", address, *loop)
        pingmon.wait_state("down", address)
        assert counter(pingmon, known, "ttl_exceeded") >= 2
    told = pingmon.wait_messages(2)
    assert all("exceeded in transit" in one["text"] for one in told)
    assert len(told) == 2


def test_replies_of_several_devices_are_no_replies_of_the_one_that_is_silent(
    devices: Devices, pingmon: Pingmon
) -> None:
    devices.tell("sender", A, OTHER, "10.1.0.78")
    pingmon.add(A, *FAST)
    pingmon.wait_state("down", A)
    until(lambda: "several devices answer" in pingmon.monitors()[A]["reason"], what="the reason")


def test_an_icmp_error_before_the_reply_makes_no_device_down_or_slow(
    devices: Devices, pingmon: Pingmon
) -> None:
    known = pingmon.add(A, *FAST, "--tell_slow")
    pingmon.wait_state("up", A)
    devices.tell("warn", A, 11, 0)
    until(lambda: counter(pingmon, known, "ttl_exceeded") >= 5, what="errors")
    assert pingmon.monitors()[A]["state"] == "up"
    assert pingmon.messages() == []
