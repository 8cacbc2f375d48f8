"""When probes leave, on a clock of our own."""

import itertools
from collections.abc import Iterator
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from pingmon.model.prober_protocols import Pace
from pingmon.probes.scheduled.schedule import CONFIRM_INTERVAL, Schedule
from pingmon.probes.scheduled.target import ScheduledProbe, ScheduledTarget

TICK = 0.01


class World:
    """Targets whose probes are answered after `rtt` seconds; None: never, until `timeout`."""

    def __init__(self, begin: float = 1000.0) -> None:
        self.now = begin
        self.sent: list[tuple[float, ScheduledTarget[Any]]] = []
        self.probes: list[tuple[ScheduledProbe, Pace]] = []
        self.rtt: float | None = 0.05
        self.schedule: Schedule[ScheduledTarget[Any]] = Schedule(self._send)
        self._under_way: list[ScheduledProbe] = []

    def target(
        self, address: str = "10.0.0.1", interval: float = 10.0, timeout: float = 2.0
    ) -> ScheduledTarget[Any]:
        made: ScheduledTarget[Any] = ScheduledTarget(
            address, interval, timeout, lambda _: None, cast(Any, None), Pace.SETTLED
        )
        self.schedule.start(made, self.now)
        return made

    def times(self, target: ScheduledTarget[Any]) -> list[float]:
        return [at for at, one in self.sent if one is target]

    def run(self, seconds: float, most: int = 250) -> None:
        for _ in self._ticks(seconds):
            for probe in list(self._under_way):
                age = self.now - probe.sent_mono
                if self.rtt is not None and age >= self.rtt:
                    probe.answered = True
                    probe.target.last_reply = probe.sent_mono
                if probe.answered or age >= probe.target.timeout:
                    self._under_way.remove(probe)
                    probe.target.outstanding.remove(probe)
            self.schedule.probe_silent_targets(self.now)
            self.schedule.send_due(self.now, most)

    def _ticks(self, seconds: float) -> Iterator[None]:
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            yield

    def _send(self, target: ScheduledTarget[Any], now: float) -> ScheduledProbe:
        self.sent.append((now, target))
        probe = ScheduledProbe(target, int(now * 1e9), now)
        target.outstanding.append(probe)
        self._under_way.append(probe)
        self.probes.append((probe, target.pace))
        return probe


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def test_a_settled_target_is_probed_once_per_interval_on_its_own_grid() -> None:
    world = World()
    targets = [world.target(f"10.0.0.{n}", 5.0) for n in range(20)]
    world.run(31)
    for target in targets:
        assert all(abs(gap - 5.0) < 2 * TICK for gap in gaps(world.times(target))[1:])
    phases = {round(world.times(target)[-1] % 5.0, 1) for target in targets}
    assert len(phases) > 10  # spread


def test_silence_of_a_settled_target_hurries_the_next_probe() -> None:
    world = World()
    target = world.target(interval=30.0)
    world.run(31)
    world.rtt = None
    world.run(30)
    first, second = world.times(target)[-2:]
    assert abs(second - first - CONFIRM_INTERVAL) < 3 * TICK


def test_a_target_that_is_confirmed_is_probed_once_a_second() -> None:
    world = World()
    target = world.target(interval=30.0)
    world.run(1)
    world.schedule.change_pace(target, Pace.CONFIRMING, world.now)
    world.run(5)
    assert all(abs(gap - CONFIRM_INTERVAL) < 2 * TICK for gap in gaps(world.times(target)))
    assert len(world.times(target)) >= 5


def test_confirming_begins_a_second_after_the_latest_probe_however_short_the_interval_is() -> None:
    """That one may be silent, too: two losses of one burst must not count as two."""
    world = World()
    target = world.target(interval=0.2)
    world.run(1)
    world.rtt = None
    while len(target.outstanding) < 2:  # the second one was hurried by the silence of the first
        world.run(TICK)
    world.schedule.change_pace(target, Pace.CONFIRMING, world.now)
    world.run(3)
    assert min(gaps(world.times(target)[-4:])) > CONFIRM_INTERVAL - 1e-6


def test_a_probe_now_leaves_now() -> None:
    world = World()
    target = world.target(interval=60.0)
    world.run(65)
    before = len(world.times(target))
    world.schedule.probe_now(target, world.now)
    world.run(0.05)
    assert len(world.times(target)) == before + 1


def test_a_burst_is_bounded_and_goes_on_at_the_next_turn() -> None:
    world = World()
    for n in range(50):
        world.target(f"10.0.1.{n}", 0.2)
    world.now += 1.0
    assert world.schedule.send_due(world.now, 10)
    assert len(world.sent) == 10
    while world.schedule.send_due(world.now, 10):
        pass
    assert len({id(target) for _, target in world.sent}) == 50


def test_what_was_removed_is_not_probed() -> None:
    world = World()
    target = world.target(interval=0.5)
    world.run(2)
    target.removed = True
    before = len(world.sent)
    world.run(5)
    assert len(world.sent) == before and not list(world.schedule.targets())


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["settled", "confirming", "silent", "probe_now", "dead", "alive"]),
        st.floats(0.05, 3.0),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(
    steps=_STEPS,
    interval=st.sampled_from([0.2, 1.0, 3.7, 30.0]),
    timeout=st.sampled_from([0.1, 2.0]),
    begin=st.floats(0, 1e6),
)
def test_losses_are_never_less_than_a_second_apart(
    steps: list[tuple[str, float]], interval: float, timeout: float, begin: float
) -> None:
    """Whoever asks for probes, and however the pace changes; of what is known to be down they may be."""
    world = World(begin)
    target = world.target(interval=interval, timeout=timeout)
    for step, seconds in steps:
        if step == "probe_now":
            target.result_wanted = False
            world.schedule.probe_now(target, world.now)
        elif step in ("dead", "alive"):
            world.rtt = None if step == "dead" else 0.05
        else:
            world.schedule.change_pace(target, Pace[step.upper()], world.now)
        world.run(seconds)
    for (first, _), (second, pace) in itertools.pairwise(world.probes):
        if not first.answered and pace is not Pace.SILENT:
            assert second.sent_mono - first.sent_mono > CONFIRM_INTERVAL - 1e-6
