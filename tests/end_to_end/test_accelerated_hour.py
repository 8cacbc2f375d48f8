"""An hour of accelerated time, 50 times as fast as by default, on real and bad paths."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.test_daemon import states
from tests.end_to_end.test_delivery import told
from tests.support.bot_api import TOKEN
from tests.support.devices import Devices
from tests.support.lab import Lab, Pingmon, until

FASTER = 50
PLAN = {"interval": 10 / FASTER, "timeout": 1}
RANDOM = [f"10.0.100.{number + 1}" for number in range(60)]  # 5 % lost, one by one
BURSTS = [f"10.51.0.{number + 1}" for number in range(60)]  # 12 %, in bursts, some with ICMP errors
PATH = ("gilbert * 0.12 0.4 3", "refuse * 0.2", "delay * 20 20", "duplicate * 2")
OUTAGES = [one for pair in zip(RANDOM[:5], BURSTS[:5], strict=True) for one in pair]


@pytest.fixture
def devices(lab: Lab) -> Iterator[Devices]:
    lab.nft("add rule inet lab input ip daddr 10.0.100.0/24 numgen random mod 100 < 5 drop\n")
    with Devices(lab, "10.51.0.0/24") as made:
        for command in PATH:
            made.tell(*command.split())
        yield made


class Calls:
    """RPC on one connection: a client process for each of thousands of calls would take too long."""

    def __init__(self, pingmon: Pingmon) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(pingmon.socket))
        self.file = self.socket.makefile("r")

    def __call__(self, method: str, **params: Any) -> dict[str, Any]:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        found: dict[str, Any] = json.loads(self.file.readline())["result"]
        return found


def changes(pingmon: Pingmon) -> dict[str, int]:
    counts: dict[str, int] = {}
    for message in pingmon.messages():
        for address, count in told(message["text"]).items():
            counts[address] = counts.get(address, 0) + count
    return counts


@pytest.mark.long
@pytest.mark.timeout(240)
def test_an_hour_on_bad_paths_tells_every_outage_once_and_nothing_else(
    lab: Lab, pingmon: Pingmon, devices: Devices
) -> None:
    pingmon.start()
    call = Calls(pingmon)
    common = {"chat_id": 1001, "token": TOKEN, "verify": False, "down_after": 30, **PLAN}
    ids = {one: call("add_mon", ip_address=one, **common)["id"] for one in RANDOM + BURSTS}
    until(lambda: states(pingmon)["up"] == len(ids), 20, "all to be up")

    def learned() -> bool:
        seen = [call("explain", id=one)["runs_of_losses"] for one in ids.values()]
        return bool(min(seen) >= 3 and sum(seen) / len(seen) >= 9)

    began = time.monotonic()
    until(learned, 90, "all paths to be learned")
    print(f"learned in {time.monotonic() - began:.0f} s")
    for one in ids.values():
        assert call("edit_mon", id=one, false_alarms="1/year")["changed"]
    hour = time.monotonic() + 3600 / FASTER

    def command(word: str, device: str) -> None:
        if device in RANDOM:
            (lab.unplug if word == "silent" else lab.plug)(device)
        else:
            devices.tell(word, device)

    waits = {one: call("explain", id=ids[one])["now"]["delay_p99_s"] for one in OUTAGES}
    for device in OUTAGES:  # one after the other, each for as long as it takes to be told
        command("silent", device)
        time.sleep(1)
    # What is lost meanwhile makes it a little more patient than it said before.
    patience = 2 * max(waits.values())
    until(lambda: set(changes(pingmon)) >= set(OUTAGES), patience, "all outages to be told")
    for device in OUTAGES:
        command("plain", device)  # as all are
    until(lambda: all(changes(pingmon)[one] == 2 for one in OUTAGES), 30, "all to be told up")
    until(lambda: time.monotonic() > hour, 3600 / FASTER, "the hour to pass")
    assert changes(pingmon) == dict.fromkeys(OUTAGES, 2)
    words = "\n".join(message["text"] for message in pingmon.messages())
    assert "could not see" not in words and "changes all the time" not in words
    assert "went silent together" not in pingmon.log.read_text()
    assert states(pingmon) == {"up": len(ids), "down": 0, "unknown": 0}
