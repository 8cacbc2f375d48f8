"""Tells each chat once that devices can't be seen, and once when that has ended."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from pingmon.engine.live_monitors import LiveMonitors
from pingmon.engine.system_clock import SYSTEM, Clock
from pingmon.model.blindness import NO_EPISODE, Episode, Unseen, advance
from pingmon.model.clock_jumps import ClockJumps
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.evidence import evidence_bound
from pingmon.model.monitor import Monitor
from pingmon.model.visibility import Verdict
from pingmon.storage.episodes import EpisodeChange, Episodes

log = logging.getLogger(__name__)

StateOf = Callable[[str], DetectorState | None]


class BlindnessReports:
    """`on_sight_changed` may be called from any thread, `run_once` from the recorder's only."""

    def __init__(
        self,
        episodes: Episodes,
        monitors: LiveMonitors,
        state_of: StateOf,
        hears_nothing: Callable[[int], bool],
        clock: Clock = SYSTEM,
    ) -> None:
        """state_of: by a monitor's ID. hears_nothing: whether a channel is suspended."""
        self._stored, self._monitors, self._state_of = episodes, monitors, state_of
        self._hears_nothing, self._clock = hears_nothing, clock
        self._unseen: dict[str, DetectorState] = {}
        self._episodes: dict[int, Episode] = {}
        self._remembered: dict[int, Episode] = {}
        self._is_running = False
        self._time = ClockJumps(clock.offset(), clock.steady())
        self._told_at: dict[int, float] = {}  # channel → when it was told last of blindness

    def load(self) -> frozenset[str]:
        """What was open when the daemon last ran; the monitors that were told unseen."""
        self._remembered = self._stored.load()
        return frozenset(one for episode in self._remembered.values() for one in episode.told)

    def start(self) -> None:
        """The monitors that were stored are watched."""
        self._episodes, self._is_running = self._remembered, True

    def on_sight_changed(self, monitor: Monitor, state: DetectorState) -> None:
        if (state.blind_reason or state.expired) and not state.is_paused:
            self._unseen[monitor.id] = state
        else:
            self._unseen.pop(monitor.id, None)

    def unseen(self) -> Counter[str]:
        """How many monitors can't be seen, by reason."""
        return Counter(
            state.words or state.blind_reason
            for monitor_id, state in list(self._unseen.items())
            if state.blind_reason and monitor_id in self._monitors
        )

    def was_told_since(self, channel_id: int, at: float) -> bool:
        """Whether a chat was told of blindness that began after `at`, epoch seconds, or goes on."""
        episode = self._episodes.get(channel_id, NO_EPISODE)
        return episode.is_open or self._told_at.get(channel_id, 0.0) >= at

    def run_once(self) -> set[int]:
        """The accounts for which something was queued. Raises PingmonError: nothing changed then."""
        if not self._is_running or not (self._unseen or self._episodes):
            return set()
        self._keep_time()
        now, by_channel = self._clock.wall(), self._by_channel()
        changes, accounts, after = list[EpisodeChange](), set[int](), dict[int, Episode]()
        for channel_id in by_channel.keys() | self._episodes.keys():
            before = self._episodes.get(channel_id, NO_EPISODE)
            unseen = by_channel.get(channel_id, {})
            episode, event = advance(before, unseen, now, self._clock.steady())
            after[channel_id] = episode
            if event is not None or episode.told != before.told:
                self._complete(event, channel_id, before)
                changes.append(EpisodeChange(channel_id, episode, event))
        if changes:
            self._stored.save(changes)
        for one in changes:
            if one.event is not None:
                self._told_at[one.channel_id] = now
                accounts |= self._accounts([one.channel_id])
                _log(one.event)
        self._episodes = {one: episode for one, episode in after.items() if episode != NO_EPISODE}
        return accounts

    def _keep_time(self) -> None:
        """When the wall clock was set, what is remembered moves along."""
        if clock := self._time.update(self._clock.offset(), self._clock.steady()):
            self._episodes = {one: its.restated(clock) for one, its in self._episodes.items()}
            self._told_at = {one: clock.restated(at) for one, at in self._told_at.items()}

    def _by_channel(self) -> dict[int, dict[str, Unseen]]:
        found: dict[int, dict[str, Unseen]] = {}
        for monitor_id, state in list(self._unseen.items()):
            monitor = self._monitors.get(monitor_id)
            if monitor is None:  # deleted
                self._unseen.pop(monitor_id, None)
                continue
            is_behind = state.blind_reason == Verdict.UNREACHABLE
            is_late = self._has_to_be_told(monitor, state)
            unseen = Unseen(
                state.since, self._reason(monitor, state), is_late, monitor.name, monitor.target_label
            )
            for channel in monitor.channels:
                if not (is_behind and self._knows_parent(monitor, channel.id)):
                    found.setdefault(channel.id, {})[monitor_id] = unseen
        return found

    def _has_to_be_told(self, monitor: Monitor, state: DetectorState) -> bool:
        if not state.expired or not (state.blind_reason or state.words):
            return False  # or we see again, and what is so is being found out
        # The chat knows that it is down: a moment of blindness is no news.
        is_known = state.told is State.DOWN and not state.is_silent_down
        return not is_known or self._clock.wall() - state.since > evidence_bound(monitor.detection)

    def _knows_parent(self, monitor: Monitor, channel_id: int) -> bool:
        """Whether a chat of the monitor was told that what it is behind is down."""
        for parent in self._monitors.above(monitor):
            # The chat may have a monitor of its own for that device.
            alike = [parent, *self._monitors.labelled(parent.target)]
            if any(_tells(one, channel_id) and self._is_told_down(one) for one in alike):
                return not self._hears_nothing(channel_id)
        return False

    def _is_told_down(self, monitor: Monitor) -> bool:
        state = self._state_of(monitor.id)
        return state is not None and state.told is State.DOWN and not state.is_silent_down

    def _reason(self, monitor: Monitor, state: DetectorState) -> str:
        if state.blind_reason == Verdict.UNREACHABLE:
            parent = self._monitors.get(monitor.options.parent or "")
            return f"behind {parent.name or parent.target}" if parent else ""
        return state.words

    def _complete(self, event: dict[str, Any] | None, channel_id: int, before: Episode) -> None:
        """What only the live monitors know: how many the chat has, how many of these are down now."""
        if event is None:
            return
        event["of"] = sum(_tells(one, channel_id) for one in self._monitors.all())
        if event["kind"] == "blind_ended":
            states = (self._state_of(one) for one in before.told)
            event["down"] = sum(state is not None and state.state is State.DOWN for state in states)

    def _accounts(self, channel_ids: Iterable[int]) -> set[int]:
        wanted = set(channel_ids)
        found = (its for one in self._monitors.all() for its in one.channels)
        return {one.account_id for one in found if one.id in wanted}


def _tells(monitor: Monitor, channel_id: int) -> bool:
    return any(one.id == channel_id for one in monitor.channels)


def _log(event: dict[str, Any]) -> None:
    if event["kind"] == "blind_began":
        reasons = "; ".join(event["reasons"])
        log.error("told: can't see %d of %d devices: %s", event["count"], event["of"], reasons)
    else:
        log.warning("told: can see again after %.0f s", event["until"] - event["at"])
