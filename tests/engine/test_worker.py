"""A worker's decisions, for any history: what they depend on, and what they do not."""

import json
from collections.abc import Sequence
from itertools import pairwise, permutations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pingmon.engine.uplink import LOSSES, Uplink
from pingmon.model.clock_jumps import ClockJumps
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import detector_state_from_json
from pingmon.model.monitor import Monitor
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.visibility import Verdict, Witnesses, silence_verdict
from tests.support.fakes import FakeClock, FakeEngine, FakeProber, NoSilenceCheck, result

R, T = Outcome.REPLY, Outcome.TIMEOUT
OUTCOMES = st.sampled_from([R, R, R, T, T, Outcome.ICMP_ERROR, Outcome.LOCAL_ERROR, Outcome.LATE])
HISTORIES = st.lists(OUTCOMES, max_size=120)
CUTS = st.sets(st.integers(0, 119), max_size=20)
PLANS = st.sampled_from(
    [
        DetectionSettings(interval=1),
        DetectionSettings(interval=1, down_after=2),
        DetectionSettings(interval=1, down_after_seconds=5, up_after=3),
    ]
)
SLOW = DetectionSettings(interval=3, down_after=4)


class Moods(NoSilenceCheck):
    """Doubts some silences, by when they began alone."""

    def __init__(self, moods: Sequence[Verdict]) -> None:
        self.moods = moods

    def check(self, monitor: Monitor, since: float, overdue: bool) -> Verdict:
        mood = self.moods[round(since) % len(self.moods)]
        return Verdict.TELL if overdue and mood is Verdict.WAIT else mood


DOUBTS = st.lists(st.sampled_from(list(Verdict)), min_size=1, max_size=5).map(Moods)


def found(clock: FakeClock, history: Sequence[Outcome]) -> list[ProbeResult]:
    start = clock.wall()
    late = Outcome.LATE
    return [result(one, start + n - 3 * (one is late)) for n, one in enumerate(history)]


def batches(results: list[ProbeResult], cuts: set[int]) -> list[list[ProbeResult]]:
    edges = sorted({0, len(results), *(cut for cut in cuts if cut < len(results))})
    return [results[a:b] for a, b in pairwise(edges)]


def live(engine: FakeEngine, name: str, parts: list[list[ProbeResult]]) -> None:
    for part in parts:
        engine.clock.now = part[-1].sent_at - engine.clock.gap + 2
        engine.feed(name, part)


@given(HISTORIES, CUTS, PLANS, DOUBTS)
def test_batching_does_not_matter(
    history: list[Outcome], cuts: set[int], detection: DetectionSettings, silence_check: Moods
) -> None:
    engines = []
    for some in (set(range(120)), cuts):
        engines.append(engine := FakeEngine(silence_check=silence_check))
        engine.add("a", detection)
        live(engine, "a", batches(found(engine.clock, history), some))
    assert engines[0].decided() == engines[1].decided()
    assert engines[0].state("a").loss_model == engines[1].state("a").loss_model


@given(HISTORIES, CUTS, PLANS, DOUBTS)
def test_restarts_do_not_matter(
    history: list[Outcome], cuts: set[int], detection: DetectionSettings, silence_check: Moods
) -> None:
    whole = FakeEngine(silence_check=silence_check)
    whole.add("a", detection)
    live(whole, "a", batches(found(whole.clock, history), cuts))
    engine = FakeEngine(silence_check=silence_check)
    engine.add("a", detection)
    decided = []
    for part in batches(found(engine.clock, history), cuts):
        live(engine, "a", [part])
        decided += engine.decided()
        ((_, state),) = engine.workers["a"].states()
        saved = json.loads(json.dumps(state.to_json()))
        clock, engine = engine.clock, FakeEngine(engine.clock, silence_check)
        engine.add("a", detection, known=detector_state_from_json(saved))
        assert engine.clock is clock
    assert decided == whole.decided()


