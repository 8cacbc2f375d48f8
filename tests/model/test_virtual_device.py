"""The virtual device lives as one behind the real Worker would, and the budget is kept on real paths."""

from random import Random

import pytest
from benchmarks.real_paths import deaths, is_kept, said_a_year
from benchmarks.virtual_device import DEATH, VirtualDevice
from benchmarks.virtual_paths import DAY, PATHS, Path

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import State
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.prober_protocols import Pace
from tests.support.fakes import FakeEngine, NoSilenceCheck

BY_NAME = {path.name: path for path in PATHS}


def path(words: str) -> Path:
    return next(one for name, one in BY_NAME.items() if words in name)


class Recorded(VirtualDevice):
    """Puts every result, and every bunch of counted replies, through the real Worker as well."""

    def __init__(
        self, house: FakeEngine, path: Path, detection: DetectionSettings, chance: Random
    ) -> None:
        super().__init__(path, detection, chance, (3000.0,))
        self.house, self.start = house, house.clock.wall()
        house.add("a", detection)

    def _count(self) -> None:
        for number in range(self._replies, 0, -1):
            at = self._last - number * self.detection.interval
            self.house.feed("a", [self._moved(ProbeResult(Outcome.REPLY, at, 0.01))])
        super()._count()

    def _take(self, result: ProbeResult) -> None:
        self._count()
        self.house.clock.now = self.now + 1000
        self.house.feed("a", [self._moved(result)])
        super()._take(result)
        worker = self.house.workers["a"]
        pace = worker.groups[0].pace
        assert (pace is Pace.CONFIRMING) is self.state.confirming
        assert (pace is Pace.SETTLED) is (not self.state.confirming and self.state.state is State.UP)
        assert len(self.house.told) == len(self.transitions)

    def _moved(self, result: ProbeResult) -> ProbeResult:
        return result._replace(sent_at=result.sent_at + self.start)


@pytest.mark.parametrize(
    "words", ["3 s every", "Pareto bursts, one per 10", "RTT", "power save", "5 s, 1 %"]
)
def test_a_virtual_device_decides_and_learns_as_the_worker_does(words: str) -> None:
    house = FakeEngine(silence_check=NoSilenceCheck())
    device = Recorded(house, path(words), DetectionSettings(interval=1), Random(words))
    device.live(2 * 3600.0)
    assert [one.after for _, one, _ in house.told] == [one.after for one in device.transitions]
    assert any(one.after is State.DOWN for one in device.transitions)
    learned, ours = house.state("a").loss_model, device.state.loss_model
    assert learned.lengths == pytest.approx(ours.lengths) and learned.told == pytest.approx(ours.told)


@pytest.mark.parametrize("interval", [1.0, 10.0])
@pytest.mark.parametrize(
    ("words", "most", "alarms"),
    [
        ("gap of 3 s", 30.0, 0),
        ("gap of 12 s", 90.0, 0),
        ("one per hour", 120.0, 1),
        ("RTT", 30.0, 0),
        ("power save", 30.0, 0),
        ("no loss", 14.0, 0),
    ],
)
def test_the_budget_is_kept_and_deaths_are_told_on_real_paths(
    words: str, interval: float, most: float, alarms: int
) -> None:
    """A short form of benchmarks/real_paths.py: after the first day, in 21 device-days where cheap."""
    days, later = (1.1 if words == "power save" else 8.0), 0
    for number in range(1 if words in ("power save", "gap of 3 s") else 3):
        chance = Random(f"{words} {interval} {number}")
        died = deaths(chance, days) or ((days - 0.05) * DAY,)
        device = VirtualDevice(path(words), DetectionSettings(interval=interval), chance, died)
        life = device.live(days * DAY)
        later += sum(at >= DAY for at in life.alarms)
        assert len(life.delays) == len(died) and max(life.delays) <= most
    assert later <= alarms


def test_a_device_comes_back_after_its_death() -> None:
    device = VirtualDevice(path("no loss"), DetectionSettings(interval=1), Random(1), (1000.0,))
    device.live(1000.0 + 2 * DEATH)
    assert [one.after for one in device.transitions] == [State.UP, State.DOWN, State.UP]


def test_more_alarms_than_explain_said_beforehand_are_not_taken_for_a_kept_budget() -> None:
    detection = DetectionSettings(interval=1, max_delay=30)
    device = VirtualDevice(path("bursts of 10 s"), detection, Random(1))
    assert said_a_year(device.state, detection) == detection.false_alarms
    device.live(DAY)
    assert said_a_year(device.state, detection) > 10
    sure = {"unsure": 0, "were_unsure": 0}
    assert is_kept({"later": 0, "said": 0.001} | sure) and is_kept({"later": 10, "said": 6.0} | sure)
    assert not is_kept({"later": 10, "said": 4.0} | sure)
    assert not is_kept({"later": 10, "said": 6.0, "unsure": 10, "were_unsure": 2})
