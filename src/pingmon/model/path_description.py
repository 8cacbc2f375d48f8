"""What a path looks like, in plain words: for `explain`."""

from pingmon.model.detection_settings import DetectionSettings, format_rate
from pingmon.model.down_threshold import forecast
from pingmon.model.loss_model import DAY, NO_PRIOR, LossModel, PathPrior
from pingmon.model.run_lengths import STARTS, WIDTHS, losses_in
from pingmon.model.run_rate import bursts_likely

FEW = 3.0  # runs of losses, from which nothing is said
ALIKE = 0.8  # share of runs of about one length, for a path to have gaps of one length
MOST_OF_A_DAY = DAY / 2  # s of replies, from which little loss is something known
GAP_LEAST = 3  # losses; a shorter gap is a loss


def describe_path(
    loss_model: LossModel, detection: DetectionSettings, prior: PathPrior = NO_PRIOR
) -> str:
    """As "loses 1 in 5, not in bursts; a dead device is told after 19 s"; empty while little is known."""
    interval = detection.interval
    day, weeks = loss_model.scales(interval)
    lengths = weeks.lengths
    runs = sum(lengths)
    told = f"a dead device is told after {_seconds(forecast(loss_model, detection, prior).delay_p99_s)}"
    if runs < FEW:
        return f"hardly loses anything; {told}" if day.watched >= MOST_OF_A_DAY else ""
    probability = loss_model.loss(interval)
    if bursts_likely(loss_model, interval) < 0.5:
        return f"loses 1 in {max(1, round(1 / probability))}, not in bursts; {told}"
    often = _often(day.p / interval)
    usual = _usual_length(lengths)
    if usual >= GAP_LEAST:
        return f"goes silent for {usual} s about {often}; {told}"
    longest = _length_at(lengths, 0.99)
    mean = 1 + losses_in(lengths) / runs
    return f"silences of {mean:.0f} s on average and up to {_seconds(longest)}, about {often}: {told}"


def describe_limit(
    loss_model: LossModel, detection: DetectionSettings, prior: PathPrior = NO_PRIOR
) -> str:
    """Whether something forbids the budget on this path; empty if nothing does."""
    found, budget = forecast(loss_model, detection, prior), detection.false_alarms or 1.0
    expected = f"expect up to {found.false_alarms_per_year:.2g} false alarms a year"
    if found.limited_by == "max_delay":
        return (
            f"max_delay of {detection.max_delay:g} s leaves no time to keep the budget of "
            f"{format_rate(budget)}: {expected}"
        )
    if found.limited_by == "longest" and found.false_alarms_per_year > budget:
        return (
            "silences were of about one length, and much longer ones are not waited for: "
            f"{expected} instead of {format_rate(budget)}"
        )
    return ""


def _usual_length(lengths: list[float]) -> int:
    """The length that nearly all runs have, within a loss either way; 0 if there is none."""
    runs = sum(lengths)
    at = max(range(len(lengths)), key=lambda index: lengths[index])
    near = sum(lengths[max(0, at - 1) : at + 2])
    return STARTS[at] + (WIDTHS[at] - 1) // 2 if near >= ALIKE * runs else 0


def _length_at(lengths: list[float], share: float) -> int:
    """The length that such a share of runs does not exceed."""
    left = share * sum(lengths)
    for index, count in enumerate(lengths):
        left -= count
        if left <= 0:
            return STARTS[index] + WIDTHS[index] - 1
    return STARTS[len(lengths) - 1]


def _often(rate: float) -> str:
    """rate: per second."""
    for unit, seconds in (("minute", 60.0), ("hour", 3600.0), ("day", 86400.0)):
        count = rate * seconds
        if count >= 0.75:
            return (
                f"once a{'n' if unit == 'hour' else ''} {unit}"
                if count < 1.5
                else (f"{count:.0f} times a{'n' if unit == 'hour' else ''} {unit}")
            )
    return "less than once a day"


def _seconds(seconds: float) -> str:
    return "a minute" if 55 <= seconds <= 65 else f"{seconds:.0f} s"
