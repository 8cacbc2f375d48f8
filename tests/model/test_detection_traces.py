"""What the benchmark counts is what somebody who goes through a trace second by second would count."""

from itertools import pairwise

import numpy as np
import pytest
from benchmarks.detection import INTERVAL, Device, Life
from benchmarks.traces import Chain, alarms, runs, traces

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector import observe
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.probe_result import Outcome, ProbeResult

CHAINS = [Chain("independent", 0.2, 0.2), Chain("bursts", 0.05, 0.8), Chain("long", 0.02, 0.95)]
SECONDS = 40_000


def whole(chain: Chain) -> tuple[list[bool], tuple[np.ndarray, np.ndarray]]:
    """Which seconds are lost, and the same as bursts."""
    parts = list(traces(chain, SECONDS, np.random.default_rng(3)))
    starts, ends = (np.concatenate(side) for side in zip(*parts, strict=True))
    lost = [False] * SECONDS
    for start, end in zip(starts, ends, strict=True):
        lost[start:end] = [True] * (end - start)
    return lost, (starts, ends)


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
def test_a_trace_is_the_chain(chain: Chain) -> None:
    lost, _ = whole(chain)
    after_loss = [now for before, now in pairwise(lost) if before]
    after_reply = [now for before, now in pairwise(lost) if not before]
    assert np.mean(after_loss) == pytest.approx(chain.q, abs=0.03)
    assert np.mean(after_reply) == pytest.approx(chain.p, abs=0.03)


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
@pytest.mark.parametrize("rule", [(60, 1, 60), (10, 3, 10), (60, 3, 60), (300, 3, 60)])
def test_fixed_rules_count_as_one_who_goes_second_by_second(
    chain: Chain, rule: tuple[int, int, int]
) -> None:
    lost, bursts = whole(chain)
    interval, losses, retry = rule
    count = 0
    for at in range(0, SECONDS - losses * retry, interval):
        if all(lost[at + k * retry] for k in range(losses)):
            count += retry != interval or at < interval or not lost[at - interval]
    assert abs(alarms(*bursts, interval, losses, retry) - count) <= 1  # one at the edge


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
def test_pingmon_on_a_trace_learns_and_decides_as_the_detector_does(chain: Chain) -> None:
    """Up to the first alarm: what a down device is asked differs in when."""
    lost, bursts = whole(chain)
    detection, life = DetectionSettings(false_alarms=1000, max_delay=60), Life(1.0)
    device = Device(chain, detection, life)
    told = None
    for at, length in zip(*(side.tolist() for side in runs(*bursts, INTERVAL)), strict=True):
        before = device.loss_model
        device.run(at, length)
        if life.first_day:
            told = at + device.needed - 1
            break
    state, at, decided = DetectorState(), 0, None
    while at < SECONDS and decided is None:
        outcome = Outcome.TIMEOUT if lost[at] else Outcome.REPLY
        state, transition = observe(state, ProbeResult(outcome, float(at)), at + 2.0, detection)
        if transition and transition.after is State.DOWN and transition.announce:
            decided = at
        at += 1 if state.run else 10 - at % 10
    assert decided == told
    if told is not None:
        assert before.ended == pytest.approx(state.loss_model.ended)
