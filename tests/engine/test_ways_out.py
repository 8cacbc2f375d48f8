"""The way out of a target is what the kernel says of its address and its source."""

from collections.abc import Callable
from typing import Any

import pytest

from pingmon.engine.netlink import Netlink
from tests.support.lab import Lab, Pingmon, run, until

A, B, C = "10.0.0.1", "10.0.1.1", "10.0.2.1"
SETTINGS = ("--interval", "1", "--timeout", "1", "--max_delay", "5")


@pytest.fixture
def two_ways(lab: Lab) -> Lab:
    """A second cable to the peer; what leaves from 10.98.0.1 leaves by it (policy routing)."""
    run("ip", "-n", lab.here, "link", "add", "v2", "type", "veth", "peer", "name", "v3")
    run("ip", "-n", lab.here, "link", "set", "v3", "netns", lab.peer)
    for name, device, end in ((lab.here, "v2", 1), (lab.peer, "v3", 2)):
        run("ip", "-n", name, "addr", "add", f"10.98.0.{end}/24", "dev", device)
        run("ip", "-n", name, "link", "set", device, "up")
    run("ip", "-n", lab.here, "rule", "add", "from", "10.98.0.1", "table", "100")
    run("ip", "-n", lab.here, "route", "add", "default", "via", "10.98.0.2", "table", "100")
    other = ("10.0.0.0/16", "via", "10.98.0.2", "dev", "v2", "metric", "500")
    run("ip", "-n", lab.here, "route", "add", *other)
    for one in ("all", "default", "v0", "v2"):
        lab.in_here("sysctl", "-qw", f"net.ipv4.conf.{one}.rp_filter=0")
    return lab


def test_the_kernel_is_asked_with_the_source() -> None:
    netlink = Netlink()
    links = netlink.links()
    assert netlink.route("127.0.0.1", links).device == "lo"
    assert netlink.route("127.0.0.1", links, "127.0.0.1").device == "lo"
    assert netlink.route("::1", links, "::1").device == "lo"
    assert netlink.route("127.0.0.1", links, "lo").device == "lo"
    with pytest.raises(OSError):
        netlink.route("127.0.0.1", links, "nosuch0")
    netlink.close()


def ways(pingmon: Pingmon) -> dict[tuple[str, str], int]:
    found: list[dict[str, Any]] = pingmon.status()["ways_out"]
    return {(one["device"], one["gateway"]): one["targets"] for one in found}


def told(pingmon: Pingmon, *words: str) -> Callable[[], bool]:
    return lambda: any(all(word in one["text"] for word in words) for one in pingmon.messages())


def test_a_cable_that_is_pulled_concerns_those_whose_source_leaves_by_it(
    two_ways: Lab, pingmon: Pingmon
) -> None:
    pingmon.start()
    pingmon.add(A, *SETTINGS, "--source", "10.98.0.1")
    pingmon.add(C, *SETTINGS, "--source", "v2")
    pingmon.add(B, *SETTINGS)
    pingmon.add("fd00:1::1", *SETTINGS)
    pingmon.wait_state("up", A, B, C, "fd00:1::1")
    wanted = {("v2", "10.98.0.2"): 2, ("v0", "10.99.0.2"): 1, ("v0", "fd99::2"): 1}
    until(lambda: ways(pingmon) == wanted, 15, f"{wanted}")
    run("ip", "-n", two_ways.peer, "link", "set", "v3", "down")
    until(told(pingmon, "can't see 2 of 4 devices", "no carrier on v2"), 25, "it to be told")
    seen = pingmon.monitors()
    assert [seen[one]["state"] for one in (A, C, B)] == ["unknown", "unknown", "up"]
    run("ip", "-n", two_ways.peer, "link", "set", "v3", "up")
    pingmon.wait_state("up", A, B)
    run("ip", "-n", two_ways.peer, "link", "set", "v1", "down")
    until(lambda: pingmon.monitors()[B]["reason"] == "no carrier on v0", 15, "the other way out")
    assert pingmon.monitors()[A]["state"] == "up"
