"""A target of a kind that converses, and a probe under way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pingmon.probes.scheduled.target import ScheduledProbe, ScheduledTarget, phase_of


class PacedProbe(ScheduledProbe):
    """handle: what its runner needs to end it. stalled_before: see PacedLoop.stalled."""

    __slots__ = ("handle", "stalled_before")

    target: "PacedTarget"

    def __init__(self, target: "PacedTarget", sent_ns: int, sent_mono: float, stalled: float) -> None:
        super().__init__(target, sent_ns, sent_mono)
        self.handle: Any = None
        self.stalled_before = stalled


@dataclass(slots=True, eq=False)
class PacedTarget(ScheduledTarget[PacedProbe]):
    """See model.prober_protocols.Target. conversation: how it is probed, in the hands of the runner."""

    conversation: Any = None
    settings: str = field(default="", repr=False)  # has secrets in it
    note: str = ""

    def __post_init__(self) -> None:
        # Two ports of one address are not probed at the same moment.
        self.phase = phase_of(self.address + self.settings)

    def counts(self) -> Mapping[str, int]:
        return {}
