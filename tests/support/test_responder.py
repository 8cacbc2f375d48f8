"""The devices with known faults: what they are told to do is what a pinger sees."""

import subprocess
from itertools import pairwise
from pathlib import Path

from tests.support.devices import Devices
from tests.support.lab import Lab
from tests.support.responder import Chain

NET, NET6, A, B = "10.1.0.0/16", "fd00:2::/64", "10.1.0.1", "fd00:2::1"


def ping(lab: Lab, address: str, *more: str) -> str:
    command = [
        "ip",
        "netns",
        "exec",
        lab.here,
        "ping",
        "-n",
        "-c",
        "4",
        "-i",
        "0.1",
        "-W",
        "1",
        *more,
        address,
    ]
    return subprocess.run(command, capture_output=True, text=True).stdout


def test_devices_do_what_they_are_told_and_log_it(lab: Lab, tmp_path: Path) -> None:
    with Devices(lab, NET, NET6, log=tmp_path / "log") as devices:
        for address in (A, B):
            assert "4 received" in ping(lab, address)
        devices.tell("delay", A, 30)
        quickest = float(ping(lab, A).rpartition(" = ")[2].split("/")[0])
        assert 30 <= quickest < 45
        devices.tell("duplicate", A, 2)
        assert "(DUP!)" in ping(lab, A)
        devices.tell("plain", A)
        for address, error in ((A, (3, 1)), (B, (1, 3))):
            devices.tell("error", address, *error)
            assert "unreachable" in ping(lab, address).lower()
        devices.tell("silent", "*")
        assert "0 received" in ping(lab, "10.1.7.7")
        requests, answers = map(int, devices.tell("count").split())
        assert requests == 28
        assert 27 <= answers <= 28  # ping may end before the last request's second answer
    fates = [line.split()[4] for line in (tmp_path / "log").read_text().splitlines()]
    assert len(fates) == 28
    assert fates.count("silent") == 4


def test_the_chain_loses_its_share_in_bursts_of_its_length() -> None:
    chain = Chain(0.2, 3.0, "seed")
    step, seen = 0.1, []
    for number in range(400_000):
        seen.append(chain.lost(number * step))
    bursts = sum(now and not before for before, now in pairwise(seen))
    assert abs(sum(seen) / len(seen) - 0.2) < 0.02
    assert abs(sum(seen) * step / bursts - 3.0) < 0.3
