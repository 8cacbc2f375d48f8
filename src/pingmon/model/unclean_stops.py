"""Starts after an unclean stop, and when the operator is told of them: at most once an hour. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

TOLD_EVERY = 3600.0  # s


@dataclass(frozen=True, slots=True)
class UncleanStops:
    """Remembered over restarts; times in epoch seconds.

    told_at: when the operator was told last, 0 if never. untold: unclean stops since. seconds: for which
    nothing was seen because of them, in all. since, until: of the latest of these times.
    """

    told_at: float = 0.0
    untold: int = 0
    seconds: float = 0.0
    since: float = 0.0
    until: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def with_another(self, alive: float, now: float) -> "UncleanStops":
        """pingmond was alive last at `alive` and was not stopped; it starts now."""
        alive = min(alive, now)  # the clock may have been set back
        return replace(
            self,
            untold=self.untold + 1,
            seconds=self.seconds + now - alive,
            since=alive,
            until=now,
        )

    def is_due(self, now: float) -> bool:
        """Whether the operator is to be told now."""
        recently = self.told_at > 0 and 0 <= now - self.told_at < TOLD_EVERY
        return self.untold > 0 and not recently

    def as_told(self, now: float) -> "UncleanStops":
        return UncleanStops(told_at=now)


def unclean_stops_from_json(saved: Mapping[str, Any]) -> UncleanStops:
    """What `UncleanStops.to_json` gave. Raises KeyError, TypeError, ValueError for anything else."""
    return UncleanStops(
        told_at=float(saved["told_at"]),
        untold=int(saved["untold"]),
        seconds=float(saved["seconds"]),
        since=float(saved["since"]),
        until=float(saved["until"]),
    )
