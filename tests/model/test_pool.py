"""What neighbours teach, and what they never do."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.down_threshold import losses_needed
from pingmon.model.loss_model import NO_PRIOR, LossModel
from pingmon.model.pool import Pool, pool_from_json

DETECTION = DetectionSettings(interval=1)
REPORTS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(1, 100), st.integers(0, 200)), max_size=40
)


def filled(reports: list[tuple[str, int, int]]) -> Pool:
    """reports: member, losses, second."""
    pool = Pool()
    for member, losses, at in reports:
        pool.add_probes(member, 20, float(at))
        pool.add_ended_run(member, losses, float(at))
    return pool


@given(REPORTS, st.randoms())
def test_the_order_in_which_members_report_does_not_matter(
    reports: list[tuple[str, int, int]], chance: object
) -> None:
    reports.sort(key=lambda one: one[2])
    mixed = sorted(reports, key=lambda one: (one[2], chance.random()))  # type: ignore[attr-defined]
    assert filled(reports).prior("x", 300.0) == filled(mixed).prior("x", 300.0)


@given(REPORTS)
def test_a_pool_of_one_device_teaches_it_nothing(reports: list[tuple[str, int, int]]) -> None:
    reports = sorted((("a", losses, at) for _, losses, at in reports), key=lambda one: one[2])
    assert filled(reports).prior("a", 300.0) is None


@given(REPORTS, st.integers(0, 40))
def test_a_restart_between_windows_changes_nothing(reports: list[tuple[str, int, int]], cut: int) -> None:
    reports.sort(key=lambda one: one[2])
    before, after = reports[:cut], reports[cut:]
    pool = filled(before)
    edge = 2.0 * (before[-1][2] // 2) + 2.0 if before else 0.0
    pool.prior("x", edge)
    pool = pool_from_json(json.loads(json.dumps(pool.to_json())), edge)
    whole = filled(before)
    for one in (pool, whole):
        for member, losses, at in after:
            one.add_ended_run(member, losses, max(edge, float(at)))
    assert pool.prior("x", 300.0) == whole.prior("x", 300.0)


def test_clean_neighbours_change_nothing() -> None:
    pool = Pool()
    for second in range(100):
        pool.add_probes(f"{second % 50}", 200, float(second))
    assert pool.prior("x", 100.0) is None


def test_a_fresh_device_among_lossy_neighbours_waits_as_their_path_asks_for() -> None:
    pool = Pool()
    for second in range(60):
        pool.add_probes("a", 160, float(second))
        for member in range(40):
            pool.add_ended_run(str(member), 1 if member % 5 else 2, float(second))
    prior = pool.prior("x", 60.0)
    assert prior is not None and 0.1 < prior.p < 0.25
    assert 8 <= losses_needed(LossModel(), DETECTION, prior) <= 14
    assert pool.lost_lately("x", 60.0)[0] == 40


@pytest.mark.parametrize("spread", [1, 10, 240])
def test_a_power_cut_is_one_event_and_teaches_no_patience(spread: int) -> None:
    """Two hundred devices fall silent together and answer again within so many seconds."""
    pool = Pool()
    for member in range(200):
        back = member * spread / 200
        pool.add_probes(str(member), 10, 3600.0 + back)
        pool.add_ended_run(str(member), 58 + int(back), 3600.0 + back, told=True)
    prior = pool.prior("x", 3601.0 + spread) or NO_PRIOR
    for known in (LossModel(), LossModel().with_replies(7 * 86400)):
        assert losses_needed(known, DETECTION, prior) <= losses_needed(known, DETECTION)


def test_one_long_run_of_a_neighbour_teaches_no_patience() -> None:
    pool = filled([("a", 58, 100), ("b", 1, 110)])
    prior = pool.prior("x", 200.0)
    assert prior is not None
    assert losses_needed(LossModel().with_replies(86400), DETECTION, prior) <= 4


def test_what_a_member_taught_is_gone_within_the_fading_time() -> None:
    pool = filled([("a", 5, 0), ("b", 5, 1), ("a", 3, 2)])
    early = pool.prior("x", 4.0)
    assert early is not None and early.p > 1e-3
    assert pool.prior("x", 4.0 + 10 * 86400) is None


def test_no_prior_is_the_prior_of_a_path_of_which_nothing_is_known() -> None:
    for runs in range(5):
        loss_model = LossModel()
        for _ in range(runs):
            loss_model = loss_model.with_replies(50).with_ended_run(2, 1.0)
        assert losses_needed(loss_model, DETECTION) == losses_needed(loss_model, DETECTION, NO_PRIOR)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_more_losses_are_always_more_suspicious_whatever_neighbours_taught(lengths: list[int]) -> None:
    from pingmon.model.run_rate import run_rate

    prior = filled([("a", one, 2 * at) for at, one in enumerate(lengths)]).prior("x", 100.0)
    rate = run_rate(LossModel(), 1.0, prior or NO_PRIOR)
    assert all(a > b for a, b in pairwise(rate.log(run) for run in range(1, 200)))
