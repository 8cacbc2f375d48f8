"""The real daemon in faster time: `python -m tests.support.fast_time …` with FAST_TIME="50 ORIGIN START".

Every clock of the process runs so many times as fast, and every wait takes as much less; at ORIGIN (true
epoch seconds) its wall clock says START. What it talks to over the network stays in true time. With FACTS
it appends to that file what its alarms are told of, and when: steps, one a line.
"""

import json
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

VARIABLE, FACTS = "FAST_TIME", "FAST_TIME_FACTS"
TRUE = SimpleNamespace(**{name: getattr(time, name) for name in dir(time)})


class FastTime(NamedTuple):
    """start: what the clock says at `origin`, both epoch seconds."""

    factor: float
    origin: float
    start: float

    def wall(self, true: float) -> float:
        """What the fast clock says at a true moment."""
        return self.start + (true - self.origin) * self.factor

    def true(self, wall: float) -> float:
        return self.origin + (wall - self.start) / self.factor

    def environment(self) -> dict[str, str]:
        return {VARIABLE: " ".join(map(repr, self))}

    def now(self) -> float:
        return self.wall(TRUE.time())


def install(fast: FastTime) -> None:
    """Before anything of pingmon is imported."""
    factor = fast.factor
    module: Any = time
    module.time = fast.now
    module.time_ns = lambda: int(fast.now() * 1e9)
    module.monotonic = lambda: TRUE.monotonic() * factor
    module.clock_gettime = lambda clock: (
        fast.now() if clock == TRUE.CLOCK_REALTIME else TRUE.clock_gettime(clock) * factor
    )
    module.sleep = lambda seconds: TRUE.sleep(seconds / factor)
    module.localtime = _Localtime(fast)
    threads: Any = threading
    threads._time = module.monotonic
    _shorten(threading.Condition, "wait", factor)
    _shorten(threading.Thread, "join", factor)
    module = select
    module.poll = lambda poll=select.poll: _Poll(poll(), factor)


class _Localtime:
    """No function: logging has it as an attribute of a class."""

    def __init__(self, fast: FastTime) -> None:
        self._fast = fast

    def __call__(self, at: float | None = None) -> time.struct_time:
        found: time.struct_time = TRUE.localtime(self._fast.now() if at is None else at)
        return found


def _shorten(kind: type, name: str, factor: float) -> None:
    wait: Callable[..., Any] = getattr(kind, name)

    def shorter(self: Any, timeout: float | None = None) -> Any:
        return wait(self, None if timeout is None else timeout / factor)

    setattr(kind, name, shorter)


class _Poll:
    def __init__(self, poll: Any, factor: float) -> None:
        self._poll, self._factor = poll, factor
        self.register, self.unregister, self.modify = poll.register, poll.unregister, poll.modify

    def poll(self, timeout: float | None = None) -> Any:
        return self._poll.poll(None if timeout is None else timeout / self._factor)


def adapt(fast: FastTime, facts: Path | None) -> None:
    """What the daemon is made of."""
    import pingmon.channels.registry  # all kinds of channels
    from pingmon.probes.icmp.icmp_socket import IcmpSocket

    for name, module in list(sys.modules.items()):  # what goes over the network takes true time
        if name.startswith(pingmon.channels.__name__) and hasattr(module, "time"):
            setattr(module, "time", TRUE)  # noqa: B010 - no attribute of every module
    read = IcmpSocket._read_control

    def read_control(self: Any, control: Any) -> int:  # the kernel's time stamp of what came
        at_ns = read(self, control)
        return int(fast.wall(at_ns / 1e9) * 1e9) if at_ns else at_ns

    IcmpSocket._read_control = read_control  # type: ignore[method-assign]
    if facts:
        _log_steps(facts)


def _log_steps(facts: Path) -> None:
    """What alarms were told of, in the order of transactions."""
    from pingmon.storage import alarm_store, deletion, state_changes, store
    from pingmon.storage.alarms import advance

    def logged(connection: Any, occurrences: Any, *more: Any, **settings: Any) -> Any:
        found = list(occurrences)
        with facts.open("a") as file:
            file.writelines(json.dumps(one) + "\n" for one in _steps(found))
        return advance(connection, found, *more, **settings)

    for module in (alarm_store, deletion, state_changes, store):
        module.advance = logged  # type: ignore[attr-defined]


def _steps(occurrences: list[Any]) -> list[dict[str, Any]]:
    """Of what is one event for many monitors one step."""
    steps: list[dict[str, Any]] = []
    for one in occurrences:
        events = [[type(event).__name__, _plain(event)] for event in one.events]
        step = {"at": one.at, "events": events, "for_all": one.channels is None}
        if steps and steps[-1] == step | {"monitors": steps[-1]["monitors"]}:
            steps[-1]["monitors"].append(one.monitor.id)
        else:
            steps.append(step | {"monitors": [one.monitor.id]})
    return steps


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


if __name__ == "__main__":
    chosen = FastTime(*map(float, os.environ[VARIABLE].split()))
    install(chosen)
    adapt(chosen, Path(os.environ[FACTS]) if FACTS in os.environ else None)
    from pingmon.daemon.main import main

    sys.exit(main())
