"""What one probe found out."""

from array import array
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """How a probe ended."""

    REPLY = "reply"
    TIMEOUT = "timeout"
    ICMP_ERROR = "icmp_error"
    ERROR = "error"  # of the other side: it refused, or answered otherwise than it must
    LOCAL_ERROR = "local_error"
    LATE = "late"  # a reply to a probe that was reported as `timeout` before


class ProbeResult(NamedTuple):
    """One attempt to measure a target.

    sent_at: when the probe left, seconds since the epoch (wall clock).
    rtt: round-trip time in seconds (RFC 2681), None unless a reply came.
    detail: for people: the ICMP error and who sent it, the error of the other side, or the local one.
    kind: of a local error by which the kernel refused to send: its name, as ENETUNREACH (errno(3)).
    """

    outcome: Outcome
    sent_at: float
    rtt: float | None = None
    detail: str = ""
    kind: str = ""

    @property
    def is_loss(self) -> bool:
        return self.outcome in (Outcome.TIMEOUT, Outcome.ICMP_ERROR, Outcome.ERROR)


class ReplyBatch:
    """Good results in a row, packed: pairs of `sent_at` and `rtt` (see ProbeResult), at least one."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: "array[float]") -> None:
        self._pairs = pairs

    def __len__(self) -> int:
        return len(self._pairs) // 2

    @property
    def sent(self) -> "array[float]":
        return self._pairs[::2]

    @property
    def rtts(self) -> "array[float]":
        return self._pairs[1::2]

    def results(self) -> list[ProbeResult]:
        pairs = zip(self.sent, self.rtts, strict=True)
        return [ProbeResult(Outcome.REPLY, sent_at, rtt) for sent_at, rtt in pairs]
