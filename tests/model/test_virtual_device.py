"""The virtual device lives as one behind the real Worker would, and the budget is kept on real paths."""

from random import Random

import pytest
from benchmarks.virtual_device import VirtualDevice
from benchmarks.virtual_paths import PATHS, Path

from pingmon.model.detector import State
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.settings import DetectionSettings
from pingmon.probes.target import Pace
from tests.support.fakes import House, NoSilenceCheck

BY_NAME = {path.name: path for path in PATHS}


def path(words: str) -> Path:
    return next(one for name, one in BY_NAME.items() if words in name)


class Recorded(VirtualDevice):
    """Puts every result, and every bunch of counted replies, through the real Worker as well."""

    def __init__(self, house: House, path: Path, detection: DetectionSettings, chance: Random) -> None:
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
    house = House(silence_check=NoSilenceCheck())
    device = Recorded(house, path(words), DetectionSettings(interval=1), Random(words))
    device.live(2 * 3600.0)
    assert [one.after for _, one, _ in house.told] == [one.after for one in device.transitions]
    assert any(one.after is State.DOWN for one in device.transitions)
    learned, ours = house.state("a").loss_model, device.state.loss_model
    assert learned.lengths == pytest.approx(ours.lengths) and learned.told == pytest.approx(ours.told)
