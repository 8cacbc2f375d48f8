"""Per-minute statistics of a target: RTT by Welford's method, loss as in RFC 6673."""

from dataclasses import dataclass

from pingmon.model.result import Outcome, ProbeResult


@dataclass(slots=True)
class Minute:
    """One minute of one address. RTTs in seconds; `rtt_m2`: sum of squared deviations."""

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
        self.probes += 1
        if result.rtt is None:
            self.losses += 1
            return
        if self.rtt_mean is None or self.rtt_min is None or self.rtt_max is None:
            self.rtt_min = self.rtt_mean = self.rtt_max = result.rtt
            self.rtt_m2 = 0.0
            return
        off = result.rtt - self.rtt_mean
        self.rtt_mean += off / (self.probes - self.losses)
        self.rtt_m2 = (self.rtt_m2 or 0.0) + off * (result.rtt - self.rtt_mean)
        self.rtt_min = min(self.rtt_min, result.rtt)
        self.rtt_max = max(self.rtt_max, result.rtt)
