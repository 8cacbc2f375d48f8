"""Kernels that lack something (WSL, gVisor, old ones, 32 bits): it works with less and says so once."""

import struct
import sys

import pytest

from pingmon.probes.icmp.socket_options import control_layout, time_formats
from tests.support.devices import Devices
from tests.support.lab import Lab, Pingmon

A, A6 = "10.0.0.1", "fd00:1::1"
FAST = ("--interval", "1", "--timeout", "1")
SOCKET, STAMP_NS, STAMP_US, OVERFLOW, FORCE = 1, 35, 29, 40, 33


def lacking(*lacks: str) -> tuple[str, ...]:
    return sys.executable, "-m", "tests.support.lesser_kernel", *lacks, "--"


def lack(*options: int) -> tuple[str, ...]:
    return tuple(f"setsockopt:{SOCKET}:{option}" for option in options)


NO_TIME, NO_COUNT = lack(STAMP_NS, STAMP_US), lack(OVERFLOW)


@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        (NO_TIME, ["SO_TIMESTAMPNS"]),
        (lack(STAMP_NS), []),  # microseconds do
        (NO_COUNT, ["SO_RXQ_OVFL"]),
        (("recvmmsg",), ["recvmmsg"]),
        (("raw",), ["raw ICMP sockets"]),
        (("raw:93",), ["raw ICMP sockets"]),  # EPROTONOSUPPORT
        (("raw", "setsockopt:0:11", "setsockopt:41:25"), ["raw ICMP sockets", "IP_RECVERR"]),
        (lack(FORCE), []),
        (("setsockopt:255:1", "setsockopt:58:1"), []),  # filters of ICMP types
        (
            (*NO_TIME, *NO_COUNT, "recvmmsg", "raw"),
            ["SO_TIMESTAMPNS", "SO_RXQ_OVFL", "raw ICMP sockets"],
        ),
    ],
    ids=lambda value: ",".join(value) or "nothing",
)
def test_devices_are_watched_with_less_and_the_log_says_once_what_lacks(
    lab: Lab, pingmon: Pingmon, lacks: tuple[str, ...], words: list[str]
) -> None:
    lab.in_here("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647")
    pingmon.start(wrap=lacking(*lacks))
    for address in (A, A6):
        pingmon.add(address, *FAST)
    pingmon.wait_state("up", A, A6)
    lab.unplug(A)
    pingmon.wait_state("down", A)
    assert pingmon.monitors()[A6]["state"] == "up"
    assert 0 < float(pingmon.monitors()[A6]["last_rtt_ms"]) < 500
    log = pingmon.log.read_text()
    assert log.count("this machine has no") == len(words)
    assert all(log.count(f"this machine has no {one}") == 1 for one in words)
    assert "Traceback" not in log and "an error in the pinger" not in log


def test_without_ipv6_devices_with_ipv4_are_watched_and_others_refused(
    lab: Lab, pingmon: Pingmon
) -> None:
    pingmon.start(wrap=lacking("ipv6"))
    pingmon.add(A, *FAST)
    pingmon.wait_state("up", A)
    done = pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", A6, check=False)
    assert done.returncode == 1 and "this machine has no IPv6" in done.stderr
    assert pingmon.log.read_text().count("no IPv6 on this machine") == 1
    assert pingmon.listed()[0]["state"] == "up"


@pytest.mark.parametrize(
    ("word", "option", "message"),
    [
        # struct cmsghdr and its data, as cmsg(3) aligns them. 64 bits: a long and a time_t have 8 bytes.
        (8, 35, struct.pack("<QiiqqQiiI4x", 32, 1, 35, 1700000000, 999999999, 20, 1, 40, 7)),
        # 32 bits (armhf, i386): SO_TIMESTAMPNS_NEW has 64 bits all the same, behind 12 bytes of header.
        (4, 64, struct.pack("<IiiqqIiiI", 28, 1, 64, 1700000000, 999999999, 16, 1, 40, 7)),
        # Before Linux 5.1: a timespec of two longs.
        (4, 35, struct.pack("<IiiiiIiiI", 20, 1, 35, 1700000000, 999999999, 16, 1, 40, 7)),
    ],
)
def test_control_messages_are_read_as_the_machine_aligns_them(
    word: int, option: int, message: bytes
) -> None:
    (found,) = (one for one in time_formats(word) if one.option == option)
    layout = struct.Struct("<" + control_layout(found.layout, word))
    assert layout.unpack_from(message) == (1, option, 1700000000, 999999999, 1, 40, 7)
    assert found.unit == 1


def test_datagram_sockets_take_odd_answers_and_sources_as_raw_ones_do(lab: Lab, pingmon: Pingmon) -> None:
    lab.in_here("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647")
    with Devices(lab, "10.1.0.0/16", "fd00:2::/64") as devices:
        pingmon.start(wrap=lacking("raw"))
        for net in ("10.1.0.", "fd00:2::"):
            devices.tell("payload", f"{net}1", "zero")
            devices.tell("sender", f"{net}2", f"{net}7")
            devices.tell("sender", f"{net}3", f"{net}7")
            devices.tell("only", f"{net}4", 56)
            pingmon.add(f"{net}1", "--interval", "1", "--timeout", "4")
            pingmon.add(f"{net}2", *FAST)
            pingmon.add(f"{net}3", *FAST, "--accept_from", f"{net}7")
            pingmon.add(f"{net}4", *FAST, "--payload_size", "56", "--source", "v0")
            own = "10.99.0.1" if "." in net else "fd99::1"
            pingmon.add(f"{net}5", *FAST, "--source", own)
            pingmon.add(f"{net}6", *FAST, "--source", own + "1")
        for net in ("10.1.0.", "fd00:2::"):
            pingmon.wait_state("up", *(f"{net}{one}" for one in (1, 3, 4, 5)))
            pingmon.wait_state("down", f"{net}2")
            found = pingmon.monitors()
            assert found[f"{net}2"]["reason"] == f"answers come from {net}7"
            assert found[f"{net}6"]["state"] == "unknown"  # not an address of this machine
