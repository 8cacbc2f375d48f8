"""For any history: "up" only with a reply younger than its bound, and a dead device is told in time."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pingmon.engine.blindness_reports import BlindnessReports
from pingmon.model.blindness import Episode, episode_from_json
from pingmon.model.detector_state import State, TransitionKind, detector_state_from_json
from pingmon.model.evidence import TOLD_WITHIN, evidence_bound
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.probing import Pace
from pingmon.model.settings import DetectionSettings
from pingmon.model.visibility import Verdict
from pingmon.storage.episodes import EpisodeChange
from tests.support.fakes import FakeClock, FakeEngine, NoSilenceCheck

TURN = 1.0  # s between two looks at the age of evidence
PLANS = st.sampled_from(
    [
        DetectionSettings(interval=1, max_delay=20),
        DetectionSettings(interval=10),
        DetectionSettings(interval=5, down_after=3),
        DetectionSettings(interval=2, down_after_seconds=30),
    ]
)
# What goes on for so many seconds. lossy, slow, refused, doubt, blind: see Life.second.
SPELLS = st.tuples(
    st.sampled_from(["fine", "lossy", "dead", "slow", "refused", "mostly refused", "doubt", "blind"]),
    st.integers(1, 60),
)
MOMENTS = st.sampled_from(["", "", "", "restart", "suspended", "clock back", "clock ahead"])
HISTORIES = st.lists(st.tuples(SPELLS, MOMENTS), max_size=25)


class MemoryEpisodes:
    """What is told of blindness, and what a restart would find."""

    def __init__(self) -> None:
        self.saved: dict[int, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []

    def load(self) -> dict[int, Episode]:
        return {one: episode_from_json(json.loads(json.dumps(its))) for one, its in self.saved.items()}

    def save(self, changes: list[EpisodeChange]) -> None:
        for one in changes:
            self.saved[one.channel_id] = one.episode.to_json()
            self.events += [one.event] if one.event else []


@dataclass
class Life(NoSilenceCheck):
    """One device, second by second. awake: seconds by a clock that stands still during suspension."""

    detection: DetectionSettings
    has_watch: bool = True
    clock: FakeClock = field(default_factory=FakeClock)
    episodes: MemoryEpisodes = field(default_factory=MemoryEpisodes)
    awake: float = 0.0
    began_anew: float = 0.0
    replied: float = float("-inf")  # when the newest answered probe left
    sent: float = float("-inf")
    mood: str = "fine"
    died: float | None = None  # awake
    told_dead: bool = False
    seconds: int = 0
    late: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start({})

    def start(self, known: dict[str, Any]) -> None:
        self.engine = FakeEngine(self.clock, self)
        self.reports = BlindnessReports(
            self.episodes,  # type: ignore[arg-type]
            self.engine.monitors,
            lambda one: self.engine.state(one),
            lambda _: False,
            self.clock,
        )
        unseen = self.reports.load()
        if "a" in unseen:
            known["known"] = detector_state_from_json(
                known["known"].to_json() | {"state": "unknown", "expired": True}
            )
        self.engine.add("a", self.detection, **known)
        self.reports.start()
        self.began_anew, self.late = self.awake, []
        (self.group,) = self.engine.workers["a"].groups
        self.group.watched_from = self.awake
        self.group.target.last_reply = float("-inf")

    # What the engine asks

    def check(self, monitor: Any, since: float, overdue: bool) -> Verdict:
        return Verdict.WAIT if self.mood == "doubt" else Verdict.TELL

    def on_sight_changed(self, monitor: Any, state: Any) -> None:
        self.reports.on_sight_changed(monitor, state)

    # What happens

    def happen(self, moment: str) -> None:
        if moment == "restart":
            ((_, state),) = self.engine.workers["a"].states()
            saved = json.loads(json.dumps(state.to_json()))
            from pingmon.model.detector_state import see_again

            self.start({"known": see_again(detector_state_from_json(saved))})
        elif moment == "suspended":
            self.clock.now += 5000.0
            self.began_anew = self.awake
        elif moment:
            self.clock.gap += {"clock back": -4000.0, "clock ahead": 4000.0}[moment]

    def live(self, mood: str, seconds: int) -> None:
        worker = self.engine.workers["a"]
        if mood == "blind":
            worker.set_blind(["a"], Verdict.BLIND, "", self.clock.wall())
        self.mood = mood
        for _ in range(seconds):
            self.second()
        if mood == "blind":
            worker.see_again(["a"], Verdict.BLIND)

    def second(self) -> None:
        self.awake, self.clock.now, self.seconds = self.awake + 1, self.clock.now + 1, self.seconds + 1
        pace = 1.0 if self.group.pace is Pace.CONFIRMING else self.detection.interval
        if self.awake - self.sent >= pace:
            self.sent = self.awake
            self.probe()
        while self.late and self.late[0][0] <= self.awake:
            _, sent = self.late.pop(0)
            self.reply(Outcome.LATE, sent)
        if self.has_watch:
            self.engine.workers["a"].check_evidence(self.awake, self.began_anew, 1.0)
            self.reports.run_once()
        self.verify()

    def probe(self) -> None:
        wall, mood = self.clock.wall(), self.mood
        refused = mood == "refused" or (mood == "mostly refused" and self.seconds % 10)
        if refused:
            words = "could not send: Network is unreachable"
            self.feed(ProbeResult(Outcome.LOCAL_ERROR, wall, None, words, "ENETUNREACH"))
        elif self.died is None and mood == "slow":
            self.feed(ProbeResult(Outcome.TIMEOUT, wall))
            self.late.append((self.awake + 4, self.awake))
        elif (
            self.died is None
            and mood not in ("dead", "blind")
            and not (mood == "lossy" and self.seconds % 3)
        ):
            self.reply(Outcome.REPLY, self.awake)
        else:
            self.feed(ProbeResult(Outcome.TIMEOUT, wall))

    def reply(self, outcome: Outcome, sent: float) -> None:
        self.replied = max(self.replied, sent)
        self.group.target.last_reply = self.replied
        at = self.clock.wall() - (self.awake - sent)
        self.feed(ProbeResult(outcome, at, self.awake - sent + 0.001))

    def feed(self, result: ProbeResult) -> None:
        self.engine.feed("a", [result])

    # What must hold

    def verify(self) -> None:
        bound, state = evidence_bound(self.detection), self.engine.state("a")
        newest = max(self.replied, self.began_anew)
        if state.state is State.UP:
            assert self.awake - newest <= bound + TURN, "up without evidence"
        if self.died is None:
            return
        began = max(self.died, self.began_anew)
        if self.awake - began > bound + TOLD_WITHIN:
            assert self.is_told(), f"dead for {self.awake - began} s and not told: {state}"

    def is_told(self) -> bool:
        """Down or unseen was said, and nothing to the contrary since."""
        state = self.engine.state("a")
        said = [one for _, one, _ in self.engine.told if one.announce]
        down = state.told is State.DOWN and not state.is_silent_down and not state.is_flapping
        unseen = state.told_unseen and state.told is not State.UP
        is_open = any(its["told"] for its in self.episodes.saved.values())
        never = any(one.kind is TransitionKind.NEVER_SEEN for one in said)
        return down or unseen or never or is_open


@given(PLANS, HISTORIES, st.lists(st.tuples(SPELLS, MOMENTS), max_size=10))
@settings(max_examples=150, deadline=None)
@example(DetectionSettings(interval=10), [(("fine", 20), "")], [(("refused", 60), "")] * 5)
@example(DetectionSettings(interval=10), [(("slow", 60), "")], [(("mostly refused", 60), "")] * 5)
@example(
    DetectionSettings(interval=10),
    [(("fine", 60), ""), (("lossy", 60), "")],
    [(("dead", 27), ""), (("blind", 3), "")] * 8,
)
def test_up_needs_evidence_and_a_dead_device_is_told_within_the_bound(
    detection: DetectionSettings,
    before: list[tuple[tuple[str, int], str]],
    after: list[tuple[tuple[str, int], str]],
) -> None:
    live(Life(detection), before, after)


def live(life: Life, before: list[Any], after: list[Any]) -> None:
    for (mood, seconds), moment in before:
        life.live(mood, seconds)
        life.happen(moment)
    life.died, life.late = life.awake, []
    for (mood, seconds), moment in [*after, (("dead", 150), "")]:
        life.live(mood, seconds)
        life.happen(moment)


def test_without_the_watch_a_refused_device_looks_well_for_ever() -> None:
    life = Life(DetectionSettings(interval=10), has_watch=False)
    with pytest.raises(AssertionError, match="up without evidence"):
        live(life, [(("fine", 20), "")], [(("refused", 600), "")])


def test_blindness_that_comes_and_goes_hides_no_outage() -> None:
    """Three seconds of it every thirty, on a path that needs more losses than fit in between."""
    life = Life(DetectionSettings(interval=1, down_after=48))
    life.live("fine", 20)
    life.died = life.awake
    for _ in range(4):
        life.live("dead", 27)
        life.live("blind", 3)
    assert ("a", "down") in life.engine.announced()