@given(HISTORIES, HISTORIES, CUTS, PLANS, DOUBTS)
def test_other_monitors_of_the_address_do_not_matter(
    history: list[Outcome],
    other: list[Outcome],
    cuts: set[int],
    detection: DetectionSettings,
    silence_check: Moods,
) -> None:
    alone = FakeEngine(silence_check=silence_check)
    alone.add("a", detection)
    parts = batches(found(alone.clock, history), cuts)
    live(alone, "a", parts)
    engine = FakeEngine(silence_check=silence_check)
    for name, its in (("a", detection), ("another chat", detection), ("another plan", SLOW)):
        engine.add(name, its, address="10.0.0.1")
    more = batches(found(engine.clock, other), cuts)
    for number, part in enumerate(parts):
        if number < len(more):
            engine.feed("another plan", more[number])
        live(engine, "a", [part])
    assert engine.decided(["a"]) == alone.decided()
    twin = [("a", *rest) for _, *rest in engine.decided(["another chat"])]
    assert twin == alone.decided()


NAMES = ("grand", "parent", "child")
ROUNDS = 90


def family(
    engine: FakeEngine, order: Sequence[str], silent: dict[str, tuple[int, int]], **jumps: float
) -> None:
    """Each round every device is probed, in this order; `silent`: from which round until which.

    A result is known 1.5 s after its probe left; jumps: round → seconds by which the clock is set.
    """
    engine.add("grand", DetectionSettings(interval=1))
    engine.add("parent", DetectionSettings(interval=1), parent="grand")
    engine.add("child", DetectionSettings(interval=1), parent="parent")
    under_way: list[tuple[str, ProbeResult]] = []
    for number in range(ROUNDS):
        sent = []
        for name in order:
            engine.clock.now += 0.01
            lost = silent[name][0] <= number < silent[name][1]
            sent.append((name, result(T if lost else R, engine.clock.wall())))
        engine.clock.now += 0.47
        engine.clock.gap += jumps.get(f"_{number}", 0.0)
        for name, one in under_way:
            engine.feed(name, [one])
        engine.clock.now += 0.5
        under_way = sent


SPELL = st.integers(1, 3).map(lambda n: n * 12)


