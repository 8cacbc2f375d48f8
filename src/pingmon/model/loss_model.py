"""What is known of the path to a device: how often it loses, and how long losses last.

Gilbert's chain (1960): after a reply the next probe is lost with probability p, after a loss, a
second later, with probability q. Both are learned while the device is up. docs/detection.md derives
every constant.
"""

from dataclasses import dataclass, replace
from math import exp, expm1, lgamma, log10, sqrt

YEAR, DAY, HOUR = 365.25 * 86400.0, 86400.0, 3600.0  # s
P_LEAST = 3e-5  # a clean past does not promise a clean future
P_WEIGHT = 20.0  # probes that the prior of p is worth
Q_LEAST, Q_WEIGHT = 0.01, 60.0  # independent loss: q is p, and not much below 1 %
BURSTY = 5e-4  # how likely, before anything was seen, losses come in bursts of any length


@dataclass(frozen=True, slots=True)
class LossModel:
    """Counts that fade. `replies` since the last run of losses are not in the others yet.

    ended: runs of losses that a reply ended before anybody was told, run_losses: losses in them
    that followed a loss. told_*: the same of outages that ended soon after they were told, which
    may have been the path or the device.
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

    def with_replies(self, count: int) -> "LossModel":
        return replace(self, replies=self.replies + count)

    def with_ended_run(self, losses: int, interval: float, told: bool = False) -> "LossModel":
        """A reply ended a run of losses, the first of which followed a reply."""
        day_probes, hour_probes, day, hour = self._faded(interval)
        fresh = 0.0 if told else 1.0
        return LossModel(
            day_probes=day_probes + 1,
            day_losses=self.day_losses * day + 1,
            hour_probes=hour_probes + 1,
            hour_losses=self.hour_losses * hour + 1,
            ended=self.ended * day + fresh,
            run_losses=self.run_losses * day + fresh * (losses - 1),
            told_ended=self.told_ended * day + 1 - fresh,
            told_losses=self.told_losses * day + (1 - fresh) * (losses - 1),
        )

    def seen(self, interval: float) -> tuple[float, float]:
        """Probes and runs of losses that what is believed rests on; what is old counts less."""
        probes, _, fade, _ = self._faded(interval)
        return probes, (self.ended + self.told_ended) * fade

    def loss(self, interval: float) -> float:
        """p: the worse of what the last hour and the last day say, as probes count them."""
        day_probes, hour_probes, day, hour = self._faded(interval)
        prior = P_LEAST * P_WEIGHT
        by_day = (prior + self.day_losses * day) / (P_WEIGHT + day_probes)
        by_hour = (prior + self.hour_losses * hour) / (P_WEIGHT + hour_probes)
        return max(P_LEAST, by_day, by_hour)

    def repeat_loss(self, interval: float) -> tuple[float, float]:
        """Mean and standard deviation of q, over both ways in which a path may lose."""
        p, fade = self.loss(interval), self._faded(interval)[2]
        lost, ended = self.run_losses * fade, self.ended * fade
        centre = max(Q_LEAST, p)
        a, b = centre * Q_WEIGHT, (1 - centre) * Q_WEIGHT
        odds = BURSTY / (1 - BURSTY) * exp(_evidence(1, 1, lost, ended) - _evidence(a, b, lost, ended))
        bursty = odds / (1 + odds)
        # What may have been the device raises our caution, but slowly.
        a, b = a + self.told_losses * fade, b + self.told_ended * fade
        first, first_spread = _beta(a + lost, b + ended)
        second, second_spread = _beta(1 + lost, 1 + ended)
        mean = (1 - bursty) * first + bursty * second
        variance = (1 - bursty) * (first_spread + (first - mean) ** 2)
        variance += bursty * (second_spread + (second - mean) ** 2)
        return mean, sqrt(variance)

    def _faded(self, interval: float) -> tuple[float, float, float, float]:
        """Probes of a day and an hour with `replies` in them, and what is left of older counts."""
        day, hour = exp(-self.replies * interval / DAY), exp(-self.replies * interval / HOUR)
        return (
            self.day_probes * day + _sum(self.replies, interval / DAY),
            self.hour_probes * hour + _sum(self.replies, interval / HOUR),
            day,
            hour,
        )


def phi(loss_model: LossModel, run: int, interval: float) -> float:
    """phi = -log10 P(this run of losses | the device is up), after Hayashibara et al. (2004)."""
    if run < 1:
        return 0.0
    p, q = loss_model.loss(interval), conservative_q(loss_model, interval)
    return -log10(p) - (run - 1) * log10(q)


def conservative_q(loss_model: LossModel, interval: float) -> float:
    """The q that decisions use: a standard deviation above what is believed."""
    mean, spread = loss_model.repeat_loss(interval)
    return min(0.999, mean + spread)


def phi_threshold(per_year: float, interval: float) -> float:
    """The phi that a run may reach `per_year` times a year: every probe may begin one."""
    return log10(YEAR / interval / per_year)


def _sum(count: int, rate: float) -> float:
    """1 + g + … + g^(count-1) with g = exp(-rate)."""
    return expm1(-count * rate) / expm1(-rate) if count else 0.0


def _beta(a: float, b: float) -> tuple[float, float]:
    """Mean and variance of a Beta distribution."""
    mean = a / (a + b)
    return mean, mean * (1 - mean) / (a + b + 1)


def _evidence(a: float, b: float, lost: float, ended: float) -> float:
    """log P(these counts | q ~ Beta(a, b))."""
    return _log_beta(a + lost, b + ended) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
