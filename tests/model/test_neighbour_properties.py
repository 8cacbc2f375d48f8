"""What neighbours teach may never hide an alarm: properties of pools together with the detector."""

from random import Random

import pytest
from benchmarks.virtual_device import VirtualDevice
from benchmarks.virtual_paths import Path, steady
from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector import observe
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.down_threshold import losses_needed, most_losses
from pingmon.model.loss_model import NO_PRIOR, LossModel, PathPrior
from pingmon.model.pool import Pool
from pingmon.model.probe_result import Outcome, ProbeResult

COUNTS = st.lists(st.floats(0, 60), max_size=30).map(lambda one: tuple(one))
PRIORS = st.builds(PathPrior, st.floats(3e-5, 0.9), COUNTS, COUNTS, st.floats(0, 0.9))
OUTCOMES = st.lists(st.sampled_from([Outcome.REPLY, Outcome.TIMEOUT, Outcome.LATE]), max_size=80)


def life(
    pool: Pool | None, name: str, seed: str, dies: tuple[float, ...], loss: float = 0.02
) -> VirtualDevice:
    path = Path("", lambda chance: steady(loss, chance))
    return VirtualDevice(path, DetectionSettings(interval=1), Random(seed), dies, pool, name)


@given(PRIORS, st.floats(10, 600), st.sampled_from([1.0, 10.0]))
def test_whatever_neighbours_taught_max_delay_stands(
    prior: PathPrior, max_delay: float, interval: float
) -> None:
    detection = DetectionSettings(interval=interval, max_delay=max(max_delay, 3 * interval + 10))
    assert losses_needed(LossModel(), detection, prior) <= most_losses(detection)


@given(PRIORS, OUTCOMES)
def test_no_reply_makes_a_device_down_whatever_neighbours_taught(
    prior: PathPrior, outcomes: list[Outcome]
) -> None:
    state = DetectorState(State.UP, told=State.UP)
    for second, outcome in enumerate(outcomes):
        rtt = {Outcome.REPLY: 0.01, Outcome.LATE: 3.0}.get(outcome)
        result = ProbeResult(outcome, float(second), rtt)
        before, (state, told) = (
            state,
            observe(state, result, float(second), DetectionSettings(interval=1), prior),
        )
        if not result.is_loss:
            assert state.state is not State.DOWN or before.state is State.DOWN
            assert told is None or told.after is State.UP


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_a_device_whose_neighbours_are_perfect_lives_as_if_it_was_alone(seed: str) -> None:
    pool = Pool()
    alone, among = life(None, "x", seed, (1500.0,)), life(pool, "x", seed, (1500.0,))
    for second in range(2, 1800, 2):
        for number in range(50):
            pool.add_probes(f"clean {number}", 2, float(second))
        alone.live(float(second))
        among.live(float(second))
    assert among.transitions == alone.transitions and among.state == alone.state


def test_a_mass_death_teaches_nobody() -> None:
    pool = Pool()
    devices = [life(pool, f"{number}", f"{number}", (600.0,), 0.0) for number in range(50)]
    for second in range(1, 1100):
        for one in devices:
            one.live(float(second))
    assert all(one.state.state is State.DOWN for one in devices)
    assert pool.prior("x", 1100.0) is None


def test_after_the_power_of_a_whole_site_was_cut_a_single_death_is_told_no_later() -> None:
    """No later than without neighbours: the cut lasts ten minutes, the death comes 15 min after it."""
    pool = Pool()
    devices = [
        life(pool, f"{number}", f"{number}", (600.0, 2100.0) if number == 0 else (600.0,), 0.0)
        for number in range(60)
    ]
    alone = life(None, "0", "0", (600.0, 2100.0), 0.0)
    for second in range(1, 2300):
        for one in (*devices, alone):
            one.live(float(second))
    assert devices[0].life.delays == alone.life.delays and len(alone.life.delays) == 2
    assert (pool.prior("x", 2300.0) or NO_PRIOR).lengths == ()


