"""A prober for a kind whose probe is an async function. Nothing is imported before its first target."""

import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import ProbeOptions
from pingmon.model.prober_protocols import Deliver, Pace
from pingmon.probes.paced.target import PacedTarget

if TYPE_CHECKING:
    from pingmon.probes.paced.loop import PacedLoop

# An AsyncProbe, or what its `make_runner` takes, from an address and the kind's own settings.
MakeProbe = Callable[[str, Mapping[str, Any]], Any]


class PacedProber:
    """See model.prober_protocols.Prober. One thread, begun with the first target."""

    def __init__(self, name: str, probe: MakeProbe | str, package: str = "") -> None:
        """name: of the kind. probe: raises InvalidValue; as "module:class" it is loaded when needed.

        package: of Debian, with the library that it needs besides.
        A kind that has another way than a task for each probe says so by `probe.make_runner`.
        """
        self._name, self._probe, self._package = name, probe, package
        self._loop: PacedLoop | None = None
        self._lock = threading.Lock()
        self._may_run = False
        self._early: list[PacedTarget] = []  # started before the prober

    @property
    def replies(self) -> int:
        return self._loop.results.replies if self._loop else 0

    @property
    def late_p99(self) -> float:
        return self._loop.schedule.backpressure.p99 if self._loop else 0.0

    @property
    def late_now(self) -> float:
        return self._loop.late_now if self._loop else 0.0

    @property
    def stretch(self) -> float:
        return self._loop.schedule.backpressure.stretch if self._loop else 1.0

    def start(self) -> None:
        with self._lock:
            self._may_run = True
            early, self._early = self._early, []
        for target in early:
            self.add(target)

    def stop(self) -> None:
        with self._lock:
            self._may_run, loop = False, self._loop
        if loop is not None:
            loop.stop()

    def flush_replies(self) -> None:
        if self._loop is not None:
            self._loop.flush_replies()

    def heartbeats(self) -> list[tuple[str, float]]:
        return [(self._loop.name, self._loop.heartbeat)] if self._loop else []

    def check(self, address: str, options: ProbeOptions) -> None:
        self._make_probe()(address, dict(options))

    def new_target(
        self, address: str, options: ProbeOptions, interval: float, timeout: float, deliver: Deliver
    ) -> PacedTarget:
        conversation = self._make_probe()(address, dict(options))
        settings = repr(options) if options else ""
        return PacedTarget(
            address, interval, timeout, deliver, self, conversation=conversation, settings=settings
        )

    # What targets call.

    def add(self, target: PacedTarget) -> None:
        with self._lock:
            if self._may_run and self._loop is None:
                self._loop = self._begin()
            if self._loop is None:
                self._early.append(target)
                return
        self._loop.add(target)

    def remove(self, target: PacedTarget) -> None:
        target.removed = True
        if self._loop is not None:
            self._loop.remove(target)

    def set_pace(self, target: PacedTarget, pace: Pace) -> None:
        if self._loop is not None:
            self._loop.set_pace(target, pace)
        else:
            target.pace = pace

    def probe_now(self, target: PacedTarget) -> None:
        if self._loop is not None:
            self._loop.probe_now(target)

    def _make_probe(self) -> MakeProbe:
        if isinstance(self._probe, str):
            module, _, found = self._probe.partition(":")
            try:
                self._probe = cast(MakeProbe, getattr(import_module(module), found))
            except ImportError as error:
                words = f"a Python library is missing: {error.name or error} (Debian: {self._package})"
                raise InvalidValue(
                    f"this machine can't probe with {self._name}: {words}", "mon_type"
                ) from None
        return self._probe

    def _begin(self) -> "PacedLoop":
        from pingmon.probes.paced.loop import PacedLoop  # asyncio: only who needs it pays for it
        from pingmon.probes.paced.runner import TaskRunner

        make_runner = getattr(self._probe, "make_runner", TaskRunner)
        loop = PacedLoop(f"prober-{self._name}", make_runner)
        loop.start()
        return loop
