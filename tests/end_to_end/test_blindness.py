"""Silence never means that all is well: what can't be seen is told within the bound."""

import time

import pytest

from tests.support import waiting
from tests.support.lab import Lab, Pingmon, run, until

A, B, C = "10.0.0.1", "10.0.1.1", "10.0.2.1"
BOUND = 5.0  # s, of these settings
SETTINGS = ("--interval", "1", "--timeout", "1", "--max_delay", "5")
TOLD_WITHIN = BOUND + 15.0


def told_after(pingmon: Pingmon, began: float, *words: str) -> float:
    """Seconds until a message has all these words; at most what is promised."""
    return waiting.told_after(pingmon, began, TOLD_WITHIN, *words)


def watch(pingmon: Pingmon, *addresses: str) -> None:
    for address in addresses:
        pingmon.add(address, *SETTINGS)
    pingmon.wait_state("up", *addresses)


@pytest.mark.parametrize(
    ("breaks", "mends", "words"),
    [
        (
            "route del 10.0.0.0/16",
            "route add 10.0.0.0/16 via 10.99.0.2",
            "Network is unreachable",
        ),
        ("addr del 10.99.0.1/24 dev v0", None, "Network is unreachable"),
        ("link set v0 down", None, "Network is unreachable"),
    ],
)
def test_a_way_out_that_is_gone_is_told(
    lab: Lab, pingmon: Pingmon, breaks: str, mends: str | None, words: str
) -> None:
    """Row 1."""
    pingmon.start()
    watch(pingmon, A, B)
    began = time.monotonic()
    run("ip", "-n", lab.here, *breaks.split())
    until(lambda: pingmon.status()["health"] != "ok", 10, "health")
    told_after(pingmon, began, "can't see 2 of 2 devices", words)
    seen = pingmon.monitors()
    assert {(one["state"], one["reason"]) for one in seen.values()} == {
        ("unknown", f"could not send: {words}")
    }
    assert [one["targets"] for one in pingmon.status()["local_errors"]] == [2]
    if mends is None:
        return
    run("ip", "-n", lab.here, *mends.split())
    pingmon.wait_state("up", A, B)
    until(lambda: "can see again" in pingmon.messages()[-1]["text"], 15, "the end to be told")
    until(lambda: pingmon.status()["health"] == "ok", 5, "health")
    assert len(pingmon.messages()) == 2
    log = pingmon.log.read_text()
    assert log.count("could not send") == 3, log  # begun, told, ended


FIREWALL = (
    "nft add table inet f; add chain inet f o { type filter hook output priority 0; }; "
    f"add rule inet f o ip daddr {A} drop"
)


@pytest.mark.parametrize(
    ("breaks", "mends", "words"),
    [
        ("ip route add unreachable 10.0.0.1/32", "ip route del 10.0.0.1/32", "No route to host"),
        ("ip route add prohibit 10.0.0.1/32", "ip route del 10.0.0.1/32", "Permission denied"),
        ("ip route add blackhole 10.0.0.1/32", "ip route del 10.0.0.1/32", "Invalid argument"),
        (FIREWALL, "nft delete table inet f", "Operation not permitted"),
    ],
)
def test_a_device_that_the_kernel_refuses_is_told_in_its_words(
    lab: Lab, pingmon: Pingmon, breaks: str, mends: str, words: str
) -> None:
    """Row 3."""
    pingmon.start()
    watch(pingmon, A, B)
    began = time.monotonic()
    command, _, arguments = breaks.partition(" ")
    lab.in_here(command, *([arguments] if command == "nft" else arguments.split()))
    until(lambda: "1 target: could not send" in pingmon.status()["health"], 10, "health")
    told_after(pingmon, began, "can't see", A, words)
    assert pingmon.monitors()[A]["state"] == "unknown"
    assert pingmon.monitors()[A]["reason"] == f"could not send: {words}"
    assert pingmon.monitors()[B]["state"] == "up"
    (refused,) = pingmon.status()["local_errors"]
    assert (refused["targets"], refused["words"]) == (1, f"could not send: {words}")
    assert len(pingmon.messages()) == 1
    lab.in_here(*mends.split())
    pingmon.wait_state("up", A)
    until(lambda: "can see again" in pingmon.messages()[-1]["text"], 15, "the end to be told")
    until(lambda: pingmon.status()["health"] == "ok", 5, "health")
    assert len(pingmon.messages()) == 2
    assert pingmon.log.read_text().count("could not send") == 3  # begun, told, ended


def test_a_neighbour_that_is_not_there_is_down(lab: Lab, pingmon: Pingmon) -> None:
    """Row 4: the kernel says host unreachable from our own address; that is a loss."""
    run("ip", "-n", lab.peer, "addr", "add", "10.99.0.7/24", "dev", "v1")
    pingmon.start()
    watch(pingmon, "10.99.0.7", A)
    began = time.monotonic()
    run("ip", "-n", lab.peer, "addr", "del", "10.99.0.7/24", "dev", "v1")
    run("ip", "-n", lab.here, "neigh", "flush", "dev", "v0")
    told_after(pingmon, began, "10.99.0.7", "is down")


def test_a_device_that_never_answered_is_told_once(lab: Lab, pingmon: Pingmon) -> None:
    """Row 12."""
    lab.unplug(A, B)
    pingmon.start()
    began = time.monotonic()
    pingmon.add(A, *SETTINGS)
    pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", B, *SETTINGS, "--no-tell_unseen")
    told_after(pingmon, began, A, "has not answered since it was added")
    assert "no reply since it was added" in pingmon.monitors()[A]["reason"]
    assert pingmon.monitors()[A]["seen"] is None
    pingmon.stop()
    pingmon.start()
    lab.plug(A, B)
    pingmon.wait_state("up", A, B)
    until(lambda: "answers, for the first time" in pingmon.messages()[-1]["text"], 15, "its first reply")
    assert len(pingmon.messages()) == 2 and "again" not in pingmon.messages()[-1]["text"]


