"""When many targets fall silent together: are they down, or is our own way out? Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from math import inf

from pingmon.model.visibility import Verdict

MASS = 20  # addresses that must go silent together before that is suspicious


WINDOW = 4.0  # s; "together"


SHARE, AGAIN = 0.5, 0.25  # silent among those heard of: at least for it to begin, less for it to end


REQUEST_TIMEOUT = 10.0  # s; a request that is not answered for so long has failed


Counts = Sequence[tuple[float, int]]  # (when, replies of all targets until then), rising


def mass_silence_verdict(since: float | None, proved: float, failed: float) -> Verdict:
    """Whether the silence of many is believed; the latest request counts.

    since: when the first of them was lost, None when there is no mass silence. proved, failed: when
    the latest request that proved our way out, and the latest that did not, were sent. All on one
    steady clock, seconds.
    """
    if since is None:
        return Verdict.TELL
    if max(proved, failed) <= since:
        return Verdict.WAIT
    return Verdict.TELL if proved >= failed else Verdict.BLIND


def find_mass_silence(
    lost: Iterable[float], counts: Counts, intervals: Mapping[float, int]
) -> float | None:
    """Since when a large share of all targets has been silent; None when it is not so.

    lost: when the first lost probe of each distinct target that went silent lately left.
    intervals: how many targets are probed at each interval, seconds. Targets that went silent are
    compared with those that answered probes of the same time: from any count on, so that what was
    heard before it began does not hide it.
    """
    times = sorted(lost)
    if len(times) < MASS:
        return None
    end = times[-1]
    until = _count_at(counts, end)
    for start, before in counts:
        silent = times[bisect_left(times, start) :]
        if len(silent) < MASS:
            break
        if len(silent) >= SHARE * (len(silent) + _as_targets(until - before, end - start, intervals)):
            return silent[0]
    return None


def answering_share(counts: Counts, since: float, now: float, intervals: Mapping[float, int]) -> float:
    """The share of targets that answer now; 0 while it is too early to say."""
    span = min(WINDOW, now - since)
    due = sum(count * span / interval for interval, count in intervals.items())
    if span < WINDOW / 2 or not due:
        return 0.0
    return (_count_at(counts, now) - _count_at(counts, now - span)) / due


def _as_targets(replies: float, span: float, intervals: Mapping[float, int]) -> float:
    """How many targets gave so many replies within `span` seconds."""
    due = sum(count * span / interval for interval, count in intervals.items())
    target = sum(count * min(1.0, span / interval) for interval, count in intervals.items())
    return replies * target / due if due > 0 else replies


def _count_at(counts: Counts, at: float) -> float:
    """In between, replies are taken to have come evenly."""
    index = bisect_right(counts, (at, inf))
    if index == 0 or index == len(counts):
        return counts[index - bool(index)][1] if counts else 0.0
    (start, before), (end, after) = counts[index - 1], counts[index]
    return before + (after - before) * (at - start) / (end - start)
