"""What a probe kind looks like to the engine: interfaces between `engine/` and `probes/`.

A kind decides what a probe is and when the next one is due; it says nothing about up or down. It
runs all its targets in a few threads of its own and hands results over: no thread per target.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from pingmon.model.monitor import ProbeOptions
from pingmon.model.probe_result import ProbeResult, ReplyBatch

Deliver = Callable[[ReplyBatch | list[ProbeResult]], None]

# s; replies of settled targets may be collected so long, and then until the next one.
REPLIES_HELD = 25.0


class ProberUnavailable(Exception):
    """This machine can't run a probe kind; says why. Others run without it."""


class Pace(enum.Enum):
    """How eagerly a target is probed; the worker sets it, the prober only obeys."""

    SETTLED = "replies are expected and batched, silence hurries the next probe"
    CONFIRMING = "one probe a second, every result at once"
    SILENT = "no reply is expected: the normal interval, every result at once"


class Target(Protocol):
    """What is probed, in the hands of whoever wants its results. All methods return at once.

    address: as in Monitor. last_rtt: seconds, of the latest reply, None before the first. last_reply:
    when the newest probe that was answered left, monotonic seconds, -inf before the first.
    certificate_ends: of the other side's certificate as it was last seen, epoch seconds; None if there is
    none.
    """

    address: str
    last_rtt: float | None
    last_reply: float
    certificate_ends: float | None

    @property
    def note(self) -> str:
        """What is odd about its latest answers, in plain words, as to why they do not count; or empty."""

    @property
    def deliver(self) -> Deliver:
        """Called from a thread of the prober, with results in the order in which probes were sent."""

    def start(self, pace: Pace) -> None:
        """Begin to probe; once only."""

    def stop(self) -> None:
        """Stop probing for good. Once that is done nothing is delivered, and `deliver` is let go of:
        it refers to what holds this target, a cycle that would stay in memory.
        """

    def set_pace(self, pace: Pace) -> None: ...

    def probe_now(self) -> None:
        """Probe now, not at the next turn, and hand the result over at once."""

    def counts(self) -> Mapping[str, int]:
        """Packets of its kinds that are neither a reply nor a loss, by name, since it was started."""


class Prober(Protocol):
    """A running probe kind. All methods may be called from any thread.

    To make one opens what it needs: sockets, libraries. It raises ProberUnavailable when this machine
    can't run the kind, OSError when the daemon must not start without it.
    """

    @property
    def replies(self) -> int:
        """Those that came in time so far, of all targets."""

    @property
    def late_p99(self) -> float:
        """Seconds by which 99 of 100 probes of the last second left later than planned, at most."""

    @property
    def stretch(self) -> float:
        """What intervals are multiplied by as this machine can't keep up; 1.0 when it does."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def flush_replies(self) -> None:
        """Have all replies that were collected delivered; returns when that was done (2 s at most)."""

    def heartbeats(self) -> Sequence[tuple[str, float]]:
        """The name of every thread, and when it last moved (monotonic seconds)."""

    def check(self, address: str, options: ProbeOptions) -> None:
        """Raises InvalidValue when this machine can't probe such a target."""

    def new_target(
        self, address: str, options: ProbeOptions, interval: float, timeout: float, deliver: Deliver
    ) -> Target:
        """Not started yet. interval, timeout: seconds. Raises InvalidValue as `check`."""


@runtime_checkable
class KnowsLateness(Protocol):
    """A prober that knows at any moment how late its probes are."""

    @property
    def late_now(self) -> float:
        """Seconds by which the latest probe left later than planned."""
