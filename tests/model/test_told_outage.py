"""Whether an outage that a message told is still that one."""

from dataclasses import replace

import pytest

from pingmon.model.alarm_state import Alarm, Hold, HoldKind, Known
from pingmon.model.told_outage import Fate, fate_of, may_have_buttons

DOWN = Alarm(known=Known.DOWN, told=Known.DOWN, told_at=105.0, at=100.0, outage_at=100.0)
TOLD = {"kind": "change", "after": "down", "at": 100.0}
ACK = Hold(HoldKind.ACKNOWLEDGED, since=110.0, until_up=True, by="Anna")


def test_it_lasts_until_it_is_over() -> None:
    assert fate_of(TOLD, DOWN) == Fate(is_open=True)
    assert fate_of(TOLD, replace(DOWN, known=Known.UP, at=130.0, outage_at=0.0)) == Fate(ended_at=130.0)


def test_who_takes_care_is_known() -> None:
    assert fate_of(TOLD, replace(DOWN, holds=(ACK,))) == Fate(True, "Anna", 110.0)


def test_a_later_outage_is_another_one() -> None:
    assert fate_of(TOLD, replace(DOWN, at=200.0, outage_at=200.0)) == Fate()


def test_a_device_that_flaps_in_its_outage_has_the_same_one() -> None:
    flapping = replace(DOWN, known=Known.FLAPPING, at=150.0)
    assert fate_of(TOLD, flapping).is_open
    assert fate_of({"kind": "flapping", "after": "flapping", "at": 150.0}, flapping).is_open


@pytest.mark.parametrize("alarm", [None, replace(DOWN, closed=True), Alarm()])
def test_of_what_is_not_watched_any_more_nothing_is_known(alarm: Alarm | None) -> None:
    assert fate_of(TOLD, alarm) == Fate()


def test_buttons_are_for_what_is_down_and_for_who_takes_care() -> None:
    assert may_have_buttons(TOLD) and may_have_buttons({"kind": "acknowledged", "after": "down"})
    assert may_have_buttons({"kind": "still_down", "after": "down"})
    for event in (
        {"kind": "change", "after": "up"},
        {"kind": "slow", "after": "down"},
        {"kind": "reminder", "devices": []},
        {"kind": "closed", "after": "down"},
        {"kind": "steady", "after": "up"},
        {"kind": "operator", "text": "x"},
    ):
        assert not may_have_buttons(event)
