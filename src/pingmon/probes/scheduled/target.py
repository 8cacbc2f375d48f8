"""A target as its prober sees it, and a probe under way. Only the prober's thread changes them."""

import zlib
from array import array
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from pingmon.model.probe_result import ProbeResult
from pingmon.model.prober_protocols import Deliver, Pace


class ScheduledProbe:
    """One attempt. `answered` once: a reply came in time, or `result` says what else.

    sent_ns: when it left, by the wall clock (nanoseconds). sent_mono: likewise, monotonic seconds.
    """

    __slots__ = ("answered", "result", "sent_mono", "sent_ns", "target")

    target: Any  # a ScheduledTarget of its kind
    result: ProbeResult | None

    def __init__(self, target: "ScheduledTarget[Any]", sent_ns: int, sent_mono: float) -> None:
        self.target, self.sent_ns, self.sent_mono = target, sent_ns, sent_mono
        self.answered = False
        self.result = None

    @property
    def sent_at(self) -> float:
        return self.sent_ns / 1e9


P = TypeVar("P", bound=ScheduledProbe)


class TargetCommands(Protocol):
    """The part of a prober's loop that a target calls; from any thread."""

    def add(self, target: Any) -> None: ...
    def remove(self, target: Any) -> None: ...
    def set_pace(self, target: Any, pace: Pace) -> None: ...
    def probe_now(self, target: Any) -> None: ...


@dataclass(slots=True, eq=False)
class ScheduledTarget(Generic[P]):
    """See model.prober_protocols.Target. interval, timeout: seconds.

    `deliver` is called from the prober's thread.

    good: replies that wait to be handed over, as pairs of `sent_at` and `rtt`: a tenth of the weight
    of results, and most of what a prober ever hears.
    """

    address: str
    interval: float
    timeout: float
    deliver: Deliver
    pinger: TargetCommands
    pace: Pace = Pace.CONFIRMING
    removed: bool = False
    result_wanted: bool = False  # somebody waits for the next result
    due: float = 0.0
    ticket: int = 0  # only the newest entry in the schedule counts
    last_sent: float = float("-inf")
    last_rtt: float | None = None
    last_reply: float = float("-inf")
    certificate_ends: float | None = None
    outstanding: list[P] = field(default_factory=list)
    good: "array[float]" = field(default_factory=lambda: array("d"))
    phase: float = 0.0  # of its grid, as a share of the interval

    def __post_init__(self) -> None:
        self.phase = phase_of(self.address)

    @property
    def started(self) -> bool:
        return self.last_sent >= 0

    def start(self, pace: Pace) -> None:
        self.pace = pace
        self.pinger.add(self)

    def stop(self) -> None:
        self.pinger.remove(self)

    def set_pace(self, pace: Pace) -> None:
        self.pinger.set_pace(self, pace)

    def probe_now(self) -> None:
        self.pinger.probe_now(self)


def phase_of(text: str) -> float:
    """Where the grid of a target begins, as a share of its interval: any, but the same for ever."""
    return zlib.crc32(text.encode()) / 2**32
