"""A monitor is meant by its ID, the first letters of it, its exact name, host name or address."""

from dataclasses import replace

import pytest

from pingmon.engine.find_monitor import find_live
from pingmon.engine.live_monitors import LiveMonitors
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.errors import InvalidValue
from pingmon.model.id_prefix import is_id_prefix
from pingmon.model.monitor import Channel, Monitor

CHANNEL = Channel(1, "telegram", 1, "bot", "1001", None)


def monitor(number: str, address: str, name: str = "") -> Monitor:
    identity = f"{number}-0000-4000-8000-000000000000"
    return Monitor(identity, address, "ping", CHANNEL, DetectionSettings(), name)


ROUTER = monitor("036bc24f", "10.0.0.1", "router")
PRINTER = monitor("cafe0001", "10.0.0.2", "printer")
CAFE = monitor("12345678", "fd00:1::4", "cafe")
TWICE = monitor("036b0000", "10.0.0.2", "door")


URL = "http://www.example.org/health"
WEB = replace(
    monitor("77777777", "10.0.0.9", "web"),
    host="www.example.org",
    mon_type="http",
    probe_options=(("url", URL),),
)


@pytest.fixture
def monitors() -> LiveMonitors:
    found = LiveMonitors()
    for one in (ROUTER, PRINTER, CAFE, TWICE, WEB):
        found.put(one)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ROUTER.id, ROUTER),
        (ROUTER.id.upper(), ROUTER),
        ("036bc", ROUTER),
        ("router", ROUTER),
        (" router ", ROUTER),
        ("10.0.0.1", ROUTER),
        ("FD00:1:0::4", CAFE),
        ("www.example.org", WEB),
        ("WWW.Example.ORG.", WEB),
        ("10.0.0.9", WEB),
        (URL, WEB),
        ("example.org", None),
        ("Router", None),
        ("rout", None),
        ("036", None),
        ("10.0.0", None),
        ("", None),
    ],
)
def test_one_is_found(monitors: LiveMonitors, text: str, expected: Monitor | None) -> None:
    assert find_live(monitors, text) == expected


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("036b", (ROUTER, TWICE)),
        ("10.0.0.2", (PRINTER, TWICE)),
        ("cafe", (PRINTER, CAFE)),  # the beginning of one's ID, and another one's name
    ],
)
def test_more_than_one_is_refused_with_the_list(
    monitors: LiveMonitors, text: str, both: tuple[Monitor, Monitor]
) -> None:
    with pytest.raises(InvalidValue) as refused:
        find_live(monitors, text)
    assert "names 2 monitors" in str(refused.value)
    assert all(one.id[:8] in str(refused.value) and one.label in str(refused.value) for one in both)


def test_names_follow_edits_and_deletions(monitors: LiveMonitors) -> None:
    monitors.put(replace(ROUTER, name="gate"))
    assert find_live(monitors, "router") is None
    found = find_live(monitors, "gate")
    assert found is not None and found.id == ROUTER.id
    monitors.pop(TWICE.id)
    assert find_live(monitors, "10.0.0.2") == PRINTER and find_live(monitors, "door") is None


@pytest.mark.parametrize(("text", "expected"), [("036b", True), ("036", False), ("rout", False)])
def test_what_may_be_the_beginning_of_an_id(text: str, expected: bool) -> None:
    assert is_id_prefix(text) is expected
