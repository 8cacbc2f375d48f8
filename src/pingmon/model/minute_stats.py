"""Per-minute statistics of a target: RTT moments merged in one pass, loss as in RFC 6673."""

from collections.abc import Sequence
from dataclasses import dataclass

from pingmon.model.probe_result import Outcome, ProbeResult


@dataclass(slots=True)
class MinuteStats:
    """One minute of one target. RTTs in seconds; `rtt_m2`: sum of squared deviations.

    address: model.target_label.statistics_key.
    """

    address: str
    minute: int
    probes: int = 0
    losses: int = 0
    rtt_min: float | None = None
    rtt_mean: float | None = None
    rtt_max: float | None = None
    rtt_m2: float | None = None

    def add(self, result: ProbeResult) -> None:
        if result.outcome is Outcome.LOCAL_ERROR:
            return
        if result.rtt is not None:
            self.add_replies([result.rtt])
        else:
            self.probes += 1
            self.losses += 1

    def add_replies(self, rtts: Sequence[float]) -> None:
        """Many at once, at least one: two sets' moments are merged after Chan et al. (1979)."""
        count, before = len(rtts), self.probes - self.losses
        mean = sum(rtts) / count
        m2 = sum([(rtt - mean) ** 2 for rtt in rtts])
        self.probes += count
        if self.rtt_mean is None or self.rtt_min is None or self.rtt_max is None:
            self.rtt_min, self.rtt_mean, self.rtt_max, self.rtt_m2 = min(rtts), mean, max(rtts), m2
            return
        off, total = mean - self.rtt_mean, before + count
        self.rtt_mean += off * count / total
        self.rtt_m2 = (self.rtt_m2 or 0.0) + m2 + off * off * before * count / total
        self.rtt_min = min(self.rtt_min, min(rtts))
        self.rtt_max = max(self.rtt_max, max(rtts))
