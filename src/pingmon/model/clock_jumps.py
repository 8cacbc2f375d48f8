"""Jumps of the wall clock: moments stamped before one are restated. Pure: clocks are read elsewhere."""

from typing import NamedTuple

from pingmon.model.probe_result import ProbeResult

JUMP = 0.5  # s; what the wall clock gains on the steady one at once; less is drift
REMEMBERED = 120.0  # s; a result comes at most so long after its probe left


class Era(NamedTuple):
    """How the wall clock stood: `offset` ahead of the steady one, surely between these moments.

    The moments are steady. When exactly the clock was set is not known: eras may overlap.
    """

    offset: float
    begins: float
    ends: float


class ClockSet(NamedTuple):
    """The wall clock was set by `seconds`; what it showed before, since the machine booted, was wrong.

    first, last: the first and the last moment that it showed so, epoch seconds. A stamp outside of them
    is of another boot, when the clock may have been right: a machine without a battery for its clock
    begins in 1970, or when it was shut down, until it has asked a time server.
    """

    seconds: float
    first: float
    last: float

    def restated(self, at: float) -> float:
        """The same moment by the clock as it is now."""
        return at + self.seconds if self.first - JUMP <= at <= self.last + JUMP else at


class ClockJumps:
    """How the wall clock stood lately. offset: wall minus steady, seconds; now: steady."""

    __slots__ = ("_begins", "_looked", "_past", "offset")

    def __init__(self, offset: float, now: float) -> None:
        self.offset, self._begins, self._looked = offset, float("-inf"), now
        self._past: tuple[Era, ...] = ()

    def update(self, offset: float, now: float) -> ClockSet | None:
        """How the wall clock was set since the last look; None nearly always.

        now: steady, from 0 when the machine booted.
        """
        jumped, was_set = offset - self.offset, None
        if abs(jumped) > JUMP:
            self._past += (Era(self.offset, self._begins, now),)
            self._begins = self._looked
            was_set = ClockSet(jumped, self.offset, self.offset + now)
        self.offset, self._looked = offset, now
        if self._past:
            self._past = tuple(era for era in self._past if now - era.ends < REMEMBERED)
        return was_set

    @property
    def is_undisturbed(self) -> bool:
        """Whether the clock was not set lately."""
        return not self._past

    def restamped(self, results: list[ProbeResult]) -> list[ProbeResult]:
        """By the clock as it stands now, also those that were stamped before it was set."""
        if not self._past:
            return results
        return [one._replace(sent_at=self._sent(one.sent_at) + self.offset) for one in results]

    def _sent(self, sent_at: float) -> float:
        """When a probe left, steady: the youngest reading that can be."""
        eras = [*self._past, Era(self.offset, self._begins, self._looked)]
        readings = [sent_at - era.offset for era in eras]
        right = [at for at, era in zip(readings, eras, strict=True) if era.begins <= at <= era.ends]
        return max(right, default=readings[-1])
