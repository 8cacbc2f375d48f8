"""Neighbours that turn bad together, gaps and heavy tails on real packets: the budget is kept."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.end_to_end.test_accelerated_hour import Calls, changes
from tests.end_to_end.test_daemon import states
from tests.support.bot_api import TOKEN
from tests.support.devices import Devices
from tests.support.lab import Lab, Pingmon, during, until

MANY = [f"10.0.50.{number + 1}" for number in range(200)]
COMMON = {"chat_id": 1001, "token": TOKEN, "verify": False}


def add_all(call: Calls, addresses: list[str], **settings: float) -> dict[str, str]:
    return {one: call("add_mon", ip_address=one, **COMMON, **settings)["id"] for one in addresses}


@pytest.mark.long
@pytest.mark.timeout(240)
def test_two_hundred_fresh_devices_that_lose_a_fifth_alarm_nobody_and_deaths_are_told(
    lab: Lab, pingmon: Pingmon
) -> None:
    pingmon.start()
    call = Calls(pingmon)
    ids = add_all(call, MANY, interval=1)
    until(lambda: states(pingmon)["up"] == len(MANY), 60, "all to be up")
    lab.nft("add rule inet lab input ip daddr 10.0.50.0/24 numgen random mod 100 < 20 drop\n")
    during(40, lambda: not pingmon.messages(), "nobody to be alarmed")
    found = call("explain", id=ids[MANY[50]])
    assert "neighbours by v0 in 10.0.50.0/24 lost" in found["neighbours"]
    assert found["now"]["waits_for"] > 5
    dead = MANY[:10]
    lab.unplug(*dead)
    until(lambda: set(changes(pingmon)) >= set(dead), 25, "ten deaths to be told")
    assert changes(pingmon) == dict.fromkeys(dead, 1)
    pingmon.stop()
    pingmon.start()
    call = Calls(pingmon)
    assert call("explain", id=ids[MANY[50]])["now"]["waits_for"] > 5


@pytest.fixture
def devices(lab: Lab) -> Iterator[Devices]:
    with Devices(lab, "10.51.0.0/24") as made:
        yield made


@pytest.mark.long
@pytest.mark.timeout(240)
def test_a_gap_of_three_seconds_again_and_again_alarms_once_at_most(
    lab: Lab, pingmon: Pingmon, devices: Devices
) -> None:
    """Every ten seconds instead of every minute: fifteen gaps are learned from as well."""
    pingmon.start()
    address = "10.51.0.1"
    add_all(Calls(pingmon), [address], interval=1)
    pingmon.wait_state("up", address)
    for _ in range(15):
        during(7, lambda: True, "the device to answer")
        devices.tell("silent", address)
        during(3.2, lambda: True, "the gap to pass")
        devices.tell("plain", address)
    pingmon.wait_state("up", address)
    assert changes(pingmon).get(address, 0) <= 2  # down, and up again
    devices.tell("silent", address)
    before = changes(pingmon).get(address, 0)
    until(lambda: changes(pingmon).get(address, 0) > before, 30, "its death to be told")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_bursts_of_pareto_length_are_learned_and_deaths_among_them_told(
    lab: Lab, pingmon: Pingmon, devices: Devices
) -> None:
    """Twenty devices, a burst about every eight seconds each; time runs ten times as fast."""
    pingmon.start()
    call = Calls(pingmon)
    addresses = [f"10.51.0.{number + 1}" for number in range(20)]
    for number, address in enumerate(addresses):
        devices.tell("pareto", address, 8, 1.5, 0.3, 6, number)
    ids = add_all(call, addresses, interval=1, down_after=30)
    until(lambda: states(pingmon)["up"] == len(addresses), 30, "all to be up")

    def runs() -> float:
        seen: float = sum(call("explain", id=one)["runs_of_losses"] for one in ids.values())
        return seen

    until(lambda: runs() >= 5 * len(ids), 120, "runs to be seen")
    for one in ids.values():
        call("edit_mon", id=one, false_alarms="1/year")
    during(40, lambda: not pingmon.messages(), "nobody to be alarmed")
    dead = Random(1).sample(addresses, 3)
    for address in dead:
        devices.tell("silent", address)
    until(lambda: set(changes(pingmon)) >= set(dead), 130, "three deaths to be told")
    assert changes(pingmon) == dict.fromkeys(dead, 1)