@pytest.mark.parametrize(
    "address",
    ["10.99.0.255", "255.255.255.255", "0.1.2.3", "240.0.0.1", "224.0.0.1", "ff02::1", "fe80::1%25v0"],
)
def test_what_is_no_device_is_refused_with_the_reason(lab: Lab, pingmon: Pingmon, address: str) -> None:
    """Row 9."""
    pingmon.start()
    said = pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", address, *SETTINGS, check=False)
    assert said.returncode == 1 and address in said.stderr and len(said.stderr.splitlines()) == 1
    assert pingmon.monitors() == {}


@pytest.mark.parametrize(
    ("address", "words"),
    [("fe80::1%nosuch0", "No such device"), ("2001:db8::1", "Network is unreachable")],
)
def test_what_can_not_be_reached_yet_is_accepted_and_says_why(
    lab: Lab, pingmon: Pingmon, address: str, words: str
) -> None:
    """Row 10."""
    pingmon.start()
    began = time.monotonic()
    pingmon.add(address, *SETTINGS)
    until(lambda: words in pingmon.monitors()[address]["reason"], 10, "the reason")
    told_after(pingmon, began, address, words)


def test_a_cable_that_is_pulled_is_no_outage_of_the_devices(lab: Lab, pingmon: Pingmon) -> None:
    """Row 2."""
    pingmon.start()
    watch(pingmon, A, B)
    began = time.monotonic()
    run("ip", "-n", lab.peer, "link", "set", "v1", "down")
    told_after(pingmon, began, "can't see 2 of 2 devices", "no carrier on v0")
    assert {one["state"] for one in pingmon.monitors().values()} == {"unknown"}
    run("ip", "-n", lab.peer, "link", "set", "v1", "up")
    pingmon.wait_state("up", A, B)
    until(lambda: "can see again" in pingmon.messages()[-1]["text"], 15, "the end to be told")
    assert len(pingmon.messages()) == 2


def with_gateway(lab: Lab) -> None:
    run("ip", "-n", lab.here, "route", "replace", "default", "via", "10.99.0.2")
    run("ip", "-n", lab.here, "-6", "route", "replace", "default", "via", "fd99::2")


def answers(pingmon: Pingmon) -> set[str]:
    return {one["address"] for one in pingmon.status()["uplink"] if one["answers"]}


def test_a_gateway_that_goes_mute_hides_no_outage(lab: Lab, pingmon: Pingmon) -> None:
    """Row 5."""
    with_gateway(lab)
    pingmon.start()
    watch(pingmon, A, B)
    until(lambda: "10.99.0.2" in answers(pingmon), what="the gateway to answer")
    lab.unplug("10.99.0.2")
    until(lambda: "10.99.0.2" not in answers(pingmon), what="the gateway to be mute")
    assert pingmon.status()["health"] == "ok"
    began = time.monotonic()
    lab.unplug(A)
    told_after(pingmon, began, A, "is down")
    assert pingmon.monitors()[B]["state"] == "up"


def test_gateways_are_followed_within_seconds(lab: Lab, pingmon: Pingmon) -> None:
    """Row 6."""
    pingmon.start()
    pingmon.add(A, *SETTINGS)
    assert pingmon.status()["uplink"] == []
    with_gateway(lab)
    until(lambda: answers(pingmon) == {"10.99.0.2", "fd99::2"}, 10, "both gateways")
    run("ip", "-n", lab.peer, "addr", "add", "10.99.0.3/24", "dev", "v1")
    run("ip", "-n", lab.here, "route", "replace", "default", "via", "10.99.0.3")
    until(lambda: answers(pingmon) == {"10.99.0.3", "fd99::2"}, 10, "the new gateway")


def test_an_ip_version_that_is_cut_is_not_vouched_for_by_the_other(lab: Lab, pingmon: Pingmon) -> None:
    """Row 8: here the service of the channel is on this machine, and proves nothing."""
    with_gateway(lab)
    pingmon.start()
    watch(pingmon, A, B, C, "fd00:1::1")
    until(lambda: answers(pingmon) == {"10.99.0.2", "fd99::2"}, 10, "both gateways")
    began = time.monotonic()
    lab.nft("add rule inet lab input meta nfproto ipv4 icmp type echo-request drop\n")
    told_after(pingmon, began, "can't see 3 of 4 devices", "nothing answers by v0 via 10.99.0.2")
    seen = pingmon.monitors()
    assert {seen[one]["state"] for one in (A, B, C)} == {"unknown"}
    assert seen["fd00:1::1"]["state"] == "up"
    assert not any("down" in one["text"] for one in pingmon.messages())


def test_an_open_episode_is_told_once_and_ended_once_over_a_restart(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    watch(pingmon, A, B)
    began = time.monotonic()
    run("ip", "-n", lab.here, "route", "del", "10.0.0.0/16")
    told_after(pingmon, began, "can't see 2 of 2 devices")
    pingmon.stop()
    pingmon.start()
    until(lambda: pingmon.status()["local_errors"] != [], 10, "the restarted daemon to find out")
    run("ip", "-n", lab.here, "route", "add", "10.0.0.0/16", "via", "10.99.0.2")
    pingmon.wait_state("up", A, B)
    until(lambda: "can see again" in pingmon.messages()[-1]["text"], 15, "the end to be told")
    assert len(pingmon.messages()) == 2
