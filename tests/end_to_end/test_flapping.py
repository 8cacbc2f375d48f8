"""A device that dies while it flaps is told within its bound, in time: issue 14, row 14."""

import time

import pytest

from tests.support.lab import Lab, Pingmon, until
from tests.support.waiting import told_after

A = "10.0.0.1"
SETTINGS = ("--interval", "5", "--timeout", "1", "--down_after", "2", "--up_after", "1")
BOUND = 3 * 5 + 1.0  # s


def is_told(pingmon: Pingmon, words: str) -> bool:
    return any(words in one["text"] for one in pingmon.messages())


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_device_that_dies_while_it_flaps_is_told_within_the_bound(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, *SETTINGS)
    pingmon.wait_state("up", A)
    began = time.monotonic()
    while not is_told(pingmon, "changes all the time") and time.monotonic() - began < 120:
        lab.unplug(A)
        pingmon.wait_state("down", A)
        lab.plug(A)
        pingmon.wait_state("up", A)
    assert is_told(pingmon, "changes all the time")
    before = len(pingmon.messages())
    died = time.monotonic()
    lab.unplug(A)
    told_after(pingmon, died, BOUND + 15, "steady", "down")
    seen = pingmon.monitors()[A]
    assert seen["state"] == "down" and "flapping" not in (seen["reason"] or "")
    until(lambda: len(pingmon.messages()) == before + 1, 5, "one message")
