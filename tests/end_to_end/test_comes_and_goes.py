"""A cable with a loose contact: gone for three seconds again and again, on real packets."""

import time

import pytest

from pingmon.model.evidence import TOLD_WITHIN
from tests.support.lab import Lab, Pingmon, run

A, B, C = "10.0.0.1", "10.0.1.1", "10.0.2.1"
BOUND = 30.0  # s
SETTINGS = ("--interval", "1", "--timeout", "1", "--max_delay", f"{BOUND:g}", "--no_wait")
GONE, THERE = 3.0, 9.0  # s


def cycle(lab: Lab, until_told: Pingmon | None = None) -> None:
    """Ends sooner once something was told."""
    for state, seconds in (("down", GONE), ("up", THERE)):
        run("ip", "-n", lab.peer, "link", "set", "v1", state)
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (until_told and until_told.messages()):
            time.sleep(0.1)
    run("ip", "-n", lab.peer, "link", "set", "v1", "up")


@pytest.mark.long
@pytest.mark.timeout(400)
def test_short_spells_are_told_nobody_and_hide_no_dead_device(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    for address in (A, B, C):
        pingmon.add(address, *SETTINGS)
    pingmon.wait_state("up", A, B, C)
    for _ in range(5):
        cycle(lab)
    assert pingmon.messages() == []
    lab.unplug(A)
    died = time.monotonic()
    while not pingmon.messages() and time.monotonic() - died < 2 * BOUND + TOLD_WITHIN:
        cycle(lab, pingmon)
    took = time.monotonic() - died
    print(f"told after {took:.1f} s")
    (message,) = pingmon.messages()
    assert A in message["text"] and "is down" in message["text"]
    assert took < BOUND + TOLD_WITHIN
    for _ in range(3):
        cycle(lab)
    assert len(pingmon.messages()) == 1