def test_replies_count_the_same_one_by_one_and_in_batches() -> None:
    priors = []
    for batch in (1, 10):
        pool = Pool()
        for second in range(200):
            if second % batch == 0:
                pool.add_probes("a", batch, float(second))
            if second % 20 == 0:
                pool.add_ended_run("a", 1 + second % 3, float(second))
        priors.append(pool.prior("x", 200.0) or NO_PRIOR)
    assert priors[0].lengths == priors[1].lengths
    assert priors[0].p == pytest.approx(priors[1].p, rel=0.5)


def test_a_device_that_loses_much_less_than_its_neighbours_did_learns_less_of_them() -> None:
    detection = DetectionSettings(interval=1)
    taught = PathPrior(0.003, (), (10.0, 5.0, 3.0, 2.0, 1.0, 1.0), 0.003)
    fresh, clean = LossModel(), LossModel().with_replies(7 * 86400)
    same = LossModel()
    for number in range(200):
        same = same.with_replies(330).with_ended_run(1 + number % 4, 1.0)
    without = losses_needed(clean, detection)
    assert losses_needed(clean, detection, taught) <= without + 3
    assert losses_needed(fresh, detection, taught) > without + 10
    assert losses_needed(same, detection, taught) >= losses_needed(same, detection)


def evening_then_quiet(hours: float) -> PathPrior:
    """Twenty neighbours at 10 s that had four bad hours, and then as many good ones as given."""
    pool, began = Pool(), 1000.0
    for minute in range(240 + round(hours * 60)):
        for number in range(20):
            now = began + 60 * minute + number
            pool.add_probes(f"{number}", 6, now)
            if minute < 240 and (minute + number) % 5 == 0:
                pool.add_ended_run(f"{number}", 1 if minute % 10 else 7, now, interval=10.0)
    return pool.prior("new", began + 60 * (240 + hours * 60)) or NO_PRIOR


def test_a_clean_record_says_nothing_in_hours_in_which_neighbours_lost_nothing_either() -> None:
    hour, quiet, bad = 360, evening_then_quiet(10), evening_then_quiet(1)

    def needed(hours: int, taught: PathPrior) -> tuple[int, int]:
        """Losses that are waited for, and the same if it was not known how clean neighbours are."""
        loss_model, detection = LossModel().with_replies(hours * hour), DetectionSettings(interval=10)
        unknown = taught._replace(clean=())
        return losses_needed(loss_model, detection, taught), losses_needed(loss_model, detection, unknown)

    young, without = needed(6, quiet)
    assert young > without + 10 and without > 7
    lived_through, without = needed(16, quiet)
    assert lived_through == without
    young, without = needed(6, bad)  # they lost meanwhile, it did not
    assert young == without


def test_whoever_lost_something_is_judged_by_its_own_losses() -> None:
    detection, taught = DetectionSettings(interval=10), evening_then_quiet(10)
    own = LossModel().with_replies(2000).with_ended_run(1, 10.0).with_replies(100)
    assert losses_needed(own, detection, taught) == losses_needed(
        own, detection, taught._replace(clean=())
    )


@given(st.lists(st.integers(0, 100_000), max_size=60), st.integers(0, 9_000))
def test_of_many_members_some_say_how_clean_they_are(ages: list[int], replies: int) -> None:
    """At most all of the older lessons are learned, and none of those that nobody taught."""
    pool, now = Pool(), 200_000.0
    for number, age in enumerate(sorted(ages, reverse=True)):
        pool.add_probes(f"{number}", 1000, now - age)
        pool.add_ended_run(f"{number}", 2, now - age)
    prior = pool.prior("new", now)
    if prior is None:
        return
    assert list(prior.clean) == sorted(prior.clean) and len(prior.clean) < 40
    assert all(0 <= one <= 86400 for one in prior.clean)
    loss_model = LossModel().with_replies(replies)
    learned, without = (
        sum(loss_model.scales(10.0, one)[0].lengths) for one in (prior, prior._replace(clean=()))
    )
    assert without <= learned <= sum(prior.lengths) + sum(prior.older) + 1e-9
