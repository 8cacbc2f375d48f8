"""Witnesses speak for their own way out and IP version only; without netlink there is one for each."""

import time

from pingmon.engine.channel_question import ChannelQuestion
from pingmon.engine.system_clock import SYSTEM
from pingmon.engine.uplink import Uplink
from pingmon.engine.way_watch import WayWatch
from pingmon.engine.ways_out import WaysOut
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.probe_result import Outcome, ProbeResult
from pingmon.model.visibility import Verdict
from tests.support.fakes import FakeEngine, FakeProber, NoSilenceCheck

V4, OTHER_V4, V6 = "10.0.0.1", "10.0.0.2", "fd00::1"
GATEWAY_V4, GATEWAY_V6 = "10.0.0.254", "fd00::fe"


class House:
    """Two devices with IPv4 and one with IPv6, all up; a gateway for each, that answered once."""

    def __init__(self) -> None:
        self.engine = FakeEngine(silence_check=NoSilenceCheck())
        for address in (V4, OTHER_V4, V6):
            self.engine.add(address, DetectionSettings(interval=1))
            self.engine.feed(address, [ProbeResult(Outcome.REPLY, self.engine.clock.wall(), 0.001)])
        workers = self.engine.workers
        self.ways = WaysOut(lambda: list(workers.values()), workers.get, None)
        self.ways.follow_changes()
        gateways = lambda: [GATEWAY_V4, GATEWAY_V6]  # noqa: E731
        self.uplink = Uplink(["gateway"], FakeProber(), SYSTEM, gateways)
        self.lost = time.time() - 5.0
        question = ChannelQuestion(lambda: False)
        self.watch = WayWatch(self.ways, self.uplink, question, is_service_local=lambda: False)
        for one in (GATEWAY_V4, GATEWAY_V6):
            self.gateway_answers(one, self.lost - 10)
        for one in (V4, OTHER_V4, V6):
            self.answers(one, self.lost - 10)

    def answers(self, address: str, at: float) -> None:
        """To a probe that left then, epoch seconds."""
        (group,) = self.engine.workers[address].groups
        group.target.last_reply = at - time.time() + time.monotonic()

    def gateway_answers(self, address: str, at: float) -> None:
        self.uplink._targets[address].probe.deliver([ProbeResult(Outcome.REPLY, at, 0.001)])

    def verdict(self) -> Verdict:
        time.sleep(0.25)  # what targets answered is looked at so often
        return self.watch.verdict(V4, self.lost)


def test_another_target_of_the_same_way_out_vouches() -> None:
    house = House()
    house.answers(OTHER_V4, house.lost + 1)
    assert house.verdict() is Verdict.TELL


def test_neither_target_nor_gateway_of_another_way_out_vouches() -> None:
    house = House()
    house.answers(V6, house.lost + 1)
    house.gateway_answers(GATEWAY_V6, house.lost + 1)
    assert house.verdict() is not Verdict.TELL


def test_the_gateway_vouches_for_an_only_target_of_its_own_ip_version() -> None:
    house = House()
    del house.engine.workers[OTHER_V4]
    house.ways.follow_changes()
    house.gateway_answers(GATEWAY_V6, house.lost + 1)
    assert house.verdict() is not Verdict.TELL
    house.gateway_answers(GATEWAY_V4, house.lost + 1)
    assert house.verdict() is Verdict.TELL
