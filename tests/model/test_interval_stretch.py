"""A machine that can't keep up: intervals are stretched evenly, it is said, and nothing is a loss."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.interval_stretch import EASY, LATE, LATE_WINDOWS, MOST, Backpressure
from tests.end_to_end.test_daemon import add_many, states
from tests.support.lab import Lab, Pingmon, until

LATENESS = st.lists(st.lists(st.floats(0, 5), max_size=20), max_size=200)


def replay(windows: list[list[float]]) -> tuple[Backpressure, list[str]]:
    made, said = Backpressure(), []
    for second, lateness in enumerate(windows):
        made.lateness.extend(lateness)
        if words := made.adjust(float(second)):
            said.append(words)
    return made, said


@given(LATENESS)
def test_the_factor_stays_in_bounds_and_what_begins_is_said_to_end(windows: list[list[float]]) -> None:
    made, said = replay(windows)
    assert 1.0 <= made.stretch <= MOST
    assert len(said) % 2 == (made.stretch > 1.0)
    eased, more = replay([*windows, *[[0.0]] * 300])
    assert eased.stretch == 1.0 and len(more) % 2 == 0


@given(LATENESS)
def test_a_moment_of_lateness_stretches_nothing(windows: list[list[float]]) -> None:
    calm = [window if index % LATE_WINDOWS else [EASY / 2] for index, window in enumerate(windows)]
    assert replay(calm) == replay([]) or replay(calm)[0].stretch == 1.0


def test_lasting_lateness_stretches_until_it_ends() -> None:
    made, said = replay([[LATE * 2]] * (LATE_WINDOWS - 1))
    assert made.stretch == 1.0 and not said
    made, said = replay([[LATE * 2]] * (LATE_WINDOWS + 3))
    assert made.stretch > 1.4 and "can't keep up" in said[0] and len(said) == 1


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_a_starved_daemon_says_so_and_calls_nobody(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start(wrap=("taskset", "-c", "0"))
    devices = [f"10.0.{n // 250}.{n % 250 + 1}" for n in range(3000)]
    add_many(pingmon, devices, interval=0.2)
    until(lambda: states(pingmon)["up"] == len(devices), 60, "all to be up")
    burn = ["taskset", "-c", "0", sys.executable, "-c", "while True: pass"]
    burners = [subprocess.Popen(burn) for _ in range(3)]

    def scheduling() -> dict[str, Any]:
        """Empty if the answer comes too late for the client, as it may with a quarter of a core."""
        answer = pingmon.ctl("status", "-o", "json", check=False)
        status = json.loads(answer.stdout) if answer.returncode == 0 else {}
        return {"health": status["health"], **status["scheduling"]} if status else {}

    def says_it_is_starved() -> bool:
        now = scheduling()
        return now.get("stretch", 1.0) > 1.0 and "can't keep up" in now["health"]

    try:
        until(says_it_is_starved, 120, "the intervals to be stretched")
        assert "can't keep up" in pingmon.log.read_text()
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    until(lambda: scheduling().get("stretch") == 1.0, 90, "the intervals to be as they were set")
    assert states(pingmon) == {"up": len(devices), "down": 0, "unknown": 0}
    assert pingmon.messages() == []
