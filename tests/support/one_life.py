"""A device and its monitor in virtual time: whatever happens, what must hold is looked at each second."""

import json
from dataclasses import dataclass, field
from typing import Any

from pingmon.engine.blindness_reports import BlindnessReports
from pingmon.model.blindness import Episode, episode_from_json
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.detector_state import (
    LOCAL,
    DetectorState,
    State,
    Transition,
    TransitionKind,
    detector_state_from_json,
    see_again,
)
from pingmon.model.evidence import TOLD_WITHIN, evidence_bound
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.prober_protocols import Pace
from pingmon.model.visibility import Verdict
from pingmon.storage.episodes import EpisodeChange
from tests.support.fakes import FakeClock, FakeEngine, NoSilenceCheck

TURN = 1.0  # s between two looks at the age of evidence
UNSURE = ("doubt", "blind", "refused")  # moods in which no silence may be called an outage
# busy: we are, and no result counts. The others: see Life.probe.
MOODS = ["fine", "lossy", "dead", "slow", "flapping", "mostly refused", "busy", *UNSURE]
NOTHING_ANSWERS = "nothing answers by eth0"
MOMENTS = ["restart", "suspended", "stalled", "clock back", "clock ahead"]


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
            if one.event:
                self._verify(one.event)
                self.events.append(one.event)

    def _verify(self, event: dict[str, Any]) -> None:
        """Each beginning is told once, with a reason, and ended once; unless it comes and goes."""
        assert event["kind"] == "blind_ended" or any(event["reasons"]), f"no reason: {event}"
        last = self.events[-1] if self.events else {"kind": "blind_ended"}
        if not last.get("comes_and_goes"):
            assert event["kind"] != last["kind"], f"twice: {last}, {event}"


