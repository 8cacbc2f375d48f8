"""The table "When is silence believed?" of docs/detection.md, row by row."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.detector_state import DetectorState, State
from pingmon.model.visibility import Verdict, Witnesses, parent_verdict, silence_verdict

LOST = 100.0  # when the first lost probe left
BEFORE, AFTER = LOST - 10, LOST + 1
TELL, WAIT, BLIND = Verdict.TELL, Verdict.WAIT, Verdict.BLIND


@pytest.mark.parametrize(
    ("witnesses", "verdict"),
    [
        # a: nothing leaves, whoever answered a moment ago
        (Witnesses(closed="no carrier on eth0", target=AFTER, gateway=AFTER), BLIND),
        (Witnesses(closed="no route", channel_reached=AFTER), BLIND),
        # b: another target answered since, or the gateway when there is no other target
        (Witnesses(target=AFTER), TELL),
        (Witnesses(target=AFTER, gateway=BEFORE, channel_failed=AFTER), TELL),
        (Witnesses(target=None, gateway=AFTER), TELL),
        (Witnesses(target=None, gateway=AFTER, channel_failed=AFTER), TELL),
        # c: nobody to ask
        (Witnesses(target=None, gateway=None), TELL),
        (Witnesses(target=None, gateway=None, channel_failed=AFTER), TELL),
        # d: all are silent: the channels' service decides
        (Witnesses(target=BEFORE, gateway=None), WAIT),
        (Witnesses(target=BEFORE, gateway=AFTER), WAIT),  # targets know better than a gateway
        (Witnesses(target=None, gateway=BEFORE), WAIT),
        (Witnesses(target=None, gateway=BEFORE, channel_reached=BEFORE), WAIT),
        (Witnesses(target=BEFORE, channel_reached=AFTER), TELL),
        (Witnesses(target=BEFORE, channel_failed=AFTER), BLIND),
        (Witnesses(target=BEFORE, channel_reached=AFTER, channel_failed=AFTER + 1), BLIND),
        (Witnesses(target=BEFORE, channel_reached=AFTER + 2, channel_failed=AFTER + 1), TELL),
    ],
)
def test_when_silence_is_believed(witnesses: Witnesses, verdict: Verdict) -> None:
    assert silence_verdict(witnesses, LOST) is verdict


TIMES = st.none() | st.sampled_from([BEFORE, AFTER])
ASKED = st.sampled_from([-inf, BEFORE, AFTER])


@given(st.sampled_from(["", "no route"]), TIMES, TIMES, ASKED, ASKED)
def test_doubt_ends_with_the_answer_of_the_service_and_a_later_reply_never_harms(
    closed: str, target: float | None, gateway: float | None, reached: float, failed: float
) -> None:
    witnesses = Witnesses(closed, target, gateway, reached, failed)
    found = silence_verdict(witnesses, LOST)
    if max(reached, failed) > LOST:
        assert found is not WAIT
    if not closed:
        assert silence_verdict(replace(witnesses, target=AFTER), LOST) is TELL


@pytest.mark.parametrize(
    ("parent", "answered", "verdict"),
    [
        (None, 0.0, TELL),
        (DetectorState(state=State.DOWN), AFTER, Verdict.UNREACHABLE),
        (DetectorState(blind_reason=Verdict.UNREACHABLE), AFTER, Verdict.UNREACHABLE),
        (DetectorState(blind_reason=Verdict.BLIND), AFTER, BLIND),
        (DetectorState(state=State.UNKNOWN), AFTER, WAIT),
        (DetectorState(state=State.UP, run=1, run_is_loss=True), AFTER, WAIT),
        (DetectorState(state=State.UP), BEFORE, WAIT),
        (DetectorState(state=State.UP), AFTER, TELL),
    ],
)
def test_what_a_parent_says_of_its_child(
    parent: DetectorState | None, answered: float, verdict: Verdict
) -> None:
    assert parent_verdict(parent, answered, LOST) is verdict
