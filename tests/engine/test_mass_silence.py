"""Many devices go silent together: it may be they, it may be us, and somebody is asked."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.channels.telegram.answer import BotApiAnswer
from pingmon.channels.telegram.checks import bot_api_reachable
from pingmon.channels.telegram.client import BotApiEndpoint, TelegramClient
from pingmon.engine.mass_silence import MassSilence
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.mass_silence import (
    MASS,
    SHARE,
    answering_share,
    find_mass_silence,
    mass_silence_verdict,
)
from pingmon.model.monitor import Channel, Monitor
from pingmon.model.visibility import Verdict
from tests.end_to_end.test_daemon import add_many, states
from tests.support.bot_api import BotApi
from tests.support.lab import Lab, Pingmon, until

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
    since = find_mass_silence(lost, counts, {interval: silent + alive})
    assert (since is not None) is found
    assert since is None or since >= 10.05


@given(st.lists(TIMES, max_size=MASS - 1), st.lists(st.tuples(TIMES, NUMBERS)), INTERVALS)
def test_fewer_than_the_least_are_never_a_mass(
    lost: list[float], counts: list[tuple[float, int]], interval: float
) -> None:
    assert find_mass_silence(lost, sorted(counts), {interval: 30}) is None


@given(st.integers(MASS, 60), st.integers(0, 300), INTERVALS)
def test_more_replies_never_make_a_mass(silent: int, replies: int, interval: float) -> None:
    lost = [10 + n / silent for n in range(silent)]
    few = find_mass_silence(lost, [(9.9, 0), (11.5, replies)], {interval: 100})
    many = find_mass_silence(lost, [(9.9, 0), (11.5, replies + 50)], {interval: 100})
    assert few is not None or many is None
    if replies == 0:
        assert few == 10
    if interval == 10 and replies * 1.1 / 1.6 > silent / SHARE - silent + 1:
        assert few is None


@given(st.none() | TIMES, TIMES, TIMES)
def test_the_verdict_follows_the_latest_word(since: float | None, proved: float, failed: float) -> None:
    verdict = mass_silence_verdict(since, proved, failed)
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
    assert answering_share(counts, 5.0, 15.0, {1.0: targets}) == pytest.approx(alive / targets)
    assert answering_share(counts, 14.0, 15.0, {1.0: targets}) == 0.0


class Scenario:
    """A MassSilence on a clock of its own; requests are answered when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, explained: Callable[[Monitor], bool]) -> None:
        self.now, self.replies, self.answer = 100.0, 0, True
        self.requests: list[float] = []
        self.waiting: list[Callable[[], None]] = []
        scenario = self

        class Thread:
            def __init__(self, target: Callable[..., None], args: tuple[float], **_: object) -> None:
                scenario.waiting.append(lambda: target(*args))
                scenario.requests.append(scenario.now)

            def start(self) -> None:
                pass

        monkeypatch.setattr(threading, "Thread", Thread)
        self.mass = MassSilence(
            lambda: self.replies,
            lambda: self.answer,
            explained,
            lambda: Counter({1.0: 40}),
            lambda: self.now,
        )

    def silence(self, count: int) -> None:
        for number in range(count):
            self.mass.on_silence(monitor(number), 0.5)

    def run_once(self, replies: int = 0) -> Verdict:
        self.now, self.replies = self.now + 1, self.replies + replies
        return self.mass.run_once()

    def reply(self, works: bool) -> None:
        self.answer = works
        self.waiting.pop(0)()


def monitor(number: int) -> Monitor:
    return Monitor(
        f"id{number}",
        f"10.0.0.{number}",
        "ping",
        Channel(1, "telegram", 1, "b", "1", None),
        DetectionSettings(interval=1),
    )


def test_a_mass_silence_waits_for_word_and_believes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario(monkeypatch, lambda _: False)
    for _ in range(5):
        assert scenario.run_once(40) is Verdict.TELL
    scenario.run_once()
    scenario.silence(40)
    scenario.now += 0.3
    assert scenario.mass.check() is Verdict.WAIT
    assert [scenario.run_once() for _ in range(4)] == [Verdict.WAIT] * 4 and len(scenario.requests) == 1
    scenario.reply(works=False)
    assert scenario.mass.check() is Verdict.BLIND
    for _ in range(20):
        assert scenario.run_once() is Verdict.BLIND
        if scenario.waiting:
            scenario.reply(works=False)
    assert min(b - a for a, b in zip(scenario.requests, scenario.requests[1:], strict=False)) >= 5
    while not scenario.waiting:
        scenario.run_once()
    scenario.reply(works=True)
    assert scenario.run_once() is Verdict.TELL and scenario.mass.since is None


def test_no_answer_at_all_is_blindness_and_replies_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario(monkeypatch, lambda _: False)
    for _ in range(3):
        scenario.run_once(40)
    scenario.run_once()
    scenario.silence(40)
    assert [scenario.run_once() for _ in range(11)] == [Verdict.WAIT] * 11
    assert scenario.run_once() is Verdict.BLIND
    assert [scenario.run_once(20) for _ in range(6)] == [Verdict.BLIND] * 6
    assert [scenario.run_once(36) for _ in range(6)][-1] is Verdict.TELL


def test_blindness_between_two_turns_is_not_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was held by it has to be released."""
    scenario = Scenario(monkeypatch, lambda _: False)
    scenario.run_once(40)
    scenario.run_once()
    scenario.silence(40)
    for _ in range(5):
        scenario.run_once(20)
    scenario.reply(works=False)
    assert scenario.mass.check() is Verdict.BLIND
    scenario.now += 3
    assert scenario.run_once(160) is Verdict.BLIND and scenario.mass.since is None
    assert scenario.run_once(40) is Verdict.TELL


def test_lost_probes_of_devices_that_answer_again_are_no_mass(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario(monkeypatch, lambda _: False)
    scenario.run_once(40)
    for _ in range(5):
        scenario.silence(40)
        for number in range(25):
            scenario.mass.on_reply(monitor(number))
        assert scenario.run_once(0) is Verdict.TELL and scenario.requests == []


def test_what_is_behind_one_silent_parent_is_no_mass(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario(monkeypatch, lambda one: one.id != "id0")
    scenario.run_once(40)
    scenario.run_once()
    scenario.silence(40)
    assert scenario.run_once() is Verdict.TELL and scenario.requests == []


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


def devices_named(pingmon: Pingmon) -> list[str]:
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
    assert sorted(devices_named(pingmon)) == sorted(devices[:3]), (
        pingmon.log.read_text()[-6000:] + message["text"]
    )
    assert states(pingmon) == {"up": 37, "down": 3, "unknown": 0}
    assert len(pingmon.messages()) == 1 and health(pingmon) == "ok"


@pytest.mark.alone
def test_when_all_are_silent_and_word_gets_out_they_are_told_at_once(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    devices = forty(pingmon)
    began = time.time()
    lab.unplug(*devices)
    until(lambda: sorted(devices_named(pingmon)) == sorted(devices), 8, "all to be told")
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
    assert bot_api_reachable("1:wrong", BotApiEndpoint(api.url))
    api.stop()
    assert not bot_api_reachable("1:wrong", BotApiEndpoint(api.url))
    monkeypatch.setattr(TelegramClient, "call", lambda *_: BotApiAnswer(False, http_status=502))
    assert bot_api_reachable("1:wrong", BotApiEndpoint("https://api.telegram.org"))
    assert not bot_api_reachable("1:wrong", BotApiEndpoint("http://10.0.0.1"))
