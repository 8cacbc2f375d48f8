"""What is known of the path to a device: how often it loses, and how long losses last.

Gilbert's chain (1960): after a reply the next probe is lost with probability p, after a loss, a
second later, with probability q. Where runs of losses are not like that, their lengths are learned
as they are (run_lengths.py). docs/detection.md derives every constant.
"""

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum
from math import exp, expm1, sqrt
from typing import Any, NamedTuple

from pingmon.model.beliefs import beta, log_evidence, mixed
from pingmon.model.detection_settings import CONFIRM
from pingmon.model.light_replace import replace
from pingmon.model.run_lengths import Counts, added, with_run, within_known

YEAR, WEEKS, DAY, HOUR = 365.25 * 86400.0, 21 * 86400.0, 86400.0, 3600.0  # s
P_LEAST = 3e-5  # a clean past does not promise a clean future
P_WEIGHT = 20.0  # probes that the prior of p is worth
Q_LEAST, Q_WEIGHT = 0.01, 60.0  # independent loss: q is p, and not much below 1 %
BURSTY = 8e-4  # how likely, before anything was seen, losses come in bursts of any length
TOLD = 2.0  # told outages that it takes to take half of the next for the path


class After(Enum):
    """How long an outage lasted after it was told."""

    AT_ONCE = "it ended within seconds: it may have been the path"
    LONG = "it went on: it rather was the device"
    BEYOND = "longer than max_delay: whatever is learned of it, the next will be told"


class PathPrior(NamedTuple):
    """What is believed of a path of which nothing was seen: p, and runs by length (see pool.py).

    older: runs that are not of the last minute, on paths whose p was older_p then: a path that has lost
    much less since learns less of them. clean: for how long some of those that lost something within a
    day have lost nothing since, rising, seconds.
    """

    p: float = P_LEAST
    lengths: Counts = ()
    older: Counts = ()
    older_p: float = 0.0
    clean: tuple[float, ...] = ()


NO_PRIOR = PathPrior()


class Scale(NamedTuple):
    """p, and runs by length: ended before they were told, told for a moment, and told for longer.

    watched: seconds of the last day that probes were answered in.
    """

    p: float
    lengths: list[float]
    told: list[float]
    outages: list[float]
    told_losses: float
    told_ended: float
    watched: float


