"""Sight that comes and goes: no storm of messages, and it hides no dead device. In virtual time."""

import pytest

from pingmon.model.blindness import COMES_AND_GOES
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.down_threshold import losses_needed
from pingmon.model.evidence import TOLD_WITHIN, evidence_bound
from pingmon.model.loss_model import LossModel
from tests.support.one_life import Life

PLANS = [
    DetectionSettings(interval=1),
    DetectionSettings(interval=10),
    DetectionSettings(interval=1, max_delay=20),
    DetectionSettings(interval=5, down_after=3),
]


def cycles(life: Life, blind: int, sees: int, seconds: int, mood: str = "fine") -> None:
    """So many seconds of blindness after so many of sight, again and again."""
    for _ in range(seconds // (blind + sees)):
        life.live("blind", blind)
        life.live(mood, sees)


def is_told_down(life: Life) -> bool:
    return ("a", "down") in life.engine.announced()


def time_until_told(life: Life) -> float:
    """It dies now; seconds until it was told down, while 3 s of 30 can't be seen."""
    life.died = life.awake
    while not is_told_down(life) and life.awake < life.died + 400:
        mood = "blind" if life.seconds % 30 < 3 else "dead"
        life.live(mood, 3)
    return life.awake - life.died


def began(life: Life) -> int:
    return sum(one["kind"] == "blind_began" for one in life.episodes.events)


@pytest.mark.parametrize("plan", PLANS)
def test_three_seconds_every_thirty_are_told_nobody(plan: DetectionSettings) -> None:
    life = Life(plan)
    life.live("fine", 60)
    cycles(life, 3, 27, 3600)
    assert life.episodes.events == [] and not is_told_down(life)


@pytest.mark.parametrize("plan", PLANS)
def test_a_device_that_dies_meanwhile_is_told_within_its_bound(plan: DetectionSettings) -> None:
    for offset in range(0, 30, 3):
        life = Life(plan)
        life.live("fine", 60 + offset)
        cycles(life, 3, 27, 60)
        assert time_until_told(life) <= evidence_bound(plan) + TOLD_WITHIN


def test_a_device_whose_path_needs_many_losses_is_told_too() -> None:
    plan = DetectionSettings(interval=1)
    bursty = LossModel()
    for _ in range(200):
        bursty = bursty.with_replies(100).with_ended_run(24, 1.0)
    assert losses_needed(bursty, plan) >= 28  # more than there are between two spells
    life = Life(plan)
    up = DetectorState(State.UP, told=State.UP, loss_model=bursty, seen=life.clock.wall())
    life.start({"known": up})
    life.live("fine", 30)
    assert time_until_told(life) <= evidence_bound(plan) + TOLD_WITHIN


def test_spells_that_are_long_enough_to_be_told_become_one_message() -> None:
    plan = DetectionSettings(interval=1, max_delay=20)
    life = Life(plan)
    life.live("fine", 60)
    cycles(life, 60, 60, 6 * 3600)
    assert began(life) == COMES_AND_GOES + 1
    assert sum(one["comes_and_goes"] for one in life.episodes.events if "comes_and_goes" in one) == 1
    life.live("blind", 900)  # one that lasts is told all the same
    assert began(life) == COMES_AND_GOES + 2
    before = len(life.episodes.events)
    life.live("fine", 3700)
    assert [one["kind"] for one in life.episodes.events[before:]] == ["blind_ended"]


def test_a_death_between_long_spells_is_told() -> None:
    plan = DetectionSettings(interval=1, max_delay=20)
    life = Life(plan)
    life.live("fine", 60)
    cycles(life, 60, 60, 3600)
    life.died = life.awake
    life.live("dead", 40)
    assert is_told_down(life)
