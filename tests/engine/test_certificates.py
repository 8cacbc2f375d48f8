"""A certificate that ends soon is told once, whatever happens meanwhile."""

import json

import pytest

from pingmon.model.certificate import DAY, REMEMBERED
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import TransitionKind, detector_state_from_json
from pingmon.model.probe_result import Outcome
from tests.support.fakes import FakeClock, FakeEngine, NoSilenceCheck, result

EVERY = DetectionSettings(interval=60)


@pytest.fixture
def engine() -> FakeEngine:
    made = FakeEngine(FakeClock(), NoSilenceCheck())
    made.add("shop", EVERY, mon_type="tls", probe_options={"port": 8443})
    return made


def probe(engine: FakeEngine, ends: float | None, outcome: Outcome = Outcome.REPLY) -> None:
    (group,) = engine.workers["shop"].groups
    group.target.certificate_ends = ends
    engine.clock.now += 60
    engine.feed("shop", [result(outcome, engine.clock.wall() - 1)])


def told(engine: FakeEngine) -> list[str]:
    return [one.reason for _, one, _ in engine.told if one.kind is TransitionKind.CERTIFICATE]


def in_days(engine: FakeEngine, days: float) -> float:
    return engine.clock.wall() + days * DAY


def test_end_is_told_once_when_it_comes_near(engine: FakeEngine) -> None:
    ends = in_days(engine, 22)
    for _ in range(3):
        probe(engine, ends)
    assert told(engine) == []
    engine.clock.now += DAY
    for _ in range(3):
        probe(engine, ends)
    assert len(told(engine)) == 1 and told(engine)[0].startswith("the certificate ends on ")


def test_another_certificate_is_told_again(engine: FakeEngine) -> None:
    first, renewed = in_days(engine, 3), in_days(engine, 90)
    probe(engine, first)
    probe(engine, renewed)
    assert len(told(engine)) == 1
    engine.clock.now += 80 * DAY
    probe(engine, renewed)
    assert len(told(engine)) == 2


def test_machines_behind_one_name_are_told_once_each(engine: FakeEngine) -> None:
    ends = [in_days(engine, 3 + number) for number in range(REMEMBERED)]
    for _ in range(3):
        for one in ends:
            probe(engine, one)
    assert len(told(engine)) == REMEMBERED


def test_it_is_remembered_over_a_restart_and_changes_of_state(engine: FakeEngine) -> None:
    ends = in_days(engine, 3)
    probe(engine, ends)
    for outcome in (Outcome.REPLY,) * 3 + (Outcome.ERROR,) * 9 + (Outcome.REPLY,) * 5:
        probe(engine, ends, outcome)
    saved = detector_state_from_json(json.loads(json.dumps(engine.state("shop").to_json())))
    later = FakeEngine(engine.clock, NoSilenceCheck())
    later.add("shop", EVERY, mon_type="tls", probe_options={"port": 8443}, known=saved)
    probe(later, ends)
    assert len(told(engine)) == 1 and told(later) == []


def test_certificate_that_ended_is_told_when_it_keeps_nobody_out(engine: FakeEngine) -> None:
    """Else it is the reason why the device is down."""
    ends = in_days(engine, -3)
    for _ in range(9):
        probe(engine, ends, Outcome.ERROR)
    assert told(engine) == []
    for _ in range(3):
        probe(engine, ends)
    assert len(told(engine)) == 1 and told(engine)[0].startswith("the certificate ended on ")


@pytest.mark.parametrize(("days", "count"), [(0, 0), (2, 0), (4, 1)])
def test_setting_says_how_long_before(days: int, count: int) -> None:
    engine = FakeEngine(FakeClock(), NoSilenceCheck())
    engine.add("shop", EVERY, mon_type="tls", probe_options={"cert_days": days})
    probe(engine, in_days(engine, 3))
    assert len(told(engine)) == count


def test_kinds_without_certificates_tell_nothing(engine: FakeEngine) -> None:
    probe(engine, None)
    assert told(engine) == []
