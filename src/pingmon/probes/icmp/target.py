"""A target as the pinger sees it, and a probe under way. Only the pinger's thread changes them."""

import zlib
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pingmon.model.probe_result import ProbeResult
from pingmon.model.prober_protocols import Deliver, Pace
from pingmon.probes.icmp.codec import EchoTemplate
from pingmon.probes.icmp.destination import Destination
from pingmon.probes.icmp.options import DEFAULT, EchoOptions

if TYPE_CHECKING:
    from pingmon.probes.icmp.odd_answers import OddAnswers


_ODD = ("other_payload", "other_source", "ttl_exceeded", "broadcast")


class TargetCommands(Protocol):
    """The part of the pinger that a target calls; from any thread."""

    def add(self, target: "EchoTarget") -> None: ...
    def remove(self, target: "EchoTarget") -> None: ...
    def set_pace(self, target: "EchoTarget", pace: Pace) -> None: ...
    def probe_now(self, target: "EchoTarget") -> None: ...


@dataclass(slots=True, eq=False)
class EchoTarget:
    """See model.prober_protocols.Target. interval, timeout: seconds.

    `deliver` is called from the pinger's thread.

    good: replies that wait to be handed over, as pairs of `sent_at` and `rtt`: a tenth of the weight
    of results, and most of what a pinger ever hears.
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
    destination: Destination | None = None
    outstanding: list["Probe"] = field(default_factory=list)
    good: "array[float]" = field(default_factory=lambda: array("d"))
    duplicates: int = 0
    late: int = 0
    phase: float = 0.0  # of its grid, as a share of the interval
    template: EchoTemplate | None = None
    template_until: float = 0.0
    options: EchoOptions = DEFAULT
    odd: "OddAnswers | None" = None

    def __post_init__(self) -> None:
        self.phase = zlib.crc32(self.address.encode()) / 2**32

    @property
    def started(self) -> bool:
        return self.last_sent >= 0

    @property
    def note(self) -> str:
        odd = self.odd
        return odd.note if odd and not odd.is_past(self) else ""

    def counts(self) -> Mapping[str, int]:
        found = {"duplicates": self.duplicates, "late": self.late}
        return found | {name: getattr(self.odd, name, 0) for name in _ODD}

    def start(self, pace: Pace) -> None:
        self.pace = pace
        self.pinger.add(self)

    def stop(self) -> None:
        self.pinger.remove(self)

    def set_pace(self, pace: Pace) -> None:
        self.pinger.set_pace(self, pace)

    def probe_now(self) -> None:
        self.pinger.probe_now(self)


class Probe:
    """One echo request. `answered` once: a reply came in time, or `result` says what else."""

    __slots__ = ("answered", "key", "nonce", "result", "sent_mono", "sent_ns", "target")

    def __init__(
        self, target: EchoTarget, key: int, nonce: bytes, sent_ns: int, sent_mono: float
    ) -> None:
        self.target, self.key, self.nonce = target, key, nonce
        self.sent_ns, self.sent_mono = sent_ns, sent_mono
        self.answered = False
        self.result: ProbeResult | None = None

    @property
    def sent_at(self) -> float:
        return self.sent_ns / 1e9
