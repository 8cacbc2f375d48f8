"""Results in the order of their probes, whatever order they come in."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.probe_result import Outcome, ProbeResult, ReplyBatch
from pingmon.model.prober_protocols import Pace
from pingmon.probes.scheduled.results import ResultsInOrder
from pingmon.probes.scheduled.target import ScheduledProbe, ScheduledTarget

_OUTCOMES = st.sampled_from([Outcome.REPLY, Outcome.TIMEOUT, Outcome.ERROR, Outcome.LOCAL_ERROR])


@given(
    outcomes=st.lists(_OUTCOMES, min_size=1, max_size=60),
    order=st.randoms(use_true_random=False),
    pace=st.sampled_from(Pace),
    wanted=st.integers(0, 60),
)
def test_nothing_is_lost_doubled_or_out_of_order(
    outcomes: list[Outcome], order: Any, pace: Pace, wanted: int
) -> None:
    got: list[ProbeResult] = []

    def deliver(results: ReplyBatch | list[ProbeResult]) -> None:
        got.extend(results.results() if isinstance(results, ReplyBatch) else results)

    target: ScheduledTarget[Any] = ScheduledTarget("", 1.0, 1.0, deliver, cast(Any, None), pace)
    results = ResultsInOrder()
    probes = [ScheduledProbe(target, number * 10**9, float(number)) for number in range(len(outcomes))]
    target.outstanding.extend(probes)
    waiting = list(zip(probes, outcomes, strict=True))
    order.shuffle(waiting)
    for number, (probe, outcome) in enumerate(waiting):
        target.result_wanted = target.result_wanted or number == wanted
        if outcome is Outcome.REPLY:
            results.reply(probe, 0.5)
        else:
            results.finish(probe, ProbeResult(outcome, probe.sent_at))
        assert pace is Pace.SETTLED or not target.good
    results.deliver_collected(target)
    assert [one.sent_at for one in got] == [float(number) for number in range(len(outcomes))]
    assert [one.outcome for one in got] == outcomes
    assert results.replies == outcomes.count(Outcome.REPLY) and not target.outstanding


def test_after_a_target_was_let_go_nothing_is_delivered() -> None:
    got: list[object] = []
    target: ScheduledTarget[Any] = ScheduledTarget("", 1.0, 1.0, got.append, cast(Any, None))
    results, probe = ResultsInOrder(), ScheduledProbe(target, 0, 0.0)
    target.outstanding.append(probe)
    target.removed = True
    results.let_go(target)
    results.finish(probe, ProbeResult(Outcome.TIMEOUT, 0.0))
    results.deliver_collected(target)
    assert got == [] and not target.outstanding
