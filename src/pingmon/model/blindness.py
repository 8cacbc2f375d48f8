"""What a chat is told of devices that can't be seen: one message when it begins, one when it ends.

Pure: `advance` takes what is so now, and gives what to remember and what to tell.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pingmon.model.clock_jumps import ClockSet

GATHER = 5.0  # s; devices expire one after the other, within an interval: so long the message waits
COMES_AND_GOES = 3  # episodes told within WINDOW, after which the next ones are told as one
WINDOW = 3600.0  # s
PATIENCE = 600.0  # s; blindness that lasts so long is told, though it was told that it comes and goes
REASONS = 3  # that a message names


class Unseen(NamedTuple):
    """A monitor that can't be seen. since: when that began, epoch seconds. reason: in plain words.

    expired: no reply is younger than its bound, so it has to be told.
    """

    since: float
    reason: str
    expired: bool
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Episode:
    """What a chat was told; remembered over a restart. Times in epoch seconds.

    began: 0 between episodes. due: when the message has to be queued, by the steady clock, 0 if none
    has. told: the monitors that it was about. episodes: when the latest ones were told. folded: it was
    told that sight comes and goes; latest: when it was gone last since then.
    """

    began: float = 0.0
    due: float = 0.0
    told: frozenset[str] = frozenset()
    episodes: tuple[float, ...] = ()
    folded: bool = False
    latest: float = 0.0

    @property
    def is_open(self) -> bool:
        return bool(self.told)

    def restated(self, clock: ClockSet) -> "Episode":
        """The same moments by the clock as it is now."""
        began = clock.restated(self.began) if self.began else 0.0
        return replace(self, began=began, episodes=tuple(map(clock.restated, self.episodes)))

    def to_json(self) -> dict[str, Any]:
        return {
            "began": self.began,
            "told": sorted(self.told),
            "episodes": list(self.episodes),
            "folded": self.folded,
            "latest": self.latest,
        }


def episode_from_json(saved: Mapping[str, Any]) -> Episode:
    """What `Episode.to_json` gave."""
    return Episode(
        began=saved["began"],
        told=frozenset(saved["told"]),
        episodes=tuple(saved["episodes"]),
        folded=saved["folded"],
        latest=saved.get("latest", 0.0),
    )


NO_EPISODE = Episode()


def advance(
    episode: Episode, unseen: Mapping[str, Unseen], now: float, steady: float
) -> tuple[Episode, dict[str, Any] | None]:
    """The episode from now on, and the event to tell, if any.

    unseen: the chat's monitors that can't be seen, or could not until a moment ago and of which it is
    not known yet what is so, by ID. now: epoch seconds. steady: seconds by a clock that is never set.
    """
    late = {one for one, its in unseen.items() if its.expired} - episode.told
    if not late:
        if episode.is_open and not episode.told & unseen.keys():
            return _end(episode, now)
        return _settle(replace(episode, due=0.0) if episode.due else episode, now)
    if episode.folded:
        episode = replace(episode, latest=now)
    if not episode.due:
        wait = PATIENCE if episode.folded and not episode.is_open else GATHER
        return replace(episode, due=steady + wait), None
    if steady < episode.due:
        return episode, None
    return _tell(episode, unseen, now)


def _tell(episode: Episode, unseen: Mapping[str, Unseen], now: float) -> tuple[Episode, dict[str, Any]]:
    began = min(its.since for its in unseen.values())
    began = min(began, episode.began) if episode.is_open else began
    recent = tuple(at for at in episode.episodes if abs(now - at) < WINDOW)
    after = Episode(
        began=began,
        told=episode.told | unseen.keys(),
        episodes=recent if episode.is_open else (*recent, now),
        folded=not episode.folded and not episode.is_open and len(recent) >= COMES_AND_GOES,
    )
    counts = Counter(its.reason for its in unseen.values())
    only = next(iter(unseen.values())) if len(unseen) == 1 else None
    return after, {
        "kind": "blind_began",
        "at": began,
        "decided_at": now,
        "count": len(unseen),
        "reasons": [reason for reason, _ in counts.most_common(REASONS) if reason],
        "name": only.name if only else "",
        "address": only.address if only else "",
        "comes_and_goes": after.folded,
    }


def _end(episode: Episode, now: float) -> tuple[Episode, dict[str, Any] | None]:
    after = Episode(episodes=episode.episodes, folded=episode.folded, latest=episode.latest)
    if episode.folded:
        return after, None
    return after, _ended(episode.began, now, len(episode.told), now)


def _settle(episode: Episode, now: float) -> tuple[Episode, dict[str, Any] | None]:
    """Visibility that came and went has been steady for long."""
    gone = max(episode.latest, *episode.episodes) if episode.folded else now
    if episode.is_open or abs(now - gone) < WINDOW:
        return episode, None
    return NO_EPISODE, _ended(episode.episodes[0], now, 0, now)


def _ended(began: float, until: float, count: int, now: float) -> dict[str, Any]:
    """count: of monitors that could not be seen; 0 when it came and went."""
    return {
        "kind": "blind_ended",
        "at": began,
        "until": until,
        "decided_at": now,
        "count": count,
    }
