"""How long runs of losses last, as it was seen: the probability of one more loss by how many there were.

h(k) = P(one more loss | k losses so far), from runs that went on beyond k and runs that ended at k.
Lengths are exact up to 16 and about a sixth of their length wide from there on. docs/detection.md
derives the priors.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from math import log

from pingmon.model.beliefs import Moments, log_evidence

Counts = tuple[float, ...]  # of runs that ended, by class of length; what is old counts less

STARTS: tuple[int, ...] = (
    *range(1, 17),
    18,
    20,
    23,
    26,
    30,
    35,
    40,
    46,
    53,
    61,
    70,
    80,
    92,
    106,
    122,
    140,
    161,
    185,
)
STARTS += (212, 244, 280, 322, 370, 425, 488, 561, 645, 741, 852, 980, 1127)
WIDTHS = tuple(b - a for a, b in pairwise(STARTS))
MIDDLES = tuple(start - 1 + (width - 1) / 2 for start, width in zip(STARTS, WIDTHS, strict=False))
MOST = tuple(start + width - 1 for start, width in zip(STARTS, WIDTHS, strict=False))  # losses of a class
LOGS = tuple(map(log, MOST))
NEGLIGIBLE = 30.0  # log odds
FIRST, FIRST_WEIGHT = 0.5, 2.0  # of h(1): Beta(1, 1)
WEIGHT = 3.0  # observations that the prior of each later h is worth, which is centred on the one before
OFTEN = 10.0  # times that runs had so many losses; runs
LEFT = 0.05  # of a run that fades: what is left of it says no more how long runs may be
CENTRE_MOST = 0.99  # what was never seen to end may end
# Runs are alike while at most so many of them are as short as this share of the longest. Shorter runs say
# nothing of that where the longest has few losses.
SHORT_MOST, SHORT_SHARE, LONGEST_LEAST = 0.3, 0.25, 4
# How much longer than the longest the next may be, were all lengths up to it as likely: with such a
# chance, as a decimal logarithm, and no less or more than so many times and losses.
BEYOND, TIMES_LEAST, TIMES_MOST, MORE = 3.5, 2.0, 3.0, 3


def class_of(losses: float) -> int:
    return bisect_right(STARTS, min(max(1, losses), STARTS[-2])) - 1


def with_run(counts: Counts, losses: float, weight: float, fade: float) -> Counts:
    """One more run of so many losses; what was counted before fades."""
    if not weight:
        return tuple([count * fade for count in counts])
    at = class_of(losses)
    faded = [count * fade for count in counts]
    faded += [0.0] * (at + 1 - len(faded))
    faded[at] += weight
    return tuple(faded)


def added(*parts: tuple[Sequence[float], float]) -> list[float]:
    """Counts, each times a factor, together."""
    summed = [0.0] * max(len(counts) for counts, _ in parts)
    for counts, factor in parts:
        for index, count in enumerate(counts):
            summed[index] += count * factor
    return summed


def losses_in(counts: Sequence[float]) -> float:
    """Losses that followed a loss, in all these runs."""
    return float(sum(count * more for count, more in zip(counts, MIDDLES, strict=False)))


def transitions(counts: Sequence[float]) -> list[tuple[float, float]]:
    """By class of length: how often one more loss followed, and how often a reply."""
    found, beyond = [], sum(counts)
    for width, ended in zip(WIDTHS, counts, strict=False):
        beyond = max(0.0, beyond - ended)
        found.append((beyond * width + ended * (width - 1) / 2, ended))
    return found


def hazards(counts: Sequence[float], older: Sequence[float] = ()) -> list[Moments]:
    """Mean and variance of h by class, a Markov chain of Beta distributions (Arjas and Gasbarra 1994).

    The last one is that of all longer runs, of which nothing was seen. older: counts of more runs, which
    say where the chain goes on, as far as they have seen it often.
    """
    found, mean, weight = [], FIRST, FIRST_WEIGHT
    known = list(zip(transitions(older), hazards(older), strict=False)) if older else []
    steps = [*transitions(counts), (0.0, 0.0)]
    steps += [(0.0, 0.0)] * (len(known) - len(steps))
    for at, (lost, ended) in enumerate(steps):
        if at < len(known) and sum(known[at][0]) >= OFTEN:
            mean, weight = known[at][1][0], WEIGHT
        total = weight + lost + ended
        mean, weight = min(CENTRE_MOST, (mean * weight + lost) / total), WEIGHT
        found.append((mean, mean * (1 - mean) / (total + 1)))
    return found


def evidence_of_gaps(counts: Sequence[float]) -> list[tuple[int, float]]:
    """log P(these runs, and gaps have this length | gaps have one length, and begin at any moment).

    Between two probes a gap begins anywhere, so each length of runs up to its own is as likely. With the
    losses of the longest run, for each length that none of these runs exceeds. Empty while runs are few.
    """
    runs = sum(counts)
    if runs < OFTEN:
        return []
    longest = longest_in(counts)
    best, found = -runs * LOGS[longest], list[tuple[int, float]]()
    for losses, its_log in zip(MOST[longest:], LOGS[longest:], strict=True):
        if best + runs * its_log > NEGLIGIBLE:
            break
        found.append((losses, -runs * its_log - log(len(MOST))))
    return found


def longest_in(counts: Sequence[float]) -> int:
    """The class of the longest run that is not faded."""
    return max((at for at, count in enumerate(counts) if count >= LEFT), default=0)


def most_if_alike(counts: Sequence[float]) -> int:
    """Losses that the next run hardly exceeds, if these runs are of about one length; else no bound.

    Of n runs that are as likely to have each length up to a bound, the longest is m: P(the next is longer
    than x) <= (m/x)^n.
    """
    runs, most = sum(counts), MOST[longest_in(counts)]
    short = sum(counts[: class_of(most * SHORT_SHARE) + 1])
    if not runs or most < LONGEST_LEAST or short > SHORT_MOST * runs:
        return MOST[-1]
    times = TIMES_MOST if runs * log(TIMES_MOST) < BEYOND * log(10) else 10 ** (BEYOND / runs)
    return int(max(TIMES_LEAST, times) * most + MORE)


def within_known(told: list[float], lengths: Sequence[float], unsure: float) -> list[float]:
    """Runs that were told, as far as other runs say how long the longest is.

    unsure: losses by which each of `told` may have been shorter. Such a one that was hardly longer than
    the longest of many others was as long as that.
    """
    if sum(lengths) < OFTEN:
        return told
    longest = longest_in(lengths)
    last = class_of(MOST[longest] + unsure)
    if len(told) <= longest + 1 or last <= longest:
        return told
    kept = [*told[: longest + 1], *[0.0] * (last - longest), *told[last + 1 :]][: len(told)]
    kept[longest] += sum(told[longest + 1 : last + 1])
    return kept


def evidence_by_length(counts: Sequence[float]) -> float:
    """log P(these runs | h depends on the length)."""
    evidence, mean, weight = 0.0, FIRST, FIRST_WEIGHT
    for lost, ended in transitions(counts):
        evidence += log_evidence(mean * weight, (1 - mean) * weight, lost, ended)
        mean = min(CENTRE_MOST, (mean * weight + lost) / (weight + lost + ended))
        weight = WEIGHT
    return evidence
