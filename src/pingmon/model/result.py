"""What one probe found out."""

from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    REPLY = "reply"
    TIMEOUT = "timeout"
    ICMP_ERROR = "icmp_error"
    LOCAL_ERROR = "local_error"
    LATE = "late"  # a reply to a probe that was reported as `timeout` before


class ProbeResult(NamedTuple):
    """One attempt to measure a target.

    sent_at: when the probe left, seconds since the epoch (wall clock).
    rtt: round-trip time in seconds (RFC 2681), None unless a reply came.
    detail: for people: the ICMP error and who sent it, or the local error.
    """

    outcome: Outcome
    sent_at: float
    rtt: float | None = None
    detail: str = ""

    @property
    def is_loss(self) -> bool:
        return self.outcome in (Outcome.TIMEOUT, Outcome.ICMP_ERROR)