@dataclass(frozen=True, slots=True)
class LossModel:
    """Counts that fade. `replies` since the last run of losses are not in the others yet.

    ended: runs of losses that a reply ended before anybody was told, run_losses: losses in them
    that followed a loss. told_*: the same of outages that were told, which may have been the path
    or the device. lengths, old_lengths: runs by length, fading with a day and with three weeks;
    outages: those told that lasted, with three weeks.
    """

    replies: int = 0
    day_probes: float = 0.0
    day_losses: float = 0.0
    hour_probes: float = 0.0
    hour_losses: float = 0.0
    ended: float = 0.0
    run_losses: float = 0.0
    told_ended: float = 0.0
    told_losses: float = 0.0
    old_probes: float = 0.0
    old_losses: float = 0.0
    lengths: Counts = ()
    old_lengths: Counts = ()
    told: Counts = ()
    outages: Counts = ()

    def with_replies(self, count: int) -> "LossModel":
        return replace(self, replies=self.replies + count)

    def with_ended_run(
        self, losses: int, interval: float, told: bool = False, after: After = After.AT_ONCE
    ) -> "LossModel":
        """A reply ended a run of losses, the first of which followed a reply.

        told: an outage was announced during it. after: how long it went on then.
        """
        day_probes, hour_probes, day, hour = self._faded(interval)
        old = exp(-self.replies * interval / WEEKS)
        fresh = 0.0 if told else 1.0
        short = 1.0 if told and after is After.AT_ONCE else 0.0
        long = 1.0 if told and after is After.LONG else 0.0
        told_ended = self.told_ended * day + short
        # On a path that goes silent for some seconds anyway a told run is rather the path's.
        alike = told_ended + sum(self.old_lengths[1:]) * old
        return LossModel(
            day_probes=day_probes + 1,
            day_losses=self.day_losses * day + 1,
            hour_probes=hour_probes + 1,
            hour_losses=self.hour_losses * hour + 1,
            ended=self.ended * day + fresh,
            run_losses=self.run_losses * day + fresh * (losses - 1),
            told_ended=told_ended,
            told_losses=self.told_losses * day + short * (losses - 1),
            old_probes=self.old_probes * old + _sum(self.replies, interval / WEEKS) + 1,
            old_losses=self.old_losses * old + 1,
            lengths=with_run(self.lengths, losses, fresh, day),
            old_lengths=with_run(self.old_lengths, losses, fresh, old),
            told=with_run(self.told, losses, short * alike / (alike + TOLD), old),
            outages=with_run(self.outages, losses, long, old),
        )

    def seen(self, interval: float) -> tuple[float, float]:
        """Probes and runs of losses that what is believed rests on; what is old counts less."""
        probes, _, fade, _ = self._faded(interval)
        return probes, (self.ended + self.told_ended) * fade

    def loss(self, interval: float, prior_p: float = P_LEAST) -> float:
        """p: the worse of what the last hour and the last day say, as probes count them."""
        day_probes, hour_probes, day, hour = self._faded(interval)
        prior = prior_p * P_WEIGHT
        by_day = (prior + self.day_losses * day) / (P_WEIGHT + day_probes)
        by_hour = (prior + self.hour_losses * hour) / (P_WEIGHT + hour_probes)
        return max(P_LEAST, by_day, by_hour)

    def repeat_loss(self, interval: float) -> tuple[float, float]:
        """Mean and standard deviation of q, over both ways in which a path may lose."""
        p, fade = self.loss(interval), self._faded(interval)[2]
        lost, ended = self.run_losses * fade, self.ended * fade
        centre = max(Q_LEAST, p)
        a, b = centre * Q_WEIGHT, (1 - centre) * Q_WEIGHT
        odds = (
            BURSTY / (1 - BURSTY) * exp(log_evidence(1, 1, lost, ended) - log_evidence(a, b, lost, ended))
        )
        # What may have been the device raises our caution, but slowly.
        told = beta(a + self.told_losses * fade + lost, b + self.told_ended * fade + ended)
        mean, variance = mixed(odds / (1 + odds), told, beta(1 + lost, 1 + ended))
        return mean, sqrt(variance)

    def scales(self, interval: float, prior: PathPrior = NO_PRIOR) -> tuple[Scale, Scale]:
        """What the last day says, with the last hour's p, and what three weeks say."""
        day = exp(-self.replies * interval / DAY)
        old = exp(-self.replies * interval / WEEKS)
        known = added((self.old_lengths, old))
        # When a told run ended is known within half an interval: so much shorter it may have been.
        told = within_known(added((self.told, old)), known, interval / CONFIRM / 2)
        outages = _bounded(added((self.outages, old)))
        old_probes = self.old_probes * old + _sum(self.replies, interval / WEEKS)
        old_p = (prior.p * P_WEIGHT + self.old_losses * old) / (P_WEIGHT + old_probes)
        taught = self._taught(interval, prior)
        lengths = added((self.lengths, day), (taught, 1.0))
        old_lengths = added((known, 1.0), (taught, 1.0))
        told_losses, told_ended = self.told_losses * day, self.told_ended * day
        day_p, watched = self.loss(interval, prior.p), self._faded(interval)[0] * interval
        return (
            Scale(day_p, lengths, told, outages, told_losses, told_ended, watched),
            Scale(old_p, old_lengths, told, outages, told_losses, told_ended, watched),
        )

    def _taught(self, interval: float, prior: PathPrior) -> list[float]:
        """Runs of neighbours; older ones as far as this path has lost as often as theirs in a day.

        Of a path that never lost anything, that says little while theirs are as clean for as long.
        """
        if not prior.older:
            return list(prior.lengths)
        probes, _, day, _ = self._faded(interval)
        alike = min(1.0, (1 + self.day_losses * day) / (1 + probes * prior.older_p))
        if prior.clean and not self.old_losses:
            cleaner = len(prior.clean) - bisect_right(prior.clean, self.replies * interval)
            alike = max(alike, cleaner / len(prior.clean))
        return added((prior.lengths, 1.0), (prior.older, alike))

    def to_json(self) -> list[Any]:
        return [getattr(self, name) for name in LossModel.__slots__]

    def _faded(self, interval: float) -> tuple[float, float, float, float]:
        """Probes of a day and an hour with `replies` in them, and what is left of older counts."""
        day, hour = exp(-self.replies * interval / DAY), exp(-self.replies * interval / HOUR)
        return (
            self.day_probes * day + _sum(self.replies, interval / DAY),
            self.hour_probes * hour + _sum(self.replies, interval / HOUR),
            day,
            hour,
        )


def _bounded(outages: list[float]) -> list[float]:
    """However often a device was off, that counts as half a run of its path, by length."""
    whole = sum(outages)
    return [one / (1 + whole) / 2 for one in outages] if whole else outages


def loss_model_from_json(saved: list[Any]) -> LossModel:
    """What `LossModel.to_json` gave, also that of an older pingmon, which knew nine numbers."""
    values: list[Any] = [tuple(one) if isinstance(one, list) else one for one in saved]
    return LossModel(*values)


def _sum(count: int, rate: float) -> float:
    """1 + g + … + g^(count-1) with g = exp(-rate)."""
    return expm1(-count * rate) / expm1(-rate) if count else 0.0
