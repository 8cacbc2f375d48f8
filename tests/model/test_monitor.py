"""Children are found by their parent, and they are those that a look at all would find."""

from hypothesis import given
from hypothesis import strategies as st

from pingmon.engine.live_monitors import LiveMonitors
from pingmon.model.detection_settings import DetectionSettings, Options
from pingmon.model.monitor import Monitor
from tests.support.fakes import CHANNEL

IDS = st.sampled_from("abcde")
STEPS = st.lists(st.tuples(IDS, st.one_of(st.just("gone"), st.none(), IDS)), max_size=40)


@given(STEPS)
def test_children_are_those_that_name_the_parent(steps: list[tuple[str, str | None]]) -> None:
    monitors, naive = LiveMonitors(), dict[str, Monitor]()
    for one, parent in steps:
        if parent != "gone":
            monitor = Monitor(one, one, "ping", CHANNEL, DetectionSettings(), one, Options(parent=parent))
            monitors.put(monitor)
            naive[one] = monitor
        elif one in naive:
            assert monitors.pop(one) == naive.pop(one)
    assert monitors.ids() == list(naive) and monitors.all() == list(naive.values())
    for one in "abcde":
        expected = {monitor.id for monitor in naive.values() if monitor.options.parent == one}
        assert {child.id for child in monitors.children_of(one)} == expected


def test_those_below_are_found_at_any_depth() -> None:
    monitors = LiveMonitors()
    for one, parent in (("top", None), ("mid", "top"), ("low", "mid"), ("other", None)):
        monitors.put(Monitor(one, one, "ping", CHANNEL, DetectionSettings(), one, Options(parent=parent)))
    assert [one.id for one in monitors.below("top")] == ["mid", "low"]
