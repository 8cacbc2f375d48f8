"""Monitors by key: none, one or several, each in its place until it goes."""

from dataclasses import replace

from pingmon.engine.monitors_by_key import MonitorsByKey
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.monitor import Channel, Monitor

CHANNEL = Channel(1, "telegram", 1, "bot", "1001", None)
ONE = Monitor("1", "10.0.0.1", "ping", CHANNEL, DetectionSettings())
TWO = replace(ONE, id="2")


def test_several_are_found_in_the_order_in_which_they_came() -> None:
    found = MonitorsByKey[str]()
    assert found.of("x") == []
    found.put("x", ONE)
    assert found.of("x") == [ONE]
    found.put("x", TWO)
    assert found.of("x") == [ONE, TWO]


def test_other_settings_take_the_place_of_those_before() -> None:
    found = MonitorsByKey[str]()
    found.put("x", ONE)
    found.put("x", named := replace(ONE, name="a"))
    assert found.of("x") == [named]
    found.put("x", TWO)
    found.put("x", ONE)
    assert found.of("x") == [ONE, TWO]


def test_what_is_not_there_can_be_discarded_and_nothing_is_left_of_the_last() -> None:
    found = MonitorsByKey[str]()
    found.discard("x", ONE)
    found.put("x", ONE)
    found.discard("x", TWO)
    assert found.of("x") == [ONE]
    found.put("x", TWO)
    found.discard("x", ONE)
    assert found.of("x") == [TWO]
    found.discard("x", TWO)
    assert found.of("x") == []
    assert not found._found
