"""A name is resolved in time and not too often, and an address that is right stays in use."""

from dataclasses import replace
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.name_schedule import (
    FLOOR,
    LONGEST,
    NO_TTL,
    PATIENCE,
    RETRIES,
    SOON,
    NameState,
    Resolved,
    Trust,
    answered,
    asked,
    hurry,
    is_awaited,
    trust_in,
)

FAILED = Resolved(problem="the resolver failed: x", kind="EAI_AGAIN")
UNKNOWN = Resolved(problem="name does not resolve: NXDOMAIN")
addresses = st.lists(st.sampled_from(["10.0.0.1", "10.0.0.2", "fd00::1"]), unique=True, min_size=1)
answers = st.one_of(
    st.sampled_from([FAILED, UNKNOWN]),
    st.builds(
        lambda found, ttl: Resolved(tuple(found), ttl),
        addresses,
        st.none() | st.floats(0, 1e6),
    ),
)


def answer_at(name: NameState, answer: Resolved, now: float, chance: float = 0.0) -> NameState:
    return answered(asked(name, now), answer, now, chance)


@given(st.lists(st.tuples(answers, st.floats(0, 1), st.booleans(), st.floats(0, 400)), max_size=30))
def test_a_name_is_asked_for_neither_too_often_nor_too_seldom(
    history: list[tuple[Resolved, float, bool, float]],
) -> None:
    now, name = 1000.0, NameState(due=1000.0)
    for answer, chance, is_silent, takes in history:
        now = max(now, name.due)
        name = asked(name, now)
        began, now = now, now + takes
        before = name.in_use
        if is_silent:
            name = hurry(name, began + takes / 2)
        name = answered(name, answer, now, chance)
        assert name.due <= now + LONGEST
        assert name.due - now >= FLOOR or (is_silent and name.due - began >= SOON)
        assert name.asked == began and name.under_way is None
        assert name.in_use == before or name.in_use in answer.addresses
        assert not before or name.in_use, "the last known address goes on being used"
        if before in answer.addresses:
            assert name.in_use == before, "one that is still right is kept"
        name = hurry(name, now) if is_silent else name
        assert name.due >= began + SOON


def test_time_to_live_says_when_within_bounds() -> None:
    def due(ttl: float | None, chance: float = 0.0) -> float:
        return answer_at(NameState(), Resolved(("10.0.0.1",), ttl), 0.0, chance).due

    assert [due(ttl) for ttl in (0, 1, 30, 299, 86400, None)] == [FLOOR, FLOOR, 30, 299, LONGEST, NO_TTL]
    assert due(30, 1.0) == 33 and due(86400, 1.0) == 270


def test_failures_are_tried_again_less_and_less_often_until_an_answer() -> None:
    name, waits = NameState("10.0.0.1"), []
    for _ in range(len(RETRIES) + 1):
        name = answer_at(name, FAILED, 0.0)
        waits.append(name.due)
    assert waits == [*RETRIES, RETRIES[-1]]
    assert (name.in_use, name.problem, trust_in(name)) == ("10.0.0.1", FAILED.problem, Trust.NONE)
    name = answer_at(name, Resolved(("10.0.0.1",), 30.0), 0.0)
    assert (name.failures, name.problem, trust_in(name)) == (0, "", Trust.FULL)
    assert trust_in(NameState()) is Trust.UNKNOWN


def test_since_when_a_problem_lasts_is_remembered() -> None:
    name = answer_at(NameState(), FAILED, 10.0)
    name = answer_at(name, UNKNOWN, 20.0)
    assert name.problem_since == 10.0
    assert answer_at(name, Resolved(("10.0.0.1",)), 30.0).problem_since == 0.0


def test_silence_is_not_believed_until_the_name_was_asked_for_again_or_for_some_seconds() -> None:
    name = replace(NameState("10.0.0.1"), asked=90.0, due=inf)
    assert is_awaited(name, 100.0, 101.0)
    assert not is_awaited(name, 100.0, 100.0 + PATIENCE), "a resolver that blocks holds no alarm back"
    assert not is_awaited(replace(name, asked=100.5), 100.0, 101.0)
