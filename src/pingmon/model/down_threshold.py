"""When is a run of losses an outage? The budget for false alarms, the longest delay, fixed rules."""

from dataclasses import dataclass
from math import ceil, exp, inf, log

from pingmon.model.detection_settings import CONFIRM, LEAST_LOSSES, DetectionSettings
from pingmon.model.loss_model import DAY, NO_PRIOR, YEAR, LossModel, PathPrior
from pingmon.model.run_lengths import LEFT, class_of
from pingmon.model.run_rate import bursts_likely, phi, phi_threshold, run_rate

MOST = 1000  # losses, whatever was learned
LEAST_OVERDUE = 5  # losses: we may have slept meanwhile, and see badly when we wake
FEW_RUNS = 3.0  # of losses, from which nobody learns how long losses last
# Outages told for a moment, P(bursts), from which a path may go silent for long; runs, from which it is
# known for how long.
SOME_TOLD, SOME_BURSTS, MANY_RUNS = 0.2, 0.05, 30.0


def losses_needed(
    loss_model: LossModel, detection: DetectionSettings, prior: PathPrior = NO_PRIOR
) -> int:
    """Losses in a row, the later ones a second apart, after which the device is down.

    prior: what neighbours have taught (see pool.py).
    """
    if detection.down_after is not None:
        return detection.down_after
    if detection.down_after_seconds is not None:
        return max(LEAST_LOSSES, ceil((detection.down_after_seconds - detection.timeout) / CONFIRM) + 1)
    hardly_more = run_rate(loss_model, detection.interval, prior).most
    wanted = _by_budget(loss_model, detection, prior)
    return max(LEAST_LOSSES, min(wanted, hardly_more, most_losses(detection)))


def most_losses(detection: DetectionSettings) -> int:
    """What `max_delay` leaves: a device dies right after a reply, the last loss has to time out."""
    if detection.max_delay is None:
        return MOST
    return max(
        LEAST_LOSSES, int((detection.max_delay - detection.interval - detection.timeout) / CONFIRM)
    )


def is_overdue(run: int, first_sent: float, sent: float, detection: DetectionSettings) -> bool:
    """Whether `max_delay` is over when the loss that left at `sent` times out, though losses are few.

    run: losses. first_sent: when the first of them left; the device may have died an interval before.
    Losses are few when most sends fail.
    """
    if detection.max_delay is None or run < LEAST_OVERDUE:
        return False
    return sent + detection.timeout - first_sent + detection.interval >= detection.max_delay


def _by_budget(loss_model: LossModel, detection: DetectionSettings, prior: PathPrior = NO_PRIOR) -> int:
    wanted = phi_threshold(detection.false_alarms or 1.0, detection.interval)
    return run_rate(loss_model, detection.interval, prior).needed(-wanted * log(10), MOST)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a plan means on a path. Delays in seconds, from the device's death to the decision."""

    waits_for: int
    false_alarms_per_year: float
    delay_median_s: float
    delay_p99_s: float
    limited_by: str  # budget | max_delay | longest (of silences that are alike) | fixed


def forecast(
    loss_model: LossModel, detection: DetectionSettings, prior: PathPrior = NO_PRIOR
) -> Forecast:
    needed = losses_needed(loss_model, detection, prior)
    rate = YEAR / detection.interval * exp(run_rate(loss_model, detection.interval, prior).log(needed))
    if (
        detection.false_alarms is not None and rate > detection.false_alarms
    ):  # max_delay forbids the budget, or silences were all of about one length
        rate = max(detection.false_alarms, min(rate, _by_longest(loss_model, detection.interval, needed)))
    confirm = (needed - 1) * CONFIRM + detection.timeout
    if detection.false_alarms is None:
        limit = "fixed"
    elif _by_budget(loss_model, detection, prior) > needed:
        limit = "max_delay" if needed == most_losses(detection) else "longest"
    else:
        limit = "budget"
    return Forecast(
        needed, rate, 0.5 * detection.interval + confirm, 0.99 * detection.interval + confirm, limit
    )


def _by_longest(loss_model: LossModel, interval: float, needed: int) -> float:
    """What runs of so many losses can hardly exceed a year, if none of those of weeks was as long.

    The rule of three (Hanley and Lippman-Hand 1983): of n that are alike none happened, then a share of
    3/n is the upper end of the 95 % interval.
    """
    weeks = loss_model.scales(interval)[1]
    longer = class_of(needed)
    runs = sum(weeks.lengths)
    if runs < FEW_RUNS or any(
        sum(one[longer:]) > LEFT for one in (weeks.lengths, weeks.told, weeks.outages)
    ):
        return inf
    return YEAR / interval * weeks.p * 3 / runs


@dataclass(frozen=True, slots=True)
class PathKnowledge:
    """What is known of a path now, and how well.

    phi: suspicion of the run of losses that is going on. bound: the phi that the budget
    asks for, None with a fixed rule. probes, runs: faded counts. little: bursts can't be known yet.
    unsure: losses come in bursts, or outages ended as soon as they were told, but how long losses last
    can't be known yet.
    """

    phi: float
    bound: float | None
    probes: int
    runs: float
    little: bool
    unsure: bool = False


def path_knowledge(loss_model: LossModel, detection: DetectionSettings, run: int) -> PathKnowledge:
    """run: losses in a row that are going on."""
    probes, runs = loss_model.seen(detection.interval)
    asked = (
        None
        if detection.false_alarms is None
        else phi_threshold(detection.false_alarms, detection.interval)
    )
    a_day = DAY / detection.interval * (1 - exp(-1))  # of probes, as faded counts have it
    little = runs < FEW_RUNS and probes < a_day
    may_last = sum(loss_model.told) >= SOME_TOLD or (
        bool(loss_model.lengths) and bursts_likely(loss_model, detection.interval) >= SOME_BURSTS
    )
    unsure = may_last and sum(loss_model.old_lengths) < MANY_RUNS
    suspicion = phi(loss_model, run, detection.interval)
    return PathKnowledge(suspicion, asked, round(probes), runs, little, unsure)
