"""Many devices go silent together: it may be they, it may be us, and somebody is asked."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.daemon.mass import Mass
from pingmon.model.monitor import Channel, Monitor, Plan
from pingmon.model.reach import MASS, SHARE, Verdict, answering, mass_silence, of_mass
from pingmon.notify.checks import reaches
from pingmon.notify.telegram import Answer, TelegramBot, Transport
from tests.bot_api import BotApi
from tests.lab import Lab, Pingmon, until
from tests.test_real import add_many, states

NUMBERS = st.integers(0, 400)
INTERVALS = st.sampled_from([0.2, 1.0, 10.0, 60.0])
TIMES = st.floats(0, 1000)


def network(
    silent: int, alive: int, interval: float, began: float
) -> tuple[list[float], list[tuple[float, int]]]:
    """First losses, and counts of replies, of targets on an even grid; `silent` of them die."""
    total, last = silent + alive, began + 4
    sent = sorted(
        (n / total * interval + k * interval, n, n * silent // total < (n + 1) * silent // total)
        for n in range(total)
        for k in range(int(last / interval) + 1)
    )
    lost, counts, replies, first = [], [(0.0, 0)], 0, dict[int, float]()
    for at, number, dies in sent:
        if at > last:
            break
        if not dies or at < began:
            replies += 1
        elif number not in first:
            first[number] = at
            lost.append(at)
        if at > counts[-1][0] + 1:
            counts.append((at, replies))
    return lost, counts


@pytest.mark.parametrize("interval", [1.0, 10.0])
@pytest.mark.parametrize(
    ("silent", "alive", "found"), [(100, 0, True), (100, 60, True), (100, 150, False)]
)
def test_a_large_share_is_found_whatever_the_interval(
    silent: int, alive: int, found: bool, interval: float
) -> None:
    lost, counts = network(silent, alive, interval, 10.05)
    since = mass_silence(lost, counts, {interval: silent + alive})
    assert (since is not None) is found
    assert since is None or since >= 10.05


@given(st.lists(TIMES, max_size=MASS - 1), st.lists(st.tuples(TIMES, NUMBERS)), INTERVALS)
def test_fewer_than_the_least_are_never_a_mass(
    lost: list[float], counts: list[tuple[float, int]], interval: float
) -> None:
    assert mass_silence(lost, sorted(counts), {interval: 30}) is None


@given(st.integers(MASS, 60), st.integers(0, 300), INTERVALS)
def test_more_replies_never_make_a_mass(silent: int, replies: int, interval: float) -> None:
    lost = [10 + n / silent for n in range(silent)]
    few = mass_silence(lost, [(9.9, 0), (11.5, replies)], {interval: 100})
    many = mass_silence(lost, [(9.9, 0), (11.5, replies + 50)], {interval: 100})
    assert few is not None or many is None
    if replies == 0:
        assert few == 10
    if interval == 10 and replies * 1.1 / 1.6 > silent / SHARE - silent + 1:
        assert few is None


@given(st.none() | TIMES, TIMES, TIMES)
def test_the_verdict_follows_the_latest_word(since: float | None, proved: float, failed: float) -> None:
    verdict = of_mass(since, proved, failed)
    if since is None or (proved > since and proved >= failed):
        assert verdict is Verdict.TELL
    elif failed > since and failed > proved:
        assert verdict is Verdict.BLIND
    else:
        assert verdict is Verdict.WAIT


@given(st.integers(1, 200), st.integers(0, 200))
def test_the_share_that_answers_is_measured(targets: int, alive: int) -> None:
    alive = min(alive, targets)
    counts = [(float(second), alive * second) for second in range(20)]
    assert answering(counts, 5.0, 15.0, {1.0: targets}) == pytest.approx(alive / targets)
    assert answering(counts, 14.0, 15.0, {1.0: targets}) == 0.0


class Lane:
    """A Mass on a clock of its own; requests are answered when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, explained: Callable[[Monitor], bool]) -> None:
        self.now, self.replies, self.answer = 100.0, 0, True
        self.requests: list[float] = []
        self.waiting: list[Callable[[], None]] = []
        lane = self

        class Thread:
            def __init__(self, target: Callable[..., None], args: tuple[float], **_: object) -> None:
                lane.waiting.append(lambda: target(*args))
                lane.requests.append(lane.now)

            def start(self) -> None:
                pass

        monkeypatch.setattr(threading, "Thread", Thread)
        self.mass = Mass(
            lambda: self.replies,
            lambda: self.answer,
            explained,
            lambda: Counter({1.0: 40}),
            lambda: self.now,
        )

    def silence(self, count: int) -> None:
        for number in range(count):
            self.mass.silent(monitor(number), 0.5)

    def step(self, replies: int = 0) -> Verdict:
        self.now, self.replies = self.now + 1, self.replies + replies
        return self.mass.turn()

    def reply(self, works: bool) -> None:
        self.answer = works
        self.waiting.pop(0)()


def monitor(number: int) -> Monitor:
    return Monitor(
        f"id{number}", f"10.0.0.{number}", "ping", Channel(1, 1, "b", "1", None), Plan(interval=1)
    )


