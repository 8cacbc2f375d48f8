"""The prober of kinds that converse, with a real loop: a kind whose probes do as they are told."""

import asyncio
import itertools
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from pingmon.model.errors import InvalidValue
from pingmon.model.probe_result import Outcome, ProbeResult, ReplyBatch
from pingmon.model.prober_protocols import Pace
from pingmon.probes.paced.answer import Answer, error, local_error, reply
from pingmon.probes.paced.descriptors import Descriptors
from pingmon.probes.paced.loop import PacedLoop
from pingmon.probes.paced.prober import PacedProber
from pingmon.probes.paced.runner import TaskRunner
from tests.support.conversations import OURSELVES
from tests.support.lab import until

Delivered = ReplyBatch | list[ProbeResult]


class Obedient:
    """Does what its setting says."""

    cancelled: list[str] = []  # noqa: RUF012  of all
    under_way = 0
    most_under_way = 0

    def __init__(self, address: str, options: Mapping[str, Any]) -> None:
        if options.get("mood") == "impossible":
            raise InvalidValue("no such mood", "mood")
        self.address, self.options = address, options

    async def run(self, timeout: float) -> Answer:
        mood = self.options.get("mood", "reply")
        Obedient.under_way += 1
        Obedient.most_under_way = max(Obedient.most_under_way, Obedient.under_way)
        try:
            if mood == "silent":
                await asyncio.sleep(60)
            if mood == "slow":
                await asyncio.sleep(0.3)
                return reply(0.3)
            if mood == "stall":
                time.sleep(1.0)  # the mistake that is meant
            if mood == "wrong":
                raise ValueError("a mistake")
            await asyncio.sleep(0.001)
            found = {"refused": error("connection refused"), "local": local_error("no room", "EMFILE")}
            return found.get(mood, reply(0.001, certificate_ends=123.0))
        except asyncio.CancelledError:
            Obedient.cancelled.append(self.address)
            raise
        finally:
            Obedient.under_way -= 1


class Watch:
    def __init__(self) -> None:
        self.inbox: queue.SimpleQueue[Delivered] = queue.SimpleQueue()

    def results(self, count: int, spoiled: bool = False) -> list[ProbeResult]:
        """spoiled: with those during which the machine was too busy."""
        got: list[ProbeResult] = []
        while len(got) < count:
            one = self.inbox.get(timeout=20)
            some = one.results() if isinstance(one, ReplyBatch) else one
            got += [each for each in some if spoiled or each.detail != OURSELVES]
        return got


class SleptOnce:
    """Says once that the machine was suspended."""

    def __init__(self) -> None:
        self._answers = [True]

    def was_suspended(self) -> bool:
        return bool(self._answers) and self._answers.pop()


@pytest.fixture
def prober() -> Iterator[PacedProber]:
    Obedient.cancelled.clear()
    made = PacedProber("obedient", Obedient)
    made.start()
    yield made
    made.stop()


def watch(
    prober: PacedProber,
    mood: str,
    pace: Pace = Pace.CONFIRMING,
    interval: float = 1.0,
    timeout: float = 0.5,
) -> tuple[Any, Watch]:
    seen = Watch()
    target = prober.new_target("10.0.0.1", (("mood", mood),), interval, timeout, seen.inbox.put)
    target.start(pace)
    return target, seen


