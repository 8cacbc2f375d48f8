"""Workers feed pools and ask them: by way out, prefix and parent; kept over a restart."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pingmon.engine.neighbours import Neighbours, prefix_of
from pingmon.kinds import DEFAULT_PROBE
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.down_threshold import losses_needed
from pingmon.model.loss_model import NO_PRIOR, LossModel
from pingmon.model.probe_result import Outcome
from pingmon.model.visibility import WayOut
from tests.support.fakes import FakeEngine, NoSilenceCheck, result

DETECTION = DetectionSettings(interval=1)
FIRST, SECOND = WayOut("eth0", "", 4), WayOut("eth1", "192.0.2.1", 4)
UP = DetectorState(State.UP, told=State.UP)


def way_of(address: str) -> WayOut:
    return SECOND if address.startswith("10.9.") else FIRST


class House(FakeEngine):
    def __init__(self) -> None:
        super().__init__(silence_check=NoSilenceCheck())
        self.neighbours = self.house = Neighbours(way_of, self.clock)

    def live(self, names: list[str], seconds: int, loses_every: int = 5) -> None:
        """Each loses one of so many probes; 0: none."""
        for _ in range(seconds):
            self.clock.now += 1
            for number, name in enumerate(names):
                lost = loses_every and (int(self.clock.now) + number) % loses_every == 0
                outcome = Outcome.TIMEOUT if lost else Outcome.REPLY
                self.feed(name, [result(outcome, self.clock.wall())])

    def needed(self, address: str, parent: str | None = None) -> int:
        return losses_needed(LossModel(), DETECTION, self.house.of(address).prior(parent))


def house(*names: str, parent: str | None = None) -> House:
    made = House()
    for name in names:
        made.add(name, DETECTION, parent=parent, known=UP)
    return made


def many(prefix: str, count: int = 8) -> list[str]:
    return [f"{prefix}.{number + 1}" for number in range(count)]


def test_a_fresh_device_is_judged_as_its_neighbours_path_asks_for() -> None:
    lossy = many("10.0.0")
    made = house(*lossy)
    assert made.needed("10.0.0.99") == losses_needed(LossModel(), DETECTION)
    made.live(lossy, 60)
    assert 7 <= made.needed("10.0.0.99") <= 14
    words = str(made.house.of("10.0.0.99").lately(None))
    assert words.startswith("8 neighbours by eth0 in 10.0.0.0/24 lost ")
    assert words.endswith(" % in the last minute")


def test_ways_out_never_teach_each_other() -> None:
    lossy = many("10.0.0")
    made = house(*lossy)
    made.live(lossy, 60)
    assert made.house.of("10.9.0.1").prior(None) == NO_PRIOR
    assert str(made.house.of("10.9.0.1").lately(None)) == ""


def test_kinds_of_probe_never_teach_each_other() -> None:
    lossy = many("10.0.0")
    made = house(*lossy)
    made.live(lossy, 60)
    stranger = made.house.of("10.0.0.99")
    assert stranger.prior(None) != NO_PRIOR
    assert stranger.of_kind("another").prior(None) == NO_PRIOR


def test_pools_that_were_kept_before_there_were_other_kinds_are_those_of_the_first() -> None:
    lossy = many("10.0.0")
    made = house(*lossy)
    made.live(lossy, 60)
    old: list[Any] = [(json.dumps(json.loads(name)[:4]), its) for name, its in made.house.to_save()]
    after = Neighbours(way_of, made.clock)
    after.load(old)
    found = after.of("10.0.0.99").prior(None)
    assert (
        found.p == pytest.approx(made.house.of("10.0.0.99").prior(None).p, rel=0.05) and found != NO_PRIOR
    )


def test_a_clean_prefix_is_not_taught_by_a_bad_one_and_an_unknown_one_is() -> None:
    lossy, clean = many("10.0.0"), many("10.0.1")
    made = house(*lossy, *clean)
    for _ in range(6):
        made.live(lossy, 10)
        made.live(clean, 10, 0)
    assert made.needed("10.0.1.99") == 3
    assert made.needed("10.0.2.1") > 5
    assert "by eth0 lost" in str(made.house.of("10.0.2.1").lately(None))


def test_children_of_one_parent_are_neighbours() -> None:
    children = [f"10.0.{number}.1" for number in range(8)]
    made = house(*children, parent="parent")
    made.live(children, 60)
    assert made.needed("10.0.77.1", "parent") > 5
    assert "behind the same parent" in str(made.house.of("10.0.77.1").lately("parent"))


def test_an_address_that_is_alone_is_taught_nothing_by_itself() -> None:
    made = house("10.0.0.1")
    made.live(["10.0.0.1"], 300)
    assert made.house.of("10.0.0.1").prior(None) == NO_PRIOR


def test_monitors_that_share_a_probe_teach_once() -> None:
    counts = []
    for monitors in (1, 3):
        made = House()
        for number in range(monitors):
            made.add(f"m{number}", DETECTION, address="10.0.0.1", known=UP)
        made.live(["m0"], 60)
        pool = made.house.pools(FIRST, "x", "", DEFAULT_PROBE)[1]
        counts.append(pool.to_json()["memories"])
    assert counts[0] == counts[1]


def test_what_was_taught_outlives_a_restart() -> None:
    lossy = many("10.0.0")
    made = house(*lossy)
    made.live(lossy, 60)
    made.clock.now += 2
    before = made.house.of("10.0.0.99").prior(None)
    saved: list[Any] = json.loads(json.dumps(made.house.to_save()))
    made.clock.gap += 5  # the daemon starts again, and the clock was set meanwhile
    after = Neighbours(way_of, made.clock)
    broken: list[Any] = [["not", {}], ['["a", "", 4, ""]', {}]]
    after.load([*saved, *broken])
    after_prior = after.of("10.0.0.99").prior(None)
    assert before != NO_PRIOR and after_prior.p == pytest.approx(before.p, rel=0.05)


def test_pools_in_which_nothing_happens_go() -> None:
    made = house(*many("10.0.0"))
    made.live(many("10.0.0"), 10)
    assert len(made.house.to_save()) == 2
    made.clock.now += 3 * 86400
    assert made.house.to_save() == [] and made.house.of("10.0.0.1").prior(None) == NO_PRIOR


def test_many_threads_report_and_ask_at_once() -> None:
    neighbours = Neighbours(way_of)

    def report(number: int) -> None:
        mine = neighbours.of(f"10.0.{number % 4}.{number}")
        for _ in range(500):
            mine.add_replies(10, None)
            mine.prior(None)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(report, range(32)))
    pool = neighbours.pools(FIRST, "x", "", DEFAULT_PROBE)[1]
    pool.prior("x", neighbours.now() + 2)  # the window that is open is closed
    assert pool.to_json()["memories"][2][0] == pytest.approx(32 * 500 * 10, rel=0.01)


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("10.1.2.3", "10.1.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64%eth0"),
        ("printer.example", ""),
    ],
)
def test_prefixes(address: str, prefix: str) -> None:
    assert prefix_of(address) == prefix
