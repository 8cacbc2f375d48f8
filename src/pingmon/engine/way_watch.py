"""Which ways out we can't see by, and whether silence behind one of them may be believed."""

import time
from collections.abc import Callable
from math import inf
from typing import NamedTuple

from pingmon.engine.channel_question import ChannelQuestion
from pingmon.engine.system_clock import SYSTEM
from pingmon.engine.uplink import Uplink
from pingmon.engine.ways_out import NO_ROUTE, WaysOut
from pingmon.model.visibility import Verdict, WayOut, Witnesses, silence_verdict

FOLLOW_EVERY = 10.0  # s; gateways are read anew at least so often, and whenever a route changes


class SightChange(NamedTuple):
    """way: None for all of them. at: epoch seconds. words: why we can't see, for people."""

    way: WayOut | None
    is_blind: bool
    at: float
    words: str = ""


class _Blindness(NamedTuple):
    """since: by Clock.steady. is_closed: nothing could leave."""

    since: float
    words: str
    is_closed: bool


class WayWatch:
    """Verdicts may be asked for by any worker; `run_once` is for one thread. Times in epoch seconds."""

    def __init__(
        self,
        ways: WaysOut,
        uplink: Uplink,
        question: ChannelQuestion,
        is_service_local: Callable[[], bool],
    ) -> None:
        """is_service_local: the channels' service is on this machine: it proves no way out."""
        self.ways, self.uplink = ways, uplink
        self._question, self._is_service_local = question, is_service_local
        self._blind: dict[WayOut, _Blindness] = {}
        self._doubted: dict[WayOut, float] = {}  # way → first loss, of a silence that was not believed
        self._followed = -inf

    @property
    def is_blind(self) -> bool:
        """By any way out; also when nobody has looked since a silence was not believed."""
        ill = {*self._blind, *self._doubted}
        return bool(ill) and not ill.isdisjoint(self.ways.all())

    def verdict(self, address: str, since: float, source: str = "") -> Verdict:
        """May silence of an address since then be believed? source: see WaysOut.of."""
        way = self.ways.of(address, source)
        if way in self._blind:
            return Verdict.BLIND
        verdict = silence_verdict(self._witnesses(way, since, address), since)
        if verdict is Verdict.WAIT:
            self._question.ask()
            self.on_first_loss(address, source)
        elif verdict is Verdict.BLIND:
            self._doubted[way] = since
        return verdict

    def words(self, address: str, source: str = "") -> str:
        """Why an address can't be seen, empty if its way out works."""
        way = self.ways.of(address, source)
        return self._blind[way].words if way in self._blind else self._words(way)

    def on_first_loss(self, address: str, source: str = "") -> None:
        """Have gateways and other targets of its way out probed at once."""
        self.uplink.probe_now()
        self.ways.probe_witnesses(self.ways.of(address, source), address)

    def has_answer(self, age: float) -> bool:
        """Whether a witness answered within `age` seconds, or a channels' service does now.

        It may block.
        """
        answered = self.uplink.answered().values()
        if answered and SYSTEM.steady() - max(answered) < age:
            return True
        return self._question.ask_now()

    def describe(self) -> list[dict[str, object]]:
        """For `status`: the ways out that targets leave by, and which of them we can't see by."""
        return [
            {
                "device": way.device,
                "gateway": way.gateway,
                "version": way.version,
                "targets": len(self.ways.targets(way)),
                "problem": self._blind[way].words if way in self._blind else self.ways.closed(way),
            }
            for way in sorted(self.ways.all())
        ]

    def run_once(self) -> list[SightChange]:
        """To be called once a second: what changed since."""
        now = time.monotonic()
        if self.ways.follow_changes() or now - self._followed > FOLLOW_EVERY:
            self._followed = now
            self.uplink.follow()
        offset, changes = SYSTEM.offset(), list[SightChange]()
        doubted, self._doubted = self._doubted, {}
        for way in self.ways.all():
            if way.device == NO_ROUTE:
                continue  # each send is refused, which is told in the kernel's words
            since = self._is_blind(way, doubted.get(way))
            if since is not None and way not in self._blind:
                words = self._words(way)
                self._blind[way] = _Blindness(since - offset, words, bool(self.ways.closed(way)))
                changes.append(SightChange(way, True, since, words))
        for way in [one for one in self._blind if self._sees_again(one)]:
            del self._blind[way]
            changes.append(SightChange(way, False, time.time()))
        return changes

    def _is_blind(self, way: WayOut, doubted: float | None) -> float | None:
        """Since when we can't see by a way out, None if we can."""
        if self.ways.closed(way):
            return time.time()
        if doubted is not None:
            return doubted
        witnesses, silent = self._uplinks_of(way)
        if not witnesses or len(silent) < len(witnesses):
            return None
        since = min(silent) + SYSTEM.offset()
        verdict = silence_verdict(self._witnesses(way, since), since)
        if verdict is Verdict.WAIT:
            self._question.ask()
        return since if verdict is Verdict.BLIND else None

    def _sees_again(self, way: WayOut) -> bool:
        """Whether something answered a probe that left since; or packets can leave again."""
        if way not in self.ways.all():
            return True
        known = self._blind[way]
        since = known.since + SYSTEM.offset()
        found = self._witnesses(way, since)
        if found.closed or known.is_closed:
            return not found.closed
        self._question.ask()
        proofs = (found.target or -inf, found.gateway or -inf, found.channel_reached)
        return max(proofs) > since

    def _witnesses(self, way: WayOut, since: float, but: str = "") -> Witnesses:
        ahead = time.time() - time.monotonic()
        target = self.ways.newest_reply(way, but)
        answered, silent = self._uplinks_of(way)
        reached, failed = self._question.reached + ahead, self._question.failed + ahead
        gateway = max(answered) + SYSTEM.offset() if answered else None
        if gateway is not None and self._is_service_local() and gateway <= since:
            # A service on this machine answers whatever our way out does: the gateway knows better.
            reached, failed = -inf, time.time() if len(silent) == len(answered) else -inf
        return Witnesses(
            closed=self.ways.closed(way),
            target=None if target is None else target + ahead,
            gateway=gateway,
            channel_reached=reached,
            channel_failed=failed,
        )

    def _uplinks_of(self, way: WayOut) -> tuple[list[float], list[float]]:
        """Of the witnesses of a way out: when each answered last, and since when each is silent."""
        answered, silent = self.uplink.answered(), self.uplink.silent()
        mine = [one for one in answered if one == way.gateway or self.ways.of(one) == way]
        return [answered[one] for one in mine], [silent[one] for one in mine if one in silent]

    def _words(self, way: WayOut) -> str:
        through = f" via {way.gateway}" if way.gateway else ""
        return self.ways.closed(way) or f"nothing answers by {way.device}{through}"