def test_nothing_is_begun_before_the_first_target() -> None:
    code = """
import sys, threading
from pingmon.probes.registry import PROBERS
from pingmon.probes.paced.prober import PacedProber
others = [make() for name, make in PROBERS.items() if name != "ping"]
probers = [PacedProber("kind", lambda *_: None), *others]
for one in probers:
    one.start()
    assert one.heartbeats() == [] and one.stretch == 1.0 and one.late_p99 == 0.0 and one.replies == 0
    one.flush_replies()
assert threading.active_count() == 1
print(*sorted({"asyncio", "ssl"} & set(sys.modules)))
for one in probers:
    one.stop()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_every_outcome_is_handed_over_with_its_words(prober: PacedProber) -> None:
    seen = {
        mood: watch(prober, mood)[1] for mood in ("reply", "silent", "refused", "local", "wrong", "slow")
    }
    found = {mood: one.results(1)[0] for mood, one in seen.items()}
    assert {mood: one.outcome for mood, one in found.items()} == {
        "reply": Outcome.REPLY,
        "silent": Outcome.TIMEOUT,
        "refused": Outcome.ERROR,
        "local": Outcome.LOCAL_ERROR,
        "wrong": Outcome.LOCAL_ERROR,
        "slow": Outcome.REPLY,
    }
    assert found["refused"].detail == "connection refused" and found["refused"].is_loss
    assert found["local"].kind == "EMFILE" and not found["local"].is_loss
    assert "ValueError: a mistake" in found["wrong"].detail
    assert abs(time.time() - found["reply"].sent_at) < 20
    until(lambda: bool(Obedient.cancelled), what="the silent probe to be cancelled")


def test_what_the_probe_saw_is_on_the_target(prober: PacedProber) -> None:
    target, seen = watch(prober, "reply")
    seen.results(2)
    assert target.certificate_ends == 123.0 and target.last_rtt == 0.001
    assert 0 <= time.monotonic() - target.last_reply < 20 and prober.replies >= 2


def test_replies_of_a_settled_target_are_collected_until_they_are_wanted(prober: PacedProber) -> None:
    target, seen = watch(prober, "reply", Pace.SETTLED, 0.2)
    until(lambda: prober.replies >= 4, what="replies")
    assert seen.inbox.empty()
    prober.flush_replies()
    batch = seen.inbox.get(timeout=5)
    assert isinstance(batch, ReplyBatch) and len(batch) >= 4
    target.probe_now()
    *_, last = seen.results(1)
    assert last.outcome is Outcome.REPLY


def test_confirming_probes_are_a_second_apart_whoever_asks(prober: PacedProber) -> None:
    target, seen = watch(prober, "refused", interval=0.2)
    done = threading.Event()

    def ask() -> None:
        while not done.wait(0.02):
            target.probe_now()

    asking = threading.Thread(target=ask)
    asking.start()
    sent = [one.sent_at for one in seen.results(4)]
    done.set()
    asking.join()
    assert min(later - earlier for earlier, later in itertools.pairwise(sent)) > 0.95


def test_nothing_is_delivered_after_a_target_was_stopped(prober: PacedProber) -> None:
    target, seen = watch(prober, "silent", timeout=30.0)
    until(lambda: bool(target.outstanding), what="a probe")
    target.stop()
    until(lambda: bool(Obedient.cancelled), what="it to be cancelled")
    assert not target.outstanding and seen.inbox.empty()


def test_a_loop_that_was_stalled_calls_nothing_lost(prober: PacedProber) -> None:
    _, silent = watch(prober, "silent", timeout=2.0)
    assert silent.results(1)[0].outcome is Outcome.TIMEOUT
    watch(prober, "stall", interval=60.0)
    found = silent.results(4, spoiled=True)
    assert OURSELVES in [one.detail for one in found if one.outcome is Outcome.LOCAL_ERROR]


def test_what_was_under_way_when_the_machine_was_suspended_says_nothing(
    prober: PacedProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, seen = watch(prober, "silent", timeout=30.0)
    until(lambda: bool(target.outstanding), what="a probe")
    assert prober._loop is not None
    monkeypatch.setattr(prober._loop, "_sleep", SleptOnce())
    found = seen.results(1)[0]
    assert (found.outcome, found.detail) == (Outcome.LOCAL_ERROR, "the machine was suspended")
    until(lambda: bool(Obedient.cancelled), what="it to be cancelled")


def test_a_mistake_in_one_probe_does_not_keep_others(
    prober: PacedProber, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Obedient):
        def run(self, timeout: float) -> Any:
            raise RuntimeError("before it began")

    monkeypatch.setattr(prober, "_probe", Broken)
    _, broken = watch(prober, "reply")
    monkeypatch.setattr(prober, "_probe", Obedient)
    _, good = watch(prober, "reply")
    assert [one.outcome for one in good.results(2)] == [Outcome.REPLY] * 2
    found = broken.results(2)[-1]
    assert (found.outcome, found.detail) == (
        Outcome.LOCAL_ERROR,
        "the probe failed: RuntimeError: before it began",
    )


def test_settings_that_its_kind_refuses_are_refused(prober: PacedProber) -> None:
    with pytest.raises(InvalidValue, match="no such mood"):
        prober.check("10.0.0.1", (("mood", "impossible"),))


def test_missing_library_is_said_with_its_package() -> None:
    prober = PacedProber("any", "nosuchlibrary.probe:Probe", "python3-nosuch")
    with pytest.raises(InvalidValue, match=r"missing: nosuchlibrary \(Debian: python3-nosuch\)"):
        prober.check("10.0.0.1", ())


def test_targets_that_come_before_the_start_are_probed_after_it() -> None:
    made = PacedProber("obedient", Obedient)
    _, seen = watch(made, "reply")
    made.start()
    try:
        assert seen.results(1)[0].outcome is Outcome.REPLY
        assert [name for name, _ in made.heartbeats()] == ["prober-obedient"]
    finally:
        made.stop()


def test_a_stop_ends_what_is_under_way_and_a_late_command_is_harmless(prober: PacedProber) -> None:
    target, _ = watch(prober, "silent", timeout=30.0)
    until(lambda: bool(target.outstanding), what="a probe")
    prober.stop()
    assert not any(one.name == "prober-obedient" for one in threading.enumerate())
    target.stop()
    target.probe_now()


def test_no_more_connections_than_there_is_room_for_and_intervals_are_stretched() -> None:
    """Lateness says so: nothing is called lost for it."""
    Obedient.most_under_way = 0
    loop = PacedLoop("bounded", TaskRunner, Descriptors(3))
    prober = PacedProber("obedient", Obedient)
    seen = Watch()
    loop.start()
    for n in range(12):
        target = prober.new_target(f"10.0.0.{n}", (("mood", "slow"),), 0.2, 5.0, seen.inbox.put)
        target.pinger = loop
        target.start(Pace.SILENT)
    until(lambda: loop.schedule.backpressure.stretch > 1.0, 30, "intervals to be stretched")
    assert Obedient.most_under_way <= 3
    loop.stop()
    assert {one.outcome for one in seen.results(10)} == {Outcome.REPLY}
