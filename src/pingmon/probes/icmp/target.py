"""A target as the pinger sees it, and a probe under way. Only the pinger's thread changes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pingmon.model.probe_result import ProbeResult
from pingmon.probes.icmp.codec import EchoTemplate
from pingmon.probes.icmp.destination import Destination
from pingmon.probes.icmp.options import DEFAULT, EchoOptions
from pingmon.probes.scheduled.target import ScheduledProbe, ScheduledTarget

if TYPE_CHECKING:
    from pingmon.probes.icmp.odd_answers import OddAnswers


_ODD = ("other_payload", "other_source", "ttl_exceeded", "broadcast")


@dataclass(slots=True, eq=False)
class EchoTarget(ScheduledTarget["Probe"]):
    """See model.prober_protocols.Target."""

    destination: Destination | None = None
    duplicates: int = 0
    late: int = 0
    template: EchoTemplate | None = None
    template_until: float = 0.0
    options: EchoOptions = DEFAULT
    odd: "OddAnswers | None" = None

    @property
    def note(self) -> str:
        odd = self.odd
        return odd.note if odd and not odd.is_past(self) else ""

    def counts(self) -> Mapping[str, int]:
        found = {"duplicates": self.duplicates, "late": self.late}
        return found | {name: getattr(self.odd, name, 0) for name in _ODD}


class Probe(ScheduledProbe):
    """One echo request."""

    __slots__ = ("key", "nonce")

    target: EchoTarget

    def __init__(
        self, target: EchoTarget, key: int, nonce: bytes, sent_ns: int, sent_mono: float
    ) -> None:
        # Without a call of the base's: this is the hottest path.
        self.target, self.key, self.nonce = target, key, nonce
        self.sent_ns, self.sent_mono = sent_ns, sent_mono
        self.answered = False
        self.result: ProbeResult | None = None