@dataclass
class Life(NoSilenceCheck):
    """One device, second by second. awake: seconds by a clock that stands still during suspension.

    died: when, None while it lives. told_after: seconds from then until that was told.
    """

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
    told_after: float | None = None
    was_always_fine: bool = True
    seconds: int = 0
    told: list[tuple[str, Transition, float]] = field(default_factory=list)
    late: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start({})

    def start(self, known: dict[str, Any]) -> None:
        self.engine = FakeEngine(self.clock, self)
        self.engine.told = self.told
        self.reports = BlindnessReports(
            self.episodes,  # type: ignore[arg-type]
            self.engine.monitors,
            self.engine.state,
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
        return {"doubt": Verdict.WAIT, "blind": Verdict.BLIND}.get(self.mood, Verdict.TELL)

    def words_of(self, monitor: Any, verdict: Verdict) -> str:
        return NOTHING_ANSWERS if verdict is Verdict.BLIND else ""

    def on_sight_changed(self, monitor: Any, state: Any) -> None:
        self.reports.on_sight_changed(monitor, state)

    # What happens

    def happen(self, moment: str) -> None:
        if not moment:
            return
        self.look()  # what the last second brought is done
        before, downs = self.state, self.downs()
        if moment == "restart":
            ((_, state),) = self.engine.workers["a"].states()
            saved = json.loads(json.dumps(state.to_json()))
            self.start({"known": see_again(detector_state_from_json(saved))})
        elif moment == "suspended":
            self.clock.now += 5000.0
            self.began_anew = self.awake
        elif moment == "stalled":  # we, for so long that the bound is over
            self.awake, self.clock.now = self.awake + 200.0, self.clock.now + 200.0
            self.began_anew = self.awake
        else:
            self.clock.gap += {"clock back": -4000.0, "clock ahead": 4000.0}[moment]
        self.look()
        after = self.state
        is_same = after.state is before.state or after.blind_reason == LOCAL
        assert is_same and self.downs() == downs, f"{moment} alone made it {after}"
        assert not after.expired or before.expired, f"{moment} alone made its evidence too old"

    @property
    def state(self) -> DetectorState:
        return self.engine.state("a")

    def live(self, mood: str, seconds: int) -> None:
        worker = self.engine.workers["a"]
        if mood == "blind":
            worker.set_blind(["a"], Verdict.BLIND, NOTHING_ANSWERS, self.clock.wall())
        self.mood, downs = mood, self.downs()
        self.was_always_fine &= mood == "fine" and self.died is None
        for _ in range(seconds):
            self.second()
            assert mood not in UNSURE or self.downs() == downs, f"told down while {mood}"
        if mood == "blind" and self.state.blind_reason == Verdict.BLIND:
            worker.see_again(["a"], Verdict.BLIND)
            run, left = self.state.run, self.clock.wall() - 0.5
            self.feed(ProbeResult(Outcome.TIMEOUT, left))  # it was under way when we saw again
            assert self.state.run == run, "counts what left while we were blind"

    def second(self) -> None:
        self.awake, self.clock.now, self.seconds = self.awake + 1, self.clock.now + 1, self.seconds + 1
        pace = 1.0 if self.group.pace is Pace.CONFIRMING else self.detection.interval
        if self.awake - self.sent >= pace:
            self.sent = self.awake
            self.probe()
        while self.late and self.late[0][0] <= self.awake:
            _, sent = self.late.pop(0)
            if self.mood != "blind":  # nothing comes back
                self.reply(Outcome.LATE, sent)
        self.look()
        self.verify()

    def look(self) -> None:
        if self.has_watch:
            self.engine.workers["a"].check_evidence(self.awake, self.began_anew, 1.0)
            self.reports.run_once()

    def probe(self) -> None:
        wall, mood = self.clock.wall(), self.mood
        refused = mood == "refused" or (mood == "mostly refused" and self.seconds % 10)
        if refused:
            words = "could not send: Network is unreachable"
            self.feed(ProbeResult(Outcome.LOCAL_ERROR, wall, None, words, "ENETUNREACH"))
        elif mood == "busy":
            self.feed(ProbeResult(Outcome.LOCAL_ERROR, wall, None, "pingmon was late"))
        elif self.died is None and mood == "slow":
            self.feed(ProbeResult(Outcome.TIMEOUT, wall))
            self.late.append((self.awake + 4, self.awake))
        elif self.answers():
            self.reply(Outcome.REPLY, self.awake)
        else:
            self.feed(ProbeResult(Outcome.TIMEOUT, wall))

    def answers(self) -> bool:
        if self.mood == "flapping":  # as fast as it can be found out
            return self.died is None and self.state.state is not State.UP
        silent = self.mood in ("dead", "blind") or (self.mood == "lossy" and self.seconds % 3)
        return self.died is None and not silent

    def reply(self, outcome: Outcome, sent: float) -> None:
        self.replied = max(self.replied, sent)
        self.group.target.last_reply = self.replied
        at = self.clock.wall() - (self.awake - sent)
        self.feed(ProbeResult(outcome, at, self.awake - sent + 0.001))

    def feed(self, result: ProbeResult) -> None:
        self.engine.feed("a", [result])

    # What must hold

    def verify(self) -> None:
        bound, state = evidence_bound(self.detection), self.state
        newest = max(self.replied, self.began_anew)
        if state.state is State.UP:
            assert self.awake - newest <= bound + TURN, "up without evidence"
        if self.was_always_fine:
            said = [*self.engine.announced(), *self.episodes.events]
            assert not said, f"told of a device that always answered: {said}"
        if self.died is None:
            return
        if self.told_after is None and self.is_told():
            self.told_after = self.awake - self.died
        began = max(self.died, self.began_anew)
        if self.awake - began > bound + TOLD_WITHIN:
            assert self.is_told(), f"dead for {self.awake - began} s and not told: {state}"

    def downs(self) -> int:
        """How often it was told that the device is down."""
        change = TransitionKind.CHANGE
        told = (one for _, one, _ in self.engine.told if one.announce and one.kind is change)
        return sum(one.after is State.DOWN for one in told)

    def is_told(self) -> bool:
        """Down or unseen was said, and nothing to the contrary since."""
        state = self.state
        said = [one for _, one, _ in self.engine.told if one.announce]
        down = state.told is State.DOWN and not state.is_silent_down and not state.is_flapping
        unseen = state.told_unseen and state.told is not State.UP
        is_open = any(its["told"] for its in self.episodes.saved.values())
        never = any(one.kind is TransitionKind.NEVER_SEEN for one in said)
        return down or unseen or never or is_open
