"""For any history: "up" only with a reply younger than its bound, and a dead device is told in time."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import State
from pingmon.model.evidence import TOLD_WITHIN, evidence_bound
from tests.support.one_life import MOMENTS, MOODS, Life

PLANS = [
    DetectionSettings(interval=1, max_delay=20),
    DetectionSettings(interval=10),
    DetectionSettings(interval=5, down_after=3),
    DetectionSettings(interval=2, down_after_seconds=30),
]
HOUR = DetectionSettings(interval=3600, max_delay=7200)
# What goes on for so many seconds, and what happens then: see Life.
SPELLS = st.tuples(
    st.tuples(st.sampled_from(MOODS), st.integers(1, 60)), st.sampled_from(["", "", "", *MOMENTS])
)


@given(st.sampled_from(PLANS), st.lists(SPELLS, max_size=25), st.lists(SPELLS, max_size=10))
@settings(max_examples=150, deadline=None)
@example(DetectionSettings(interval=10), [(("fine", 20), "")], [(("refused", 60), "")] * 5)
@example(DetectionSettings(interval=10), [(("slow", 60), "")], [(("mostly refused", 60), "")] * 5)
@example(
    DetectionSettings(interval=10),
    [(("fine", 60), ""), (("lossy", 60), "")],
    [(("dead", 27), ""), (("blind", 3), "")] * 8,
)
@example(PLANS[1], [(("fine", 20), "")], [(("refused", 150), "restart"), (("refused", 60), "")])
@example(PLANS[0], [(("fine", 20), one) for one in MOMENTS], [(("doubt", 60), "stalled")])
@example(PLANS[2], [(("fine", 20), ""), (("flapping", 60), "")] * 3, [])
@example(PLANS[0], [(("fine", 20), "")], [(("busy", 60), ""), (("dead", 9), ""), (("busy", 60), "")])
@example(
    PLANS[3], [(("fine", 10), ""), (("slow", 1), "stalled"), (("mostly refused", 4), "")], []
)  # too few losses at the bound, enough later
def test_up_needs_evidence_and_a_dead_device_is_told_within_the_bound(
    detection: DetectionSettings,
    before: list[tuple[tuple[str, int], str]],
    after: list[tuple[tuple[str, int], str]],
) -> None:
    live(Life(detection), before, after)


def live(life: Life, before: list[Any], after: list[Any]) -> None:
    for (mood, seconds), moment in before:
        life.live(mood, seconds)
        life.happen(moment)
    life.died, life.late = life.awake, []
    for (mood, seconds), moment in after:
        life.live(mood, seconds)
        life.happen(moment)
    life.live("dead", 210)
    assert life.state.state is State.DOWN, "nothing speaks against it any more"


def test_without_the_watch_a_refused_device_looks_well_for_ever() -> None:
    life = Life(DetectionSettings(interval=10), has_watch=False)
    with pytest.raises(AssertionError, match="up without evidence"):
        live(life, [(("fine", 20), "")], [(("refused", 600), "")])


def test_blindness_that_comes_and_goes_hides_no_outage() -> None:
    """Three seconds of it every thirty, on a path that needs more losses than fit in between."""
    life = Life(DetectionSettings(interval=1, down_after=48))
    life.live("fine", 20)
    life.died = life.awake
    for _ in range(4):
        life.live("dead", 27)
        life.live("blind", 3)
    assert ("a", "down") in life.engine.announced()


def test_how_long_blindness_lasted_is_told_right_though_the_clock_was_set() -> None:
    for moment in ("clock ahead", "clock back"):
        life = Life(PLANS[0])
        life.live("fine", 10)
        life.live("refused", 60)
        life.happen(moment)
        life.live("refused", 60)
        life.live("fine", 10)
        began, ended = life.episodes.events
        assert (began["kind"], ended["kind"]) == ("blind_began", "blind_ended")
        assert 110 <= ended["until"] - ended["at"] <= 130


def test_blindness_that_lasts_is_told_though_it_was_told_that_it_comes_and_goes() -> None:
    life = Life(PLANS[0])
    for _ in range(5):
        life.live("fine", 20)
        life.live("refused", 60)
    life.live("fine", 20)
    began = [one for one in life.episodes.events if one["kind"] == "blind_began"]
    assert [one["comes_and_goes"] for one in began] == [False, False, False, True]
    told = len(life.episodes.events)
    life.live("refused", 20 + 600 + 20)
    assert len(life.episodes.events) == told + 1


@pytest.mark.parametrize(
    ("detection", "bound"),
    list(zip([*PLANS, HOUR], [20, 120, 3 * 5 + 2, 32, 3 * 3600 + 2], strict=True)),
)
def test_the_bound_is_the_rules_own_time_or_three_intervals(
    detection: DetectionSettings, bound: float
) -> None:
    assert evidence_bound(detection) == bound


FLAPS = DetectionSettings(interval=1, down_after=2)


@pytest.mark.parametrize(
    ("detection", "before", "after"),
    [(plan, "flapping", "dead") for plan in (FLAPS, PLANS[1], PLANS[2], HOUR)]
    + [(plan, "slow", "dead") for plan in (*PLANS, HOUR)]
    + [(plan, "fine", "mostly refused") for plan in (*PLANS, HOUR)],
)
def test_what_delays_an_alarm_delays_it_in_time_and_not_in_losses(
    detection: DetectionSettings, before: str, after: str
) -> None:
    """A device dies while it flaps, while its replies are late, while nine of ten sends fail."""
    life = Life(detection)
    life.live("fine", 20)
    life.live(before, int(12 * detection.interval + 60))
    if before == "flapping":
        assert life.state.is_flapping
    life.died, life.late = life.awake, []
    within = evidence_bound(detection) + TOLD_WITHIN
    life.live(after, int(within) + 1)
    assert life.told_after is not None and life.told_after <= within
    print(f"{before}, then {after}: told after {life.told_after:.0f} s of {within:.0f} s")
