"""When is a run of losses an outage? The budget for false alarms, the longest delay, fixed rules."""

from dataclasses import dataclass
from math import ceil, exp

from pingmon.model.loss_model import DAY, YEAR, LossModel, conservative_q, phi, phi_threshold
from pingmon.model.settings import CONFIRM, LEAST_LOSSES, DetectionSettings

FEW_RUNS = 3.0  # of losses, from which nobody learns how long losses last


def losses_needed(path: LossModel, plan: DetectionSettings) -> int:
    """Losses in a row, the later ones a second apart, after which the device is down."""
    if plan.down_after is not None:
        return plan.down_after
    if plan.down_after_seconds is not None:
        return max(LEAST_LOSSES, ceil((plan.down_after_seconds - plan.timeout) / CONFIRM) + 1)
    return max(LEAST_LOSSES, min(_by_budget(path, plan), most_losses(plan)))


def most_losses(plan: DetectionSettings) -> int:
    """What `max_delay` leaves: a device dies right after a reply, the last loss has to time out."""
    if plan.max_delay is None:
        return 1000
    return max(LEAST_LOSSES, int((plan.max_delay - plan.interval - plan.timeout) / CONFIRM))


def _by_budget(path: LossModel, plan: DetectionSettings) -> int:
    wanted = phi_threshold(plan.false_alarms or 1.0, plan.interval)
    first = phi(path, 1, plan.interval)
    each = phi(path, 2, plan.interval) - first
    return 1 + ceil((wanted - first) / each - 1e-9)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a plan means on a path. Delays in seconds, from the device's death to the decision."""

    waits_for: int
    false_alarms_per_year: float
    delay_median_s: float
    delay_p99_s: float
    limited_by: str  # budget | max_delay | fixed


def forecast(path: LossModel, plan: DetectionSettings) -> Forecast:
    needed = losses_needed(path, plan)
    p, q = path.loss(plan.interval), conservative_q(path, plan.interval)
    rate = YEAR / plan.interval * p * q ** (needed - 1)
    confirm = (needed - 1) * CONFIRM + plan.timeout
    if plan.false_alarms is None:
        limit = "fixed"
    else:
        limit = "max_delay" if _by_budget(path, plan) > needed else "budget"
    return Forecast(needed, rate, 0.5 * plan.interval + confirm, 0.99 * plan.interval + confirm, limit)


@dataclass(frozen=True, slots=True)
class PathKnowledge:
    """What is known of a path now, and how well.

    phi: suspicion of the run of losses that is going on. bound: the phi that the budget
    asks for, None with a fixed rule. probes, runs: faded counts. little: bursts can't be known yet.
    """

    phi: float
    bound: float | None
    probes: int
    runs: float
    little: bool


def path_knowledge(path: LossModel, plan: DetectionSettings, run: int) -> PathKnowledge:
    """run: losses in a row that are going on."""
    probes, runs = path.seen(plan.interval)
    asked = None if plan.false_alarms is None else phi_threshold(plan.false_alarms, plan.interval)
    a_day = DAY / plan.interval * (1 - exp(-1))  # of probes, as faded counts have it
    little = runs < FEW_RUNS and probes < a_day
    return PathKnowledge(phi(path, run, plan.interval), asked, round(probes), runs, little)
