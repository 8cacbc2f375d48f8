"""Limits of our own kernel are told as such: nobody's loss, and no probe of live devices is lost."""

import re
import sys
import time
from pathlib import Path

import pytest

from tests.support.lab import Lab, Pingmon, run, until
from tests.support.waiting import told_after

ABSENT = [f"10.98.{net}.{host}" for net in (7, 8) for host in range(1, 251)]
LIVE = [f"10.98.1.{host}" for host in range(1, 6)]
SETTINGS = ("--interval", "1", "--timeout", "1", "--max_delay", "5")
WATCHED = 25.0  # s


def without(*options: int) -> tuple[str, ...]:
    """The daemon on a kernel that lacks these options of sockets."""
    lacks = [f"setsockopt:1:{one}" for one in options]
    return (sys.executable, "-m", "tests.support.lesser_kernel", *lacks, "--")


def add_link_neighbours(lab: Lab, *addresses: str) -> None:
    """A network on the link, with these devices in it; their requests are counted."""
    run("ip", "-n", lab.here, "addr", "add", "10.98.0.1/16", "dev", "v0")
    for one in addresses:
        run("ip", "-n", lab.peer, "addr", "add", f"{one}/16", "dev", "v1")
        lab.nft(f"add rule inet lab input ip daddr {one} icmp type echo-request counter\n")


def requests(lab: Lab) -> dict[str, int]:
    """Echo requests that came to each device."""
    rules = lab.in_peer("nft", "list", "chain", "inet", "lab", "input")
    found = re.findall(r"ip daddr (\S+) icmp type echo-request counter packets (\d+)", rules)
    return {address: int(count) for address, count in found}


@pytest.mark.parametrize("wrap", [(), without(32, 7)], ids=["", "small send buffers"])
@pytest.mark.timeout(180)
def test_hundreds_of_absent_neighbours_keep_no_probe_from_leaving(
    lab: Lab, pingmon: Pingmon, tmp_path: Path, wrap: tuple[str, ...]
) -> None:
    """Issue 14, row 11. Without SO_SNDBUF and SO_SNDBUFFORCE a buffer holds some 550 requests."""
    add_link_neighbours(lab, *LIVE)
    pingmon.start(wrap=wrap)
    for one in LIVE:
        pingmon.add(one, *SETTINGS)
    pingmon.wait_state("up", *LIVE)
    file = tmp_path / "absent.csv"
    lines = [f"{one},1001,1,1\n" for one in ABSENT]
    file.write_text("ip_address,chat_id,interval,timeout\n" + "".join(lines))
    pingmon.ctl("import", str(file), "--no_verify")
    until(lambda: pingmon.status()["states"]["down"] == len(ABSENT), 60, "all to be found down")
    before, began = requests(lab), time.monotonic()
    while time.monotonic() - began < WATCHED:
        status = pingmon.status()
        assert status["local_errors"] == [], status
        assert status["states"] == {"up": len(LIVE), "down": len(ABSENT), "unknown": 0}
        time.sleep(1)
    took, after = time.monotonic() - began, requests(lab)
    stretched = pingmon.status()["scheduling"]["stretch"] > 1
    for one in LIVE:
        assert after[one] - before[one] >= took - 2 or stretched
        assert pingmon.monitors()[one]["loss"] == 0
    assert "could not send" not in pingmon.log.read_text()
    assert not any("10.98.1." in one["text"] for one in pingmon.messages())


def test_a_packet_that_our_kernel_drops_is_no_loss_of_the_device(lab: Lab, pingmon: Pingmon) -> None:
    """As when the neighbour table is full: without IP_RECVERR the kernel calls that success."""
    add_link_neighbours(lab, *LIVE[:2])
    pingmon.start()
    for one in LIVE[:2]:
        pingmon.add(one, *SETTINGS)
    pingmon.wait_state("up", *LIVE[:2])
    began = time.monotonic()
    lab.in_here(
        "nft",
        'add table netdev f; add chain netdev f e { type filter hook egress device "v0" priority 0; }; '
        f"add rule netdev f e ip daddr {LIVE[0]} drop",
    )
    words = "No buffer space available (the neighbour table or the queue of the network device is full)"
    told_after(pingmon, began, 20, "can't see", LIVE[0], words)
    seen = pingmon.monitors()
    assert seen[LIVE[0]]["state"] == "unknown" and seen[LIVE[0]]["loss"] == 0
    assert seen[LIVE[1]]["state"] == "up" and seen[LIVE[1]]["loss"] == 0
    (limit,) = pingmon.status()["local_errors"]
    assert (limit["kind"], limit["targets"]) == ("ENOBUFS", 1)
    lab.in_here("nft", "delete table netdev f")
    pingmon.wait_state("up", LIVE[0])
    until(lambda: "can see again" in pingmon.messages()[-1]["text"], 15, "the end to be told")
    assert len(pingmon.messages()) == 2


@pytest.mark.timeout(180)
def test_a_full_table_of_connections_is_told_in_the_kernels_words(lab: Lab, pingmon: Pingmon) -> None:
    """Issue 14, row 3. Connections that are in the table still work, so this device is new."""
    rules = ["add table inet f"]
    for name, hook, at in (("o", "output", 0), ("r", "output", -300), ("p", "prerouting", -300)):
        rules.append(f"add chain inet f {name} {{ type filter hook {hook} priority {at}; }}")
    rules += ["add rule inet f r oifname lo notrack", "add rule inet f p iifname lo notrack"]
    lab.in_here("nft", "; ".join([*rules, "add rule inet f o ct state new counter"]))
    pingmon.start()
    lab.in_here(sys.executable, "-m", "tests.support.full_conntrack")
    began = time.monotonic()
    pingmon.add("10.0.0.1", *SETTINGS)
    words = "could not send: Operation not permitted"
    told_after(pingmon, began, 20, "can't see", "10.0.0.1", words)
    assert pingmon.monitors()["10.0.0.1"]["reason"] == words
    lab.in_here("nft", "delete table inet f")  # connections are not followed any more
    pingmon.wait_state("up", "10.0.0.1")
    until(lambda: "can see again" in pingmon.messages()[-1]["text"], 15, "the end to be told")
    assert len(pingmon.messages()) == 2


SEND_TO_ABSENT = """
import socket
from pingmon.probes.icmp.batch_socket import make_sendto, sockaddr
from pingmon.probes.icmp.send_sockets import MOST, SendSockets

senders = SendSockets(socket.AF_INET, socket.IPPROTO_ICMP, make_sendto(), buffer=1)
to = sockaddr(socket.AF_INET, socket.inet_aton("10.98.7.1"), 0)
packet, sent = b"\\x08" + bytes(15), 0
try:
    while sent < 5000:
        senders.send(packet, to, False)
        sent += 1
except OSError as error:
    print(error.strerror)
live = sockaddr(socket.AF_INET, socket.inet_aton("10.98.1.1"), 0)
senders.send(packet, live, True)
print(sent > 10 * MOST, len(senders._others) == MOST)
senders.close()
"""


def test_probes_of_live_targets_leave_though_all_other_buffers_are_full(lab: Lab) -> None:
    add_link_neighbours(lab, LIVE[0])
    lab.in_here("ping", "-c1", "-W5", LIVE[0])
    said = lab.in_here(sys.executable, "-c", SEND_TO_ABSENT).splitlines()
    full = "No buffer space available (the send buffer is full of probes that wait for neighbours)"
    assert said == [full, "True True"]