@given(SPELL, st.integers(0, 2), SPELL, SPELL, st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_order_of_discovery_does_not_matter_for_a_family(
    dies: int, alone: int, back: int, later: int, for_good: bool
) -> None:
    """The child may die alone before; all die; the parents come back one after the other."""
    ends = (dies + back, dies + back + later if alone else dies + back, ROUNDS)
    silent = dict(zip(NAMES, ((dies, end) for end in ends), strict=True))
    silent["child"] = (max(3, dies - 12 * alone), ROUNDS if for_good else silent["parent"][1])
    said = []
    for order in permutations(NAMES):
        engine = FakeEngine()
        family(engine, order, silent)
        said.append(sorted(engine.announced()))
        for name in NAMES:
            mine = [after for one, after in engine.announced() if one == name]
            assert mine == ["down", "up"][: len(mine)]
            if str(engine.state(name).state) == "up":
                assert len(mine) != 1, "an up was suppressed for a down that was told"
        assert ("grand", "down") in engine.announced()
    assert all(one == said[0] for one in said)


def test_a_dead_family_is_one_message_and_what_stays_dead_is_told_later() -> None:
    engine = FakeEngine()
    family(
        engine, ("child", "parent", "grand"), {"grand": (20, 40), "parent": (20, 60), "child": (20, 99)}
    )
    assert engine.announced() == [
        ("grand", "down"), ("grand", "up"), ("parent", "down"), ("parent", "up"), ("child", "down"),
    ]  # fmt: skip


AMOUNTS = st.floats(60, 40_000) | st.floats(-40_000, -60)
JUMPS = st.dictionaries(st.integers(0, ROUNDS - 1).map(lambda n: f"_{n}"), AMOUNTS, max_size=6)


@given(st.permutations(NAMES), SPELL, SPELL, SPELL, JUMPS)
@settings(max_examples=100, deadline=None)
def test_a_clock_that_is_set_decides_nothing_and_doubts_stay(
    order: list[str], dies: int, back: int, later: int, jumps: dict[str, float]
) -> None:
    silent = {
        "grand": (dies, dies + back),
        "parent": (dies, dies + back + 1),
        "child": (dies, dies + later),
    }
    steady, moved = FakeEngine(), FakeEngine()
    family(steady, order, silent)
    family(moved, order, silent, **jumps)
    assert moved.decided() == steady.decided()
    lasted = [None if one.lasted is None else round(one.lasted, 3) for _, one, _ in steady.told]
    assert [None if one.lasted is None else round(one.lasted, 3) for _, one, _ in moved.told] == lasted


def test_a_parent_that_answered_before_the_clock_was_set_back_is_no_witness() -> None:
    engine = FakeEngine()
    dead = dict.fromkeys(NAMES, (20, 99))
    family(engine, ("child", "parent", "grand"), dead, _18=-3600.0)
    assert engine.announced() == [("grand", "down")]


@given(st.floats(0.01, 9), AMOUNTS, AMOUNTS, st.integers(0, 2))
def test_results_that_a_jump_caught_are_read_by_the_right_clock(
    age: float, first: float, second: float, jumps: int
) -> None:
    """The probe left `age` before the last look, and the clock was set up to twice since.

    Two jumps that nearly cancel each other leave a stamp that both clocks may have given; see below.
    """
    assume(jumps < 2 or abs(first + second) > 12)
    timeline = ClockJumps(1e6, 100.0)
    stamped = 110.0 - age + 1e6
    now = 1e6 + sum((first, second)[:jumps])
    timeline.update(1e6 + first * (jumps > 0), 110.0)
    timeline.update(now, 112.0)
    (again,) = timeline.restamped([result(R, stamped)])
    assert abs(again.sent_at - (110.0 - age + now)) < 1e-3


def test_a_stamp_that_two_clocks_may_have_given_is_read_as_the_younger_moment() -> None:
    timeline = ClockJumps(1e6, 100.0)
    timeline.update(1e6 + 60, 110.0)
    timeline.update(1e6 - 1, 112.0)
    (again,) = timeline.restamped([result(R, 1e6 + 109.5)])  # 109.5 by the first clock, 110.5 by the last
    assert again.sent_at == 1e6 + 109.5


def test_an_uplink_that_answered_before_the_clock_was_set_back_is_no_witness() -> None:
    clock = FakeClock()
    uplink = Uplink(["10.9.9.9"], FakeProber(), clock)
    target = uplink._targets["10.9.9.9"]
    target.probe.deliver([result(R, clock.wall())])
    clock.now, clock.gap = clock.now + 5, clock.gap - 3600
    first_loss = clock.wall()
    answered = uplink.answered()["10.9.9.9"]
    assert answered == clock.steady() - 5
    assert silence_verdict(Witnesses(gateway=answered), clock.steady()) is Verdict.WAIT
    target.probe.deliver([result(T, first_loss + second) for second in range(LOSSES)])
    assert uplink.silent() == {"10.9.9.9": clock.steady()}
    clock.now, clock.gap = clock.now + 60, clock.gap + 7200
    target.probe.deliver([result(R, clock.wall())])
    assert uplink.silent() == {} and uplink.answered() == {"10.9.9.9": clock.steady()}


def test_gateways_are_followed_as_they_change() -> None:
    gateways = [["10.9.9.1"]]
    uplink = Uplink(["gateway", "10.8.8.8"], FakeProber(), FakeClock(), lambda: gateways[-1])
    assert [one["address"] for one in uplink.describe()] == ["10.9.9.1", "10.8.8.8"]
    gateways.append(["10.9.9.2", "fe80::1%eth0"])
    uplink.follow()
    assert {one["address"] for one in uplink.describe()} == {"10.8.8.8", "10.9.9.2", "fe80::1%eth0"}