def test_a_mass_silence_waits_for_word_and_believes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lane = Lane(monkeypatch, lambda _: False)
    for _ in range(5):
        assert lane.step(40) is Verdict.TELL
    lane.step()
    lane.silence(40)
    lane.now += 0.3
    assert lane.mass.verdict() is Verdict.WAIT
    assert [lane.step() for _ in range(4)] == [Verdict.WAIT] * 4 and len(lane.requests) == 1
    lane.reply(works=False)
    assert lane.mass.verdict() is Verdict.BLIND
    for _ in range(20):
        assert lane.step() is Verdict.BLIND
        if lane.waiting:
            lane.reply(works=False)
    assert min(b - a for a, b in zip(lane.requests, lane.requests[1:], strict=False)) >= 5
    while not lane.waiting:
        lane.step()
    lane.reply(works=True)
    assert lane.step() is Verdict.TELL and lane.mass.since is None


def test_no_answer_at_all_is_blindness_and_replies_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lane = Lane(monkeypatch, lambda _: False)
    for _ in range(3):
        lane.step(40)
    lane.step()
    lane.silence(40)
    assert [lane.step() for _ in range(11)] == [Verdict.WAIT] * 11
    assert lane.step() is Verdict.BLIND
    assert [lane.step(20) for _ in range(6)] == [Verdict.BLIND] * 6
    assert [lane.step(36) for _ in range(6)][-1] is Verdict.TELL


def test_blindness_between_two_turns_is_not_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was held by it has to be released."""
    lane = Lane(monkeypatch, lambda _: False)
    lane.step(40)
    lane.step()
    lane.silence(40)
    for _ in range(5):
        lane.step(20)
    lane.reply(works=False)
    assert lane.mass.verdict() is Verdict.BLIND
    lane.now += 3
    assert lane.step(160) is Verdict.BLIND and lane.mass.since is None
    assert lane.step(40) is Verdict.TELL


def test_lost_probes_of_devices_that_answer_again_are_no_mass(monkeypatch: pytest.MonkeyPatch) -> None:
    lane = Lane(monkeypatch, lambda _: False)
    lane.step(40)
    for _ in range(5):
        lane.silence(40)
        for number in range(25):
            lane.mass.heard(monitor(number))
        assert lane.step(0) is Verdict.TELL and lane.requests == []


def test_what_is_behind_one_silent_parent_is_no_mass(monkeypatch: pytest.MonkeyPatch) -> None:
    lane = Lane(monkeypatch, lambda one: one.id != "id0")
    lane.step(40)
    lane.step()
    lane.silence(40)
    assert lane.step() is Verdict.TELL and lane.requests == []


def health(pingmon: Pingmon) -> str:
    return str(pingmon.status()["health"])


def forty(pingmon: Pingmon) -> list[str]:
    devices = [f"10.0.5.{number + 1}" for number in range(40)]
    add_many(pingmon, devices)
    until(lambda: states(pingmon)["up"] == 40, 30, "40 devices to be up")
    return devices


def cut_off(lab: Lab, pingmon: Pingmon, devices: list[str]) -> None:
    """The Bot API and all devices are silent at once."""
    assert pingmon.api is not None
    pingmon.api.kill()
    pingmon.api.wait()
    lab.unplug(*devices)
    until(lambda: states(pingmon)["unknown"] == 40, 30, "all to be unknown")


def named(pingmon: Pingmon) -> list[str]:
    words = "\n".join(message["text"] for message in pingmon.messages())
    return re.findall(r"10\.0\.5\.\d+", words)


def test_when_all_are_silent_and_word_can_not_get_out_nothing_is_told(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    devices = forty(pingmon)
    cut_off(lab, pingmon, devices)
    assert {one["reason"] for one in pingmon.monitors().values()} == {"blind"}
    assert health(pingmon) == "blind"
    assert pingmon.messages() == []
    pingmon.stop()
    pingmon.start()
    until(lambda: health(pingmon) == "blind", 30, "a restarted daemon to find out that it is blind")
    lab.plug(*devices[3:])
    pingmon.start_api()
    (message,) = pingmon.wait_messages(1, 60)
    assert "could not see from" in message["text"]
    assert sorted(named(pingmon)) == sorted(devices[:3]), (
        pingmon.log.read_text()[-6000:] + message["text"]
    )
    assert states(pingmon) == {"up": 37, "down": 3, "unknown": 0}
    assert len(pingmon.messages()) == 1 and health(pingmon) == "ok"


def test_when_all_are_silent_and_word_gets_out_they_are_told_at_once(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    devices = forty(pingmon)
    began = time.time()
    lab.unplug(*devices)
    until(lambda: sorted(named(pingmon)) == sorted(devices), 8, "all to be told")
    assert max(one["at"] for one in pingmon.messages()) - began < 8
    assert len(pingmon.messages()) <= 3
    assert "went silent together" in pingmon.log.read_text()
    assert not re.search("could not see", pingmon.messages()[0]["text"])


def test_a_gateway_that_answers_does_not_clear_a_mass_silence(lab: Lab, pingmon: Pingmon) -> None:
    config = pingmon.directory / "pingmon.toml"
    config.write_text('uplink = ["10.99.0.2"]\n')
    pingmon.start(f"--config={config}")
    devices = forty(pingmon)
    cut_off(lab, pingmon, devices)
    lab.plug(*devices)  # the Bot API stays away: that they answer again ends it as well
    until(lambda: states(pingmon)["up"] == 40 and health(pingmon) == "ok", 30, "sight to be back")


def test_any_answer_of_the_bot_api_proves_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    api = BotApi().start()
    assert reaches("1:wrong", Transport(api.url))
    api.stop()
    assert not reaches("1:wrong", Transport(api.url))
    monkeypatch.setattr(TelegramBot, "call", lambda *_: Answer(False, http_status=502))
    assert reaches("1:wrong", Transport("https://api.telegram.org"))
    assert not reaches("1:wrong", Transport("http://10.0.0.1"))
