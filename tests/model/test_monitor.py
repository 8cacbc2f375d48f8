"""Monitors are found by parent and channel, and they are those that a look at all would find."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pingmon.engine.live_monitors import LiveMonitors
from pingmon.model.detection_settings import DetectionSettings, Options
from pingmon.model.monitor import Channel, Monitor
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


CHANNELS = [replace(CHANNEL, id=number) for number in range(3)]
TELLING = st.lists(
    st.tuples(
        IDS, st.sampled_from(CHANNELS), st.lists(st.sampled_from(CHANNELS)), st.sampled_from("ne-")
    ),
    max_size=40,
)


@given(TELLING)
def test_those_that_may_tell_a_chat_are_found_by_its_channels(
    steps: list[tuple[str, Channel, list[Channel], str]],
) -> None:
    monitors, naive = LiveMonitors(), dict[str, Monitor]()
    for one, channel, others, what in steps:
        if what == "-":
            if one in naive:
                assert monitors.pop(one) == naive.pop(one)
            continue
        options = Options(escalation="night" if what == "e" else "")
        monitor = Monitor(one, one, "ping", channel, DetectionSettings(), one, options, (), tuple(others))
        monitors.put(monitor)
        naive[one] = monitor
    for some in ([], [0], [1, 2], [7]):
        expected = [
            one
            for one in naive.values()
            if one.options.escalation or any(its.id in some for its in one.channels)
        ]
        assert monitors.that_may_tell(some) == expected


def test_those_below_are_found_at_any_depth() -> None:
    monitors = LiveMonitors()
    for one, parent in (("top", None), ("mid", "top"), ("low", "mid"), ("other", None)):
        monitors.put(Monitor(one, one, "ping", CHANNEL, DetectionSettings(), one, Options(parent=parent)))
    assert [one.id for one in monitors.below("top")] == ["mid", "low"]
