"""A device whose tunnel is gone does not look well: issue 14, row 3."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.lab import Lab, Pingmon, run, until
from tests.support.paths import ROOT
from tests.support.waiting import told_after

DIRECT, DIRECT6, BEHIND = "10.0.0.1", "fd00:1::1", "10.5.0.1"
SETTINGS = ("--interval", "1", "--timeout", "1", "--max_delay", "5")
WITHIN = 5.0 + 15.0  # s


@contextmanager
def tunnel(lab: Lab) -> Iterator[None]:
    """A program that reads tun9 and answers for 10.5.0.0/16."""
    command = [sys.executable, "-m", "tests.support.responder", "tun9", "10.5.0.0/16"]
    child = subprocess.Popen(
        ["ip", "netns", "exec", lab.here, *command],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    yield
    child.communicate(timeout=10)


def wait_until_seen_again(pingmon: Pingmon, address: str) -> None:
    """Told by one message, and nothing else was told."""
    pingmon.wait_state("up", address)
    until(lambda: "can see again" in pingmon.messages()[-1]["text"], 15, "the end to be told")
    until(lambda: pingmon.status()["health"] == "ok", 10, "health")
    assert len(pingmon.messages()) == 2, pingmon.messages()


@pytest.mark.parametrize(
    ("stays", "words"),
    [(False, "could not send: Network is unreachable"), (True, "no carrier on tun9")],
    ids=["with its device", "its device stays"],
)
def test_a_tunnel_whose_program_ended_is_told_and_so_is_its_return(
    lab: Lab, pingmon: Pingmon, stays: bool, words: str
) -> None:
    if stays:
        run("ip", "-n", lab.here, "tuntap", "add", "tun9", "mode", "tun")
    pingmon.start()
    with tunnel(lab):
        for one in (DIRECT, BEHIND):
            pingmon.add(one, *SETTINGS)
        pingmon.wait_state("up", DIRECT, BEHIND)
    began = time.monotonic()
    told_after(pingmon, began, WITHIN, "can't see", BEHIND, words)
    seen = pingmon.monitors()
    assert (seen[BEHIND]["state"], seen[BEHIND]["reason"]) == ("unknown", words)
    assert seen[DIRECT]["state"] == "up"
    assert pingmon.status()["health"] != "ok"
    with tunnel(lab):
        wait_until_seen_again(pingmon, BEHIND)


@pytest.mark.parametrize("error", [errno.ENOKEY, errno.EDESTADDRREQ])
def test_the_errors_of_a_wireguard_peer_without_key_or_endpoint(
    lab: Lab, pingmon: Pingmon, error: int
) -> None:
    """A filter of system calls gives them, for IPv6: not every kernel has WireGuard."""
    lesser = (sys.executable, "-m", "tests.support.lesser_kernel", f"sendto:{error}:28", "--")
    pingmon.start()
    for one in (DIRECT, DIRECT6):
        pingmon.add(one, *SETTINGS)
    pingmon.wait_state("up", DIRECT, DIRECT6)
    pingmon.stop()
    pingmon.start(wrap=lesser)
    began = time.monotonic()
    words = f"could not send: {os.strerror(error)}"
    told_after(pingmon, began, WITHIN, "can't see", DIRECT6, words)
    seen = pingmon.monitors()
    assert (seen[DIRECT6]["state"], seen[DIRECT6]["reason"]) == ("unknown", words)
    assert seen[DIRECT]["state"] == "up"
    (refused,) = pingmon.status()["local_errors"]
    assert (refused["kind"], refused["targets"]) == (errno.errorcode[error], 1)
    pingmon.stop()
    pingmon.start()
    wait_until_seen_again(pingmon, DIRECT6)
