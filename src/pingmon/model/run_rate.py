"""How likely a live device's probe begins a run of so many losses: what decisions rest on.

Four beliefs are weighed by Bayes' rule: independent losses; bursts with one q for all lengths; bursts
with an h for each length; gaps of one length. docs/detection.md derives them.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache, reduce
from itertools import accumulate
from math import exp, log, log10, sqrt

from pingmon.model.beliefs import Moments, beta, log_evidence, log_sum, mixed
from pingmon.model.loss_model import (
    BURSTY,
    NO_PRIOR,
    Q_LEAST,
    Q_WEIGHT,
    YEAR,
    LossModel,
    PathPrior,
    Scale,
)
from pingmon.model.run_lengths import (
    STARTS,
    WIDTHS,
    added,
    class_of,
    evidence_by_length,
    evidence_of_gaps,
    hazards,
    losses_in,
    most_if_alike,
)

LOSSY = 0.2  # how likely losses come in bursts, on a path that lost something in a day
AGAIN = 0.5  # of LOSSY, for each run that was told and ended at once
SET_UP = 600.0  # s; a device that was just added goes off and on for other reasons
GAPS = 0.1  # if losses come in bursts, how likely they are gaps of one length
NEVER = -700.0  # log of a probability
LIKELY = 0.5  # P(bursts), from which they may be gaps
BY_LENGTH = 0.3  # if losses come in bursts, how likely h depends on the length
SHAPE_MOST = 7.0  # log odds of the same, however sure weeks are
OLDER_LEAST = 0.1  # share of runs older than the day, from which weeks say more than the day
DOUBT = 3.0  # outages told for a moment within a day, that are rather the device's
MOST = 0.999  # of h
SHORT = class_of(16)  # class of length; a longer run that was told is rather the device's


class Tail:
    """log P(a regular probe begins a run of so many losses), where h is the same within a class."""

    def __init__(self, start: float, hs: list[float]) -> None:
        self._slopes = [log(h) for h in hs]
        self._starts = [start]
        for slope, width in zip(self._slopes[:-1], WIDTHS, strict=False):
            start += width * slope
            self._starts.append(start)

    def log(self, losses: int) -> float:
        at = min(class_of(losses), len(self._starts) - 1)
        return self._starts[at] + (losses - STARTS[at]) * self._slopes[at]


class Gaps:
    """log P(a regular probe begins a run of so many losses), where runs last no longer than gaps."""

    def __init__(self, start: float, weights: list[tuple[int, float]]) -> None:
        """weights: by the losses of the longest run, rising, the logarithm of how likely that is."""
        best = max((weight for _, weight in weights), default=0.0)
        self._start, self._most = start + best, [most for most, _ in weights]
        shares = [exp(weight - best) for _, weight in weights]
        # P(at least k losses) = sum of share * (most - k + 1) / most, over those with most >= k.
        self._whole = [*accumulate(reversed(shares))][::-1]
        ends = [share / most for share, (most, _) in zip(shares, weights, strict=True)]
        self._each = [*accumulate(reversed(ends))][::-1]

    def log(self, losses: int) -> float:
        at = bisect_left(self._most, losses)
        if at == len(self._most):
            return NEVER
        left = self._whole[at] - (losses - 1) * self._each[at]
        return self._start + log(left) if left > 0 else NEVER


class RunRate:
    """How likely a regular probe begins a run of so many losses while the device is up."""

    def __init__(self, loss_model: LossModel, interval: float, prior: PathPrior = NO_PRIOR) -> None:
        day, weeks = loss_model.scales(interval, prior)
        older = _seen(weeks) if _older(day, weeks) >= OLDER_LEAST else ()
        by_length = _prior_of_day(day, weeks)
        # What runs hardly exceed that are of about one length.
        self.most = most_if_alike(added((weeks.lengths, 1.0), (weeks.told, 1.0)))
        self._asked, self._needed = (0.0, 0), 0  # the latest question: while a run goes on it is the same
        self._scales = (
            _tails(day, _bursts_of_day(day), by_length, older),
            _tails(weeks, BURSTY, BY_LENGTH),
        )

    def log(self, losses: int) -> float:
        """Natural logarithm of that probability; falls with each loss. The worst memory counts."""
        return max(
            log_sum(log_sum(same.log(losses), by_length.log(losses)), gaps.log(losses))
            for same, by_length, gaps in self._scales
        )

    def needed(self, wanted: float, most: int) -> int:
        """The least number of losses whose probability is at most exp(wanted); else `most`."""
        if (wanted, most) == self._asked:
            return self._needed
        low, high = 1, most
        while low < high:
            middle = (low + high) // 2
            if self.log(middle) <= wanted + 1e-9:
                high = middle
            else:
                low = middle + 1
        self._asked, self._needed = (wanted, most), low
        return low


@lru_cache(256)
def run_rate(loss_model: LossModel, interval: float, prior: PathPrior = NO_PRIOR) -> RunRate:
    """While a run of losses goes on, what is known of the path stays the same."""
    return RunRate(loss_model, interval, prior)


def bursts_likely(loss_model: LossModel, interval: float) -> float:
    """P(losses come in bursts), by the last day or by weeks, whichever is surer."""
    day, weeks = loss_model.scales(interval)
    found = []
    for scale, before in ((day, _bursts_of_day(day)), (weeks, BURSTY)):
        centre = max(Q_LEAST, scale.p)
        a, b = centre * Q_WEIGHT, (1 - centre) * Q_WEIGHT
        found.append(_bursty(a, b, scale.lengths, BY_LENGTH, before))
    return max(found)


def phi(loss_model: LossModel, run: int, interval: float) -> float:
    """phi = -log10 P(this run of losses | the device is up), after Hayashibara et al. (2004)."""
    return -run_rate(loss_model, interval).log(run) / log(10) if run >= 1 else 0.0


def phi_threshold(per_year: float, interval: float) -> float:
    """The phi that a run may reach `per_year` times a year: every probe may begin one."""
    return log10(YEAR / interval / per_year)


def _prior_of_day(day: Scale, weeks: Scale) -> float:
    """P(h depends on the length), by what weeks say beyond the last day; one day has few runs."""
    older = _older(day, weeks)
    if older < OLDER_LEAST:
        return BY_LENGTH
    same, by_length = _in_bursts(weeks.lengths, 0.5)
    odds = log(BY_LENGTH / (1 - BY_LENGTH)) + older * (by_length - same)
    return 1 / (1 + exp(-min(max(odds, -SHAPE_MOST), SHAPE_MOST)))


def _older(day: Scale, weeks: Scale) -> float:
    """The share of all runs that are older than the day."""
    return 1 - sum(day.lengths) / sum(weeks.lengths) if any(weeks.lengths) else 0.0


def _seen(scale: Scale) -> list[float]:
    """Runs by length; those of the device itself count little."""
    return added((scale.lengths, 1.0), (scale.told, 1.0), (scale.outages, 1.0))


def _tails(
    scale: Scale, before: float, prior: float, older: Sequence[float] = ()
) -> tuple[Tail, Tail, Gaps]:
    """One h for all lengths, h by length, and gaps of one length, each with its weight.

    before: P(bursts) before runs were looked at. prior: P(by length). older: runs by length that say
    more of h than those of this scale.
    """
    centre = max(Q_LEAST, scale.p)
    a, b = centre * Q_WEIGHT, (1 - centre) * Q_WEIGHT
    ended, lost = sum(scale.lengths), losses_in(scale.lengths)
    # What may have been the device raises our caution, but slowly.
    independent = beta(a + scale.told_losses + lost, b + scale.told_ended + ended)
    again = max(0.0, 1 - DOUBT / scale.told_ended) if scale.told_ended else 0.0
    bursty = _bursty(a, b, added((scale.lengths, 1.0), (scale.told, again)), prior, before)
    seen = added((scale.lengths, 1.0), (scale.told, 1.0))
    q = _cautious(bursty, independent, beta(1 + losses_in(seen), 1 + sum(seen)))
    hs = [_cautious(bursty, independent, one) for one in hazards(_seen(scale), older)]
    same, by_length = _in_bursts(seen, prior)
    gaps = list[tuple[int, float]]()
    if bursty > LIKELY:
        share = log(bursty * GAPS)
        gaps = [(most, weight + share) for most, weight in evidence_of_gaps(seen)]
    whole = reduce(log_sum, (weight for _, weight in gaps), log_sum(same, by_length))
    start = log(scale.p) - whole
    return Tail(start + same, [q]), Tail(start + by_length, hs), Gaps(start, gaps)


def _bursts_of_day(day: Scale) -> float:
    """P(losses come in bursts) before lengths are looked at: what never lost anything rather dies."""
    lossy, told = sum(day.lengths), sum(day.told)
    if told:
        known = exp(-SET_UP / max(1.0, day.watched))
        lossy += AGAIN * known * day.told_ended * sum(day.told[:SHORT]) / told
    return BURSTY + (LOSSY - BURSTY) * min(1.0, lossy)


def _bursty(a: float, b: float, lengths: list[float], prior: float, before: float) -> float:
    """P(losses come in bursts | these runs), against independent ones with q ~ Beta(a, b).

    before: the same without these runs.
    """
    bursts = log_sum(*_in_bursts(lengths, prior)) + log(before)
    independent = log_evidence(a, b, losses_in(lengths), sum(lengths)) + log(1 - before)
    return exp(bursts - log_sum(bursts, independent))


def _in_bursts(lengths: list[float], prior: float) -> tuple[float, float]:
    """log P(these runs, and there is one h for all lengths | bursts), and with an h for each."""
    same = log_evidence(1, 1, losses_in(lengths), sum(lengths))
    return same + log(1 - prior), evidence_by_length(lengths) + log(prior)


def _cautious(bursty: float, independent: Moments, bursts: Moments) -> float:
    """A standard deviation above what is believed."""
    mean, variance = mixed(bursty, independent, bursts)
    return min(MOST, mean + sqrt(variance))
