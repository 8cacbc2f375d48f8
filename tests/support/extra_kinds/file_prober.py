"""The probe kind `file`: a target answers while a file of its name exists. As a file of `probes/`."""

import threading
import time
from array import array
from pathlib import Path

from pingmon.model.errors import InvalidValue
from pingmon.model.interval_stretch import Backpressure
from pingmon.model.monitor import ProbeOptions
from pingmon.model.probe_result import Outcome, ProbeResult, ReplyBatch
from pingmon.model.prober_protocols import REPLIES_HELD, Deliver, Pace

CONFIRM_INTERVAL = 1.0  # s


class FileTarget:
    """See model.prober_protocols.Target. Its fields are changed under the prober's lock."""

    note = ""
    certificate_ends: float | None = None

    def counts(self) -> dict[str, int]:
        return {}

    def __init__(self, prober: "FileProber", address: str, directory: str, interval: float) -> None:
        self.address, self.path, self.interval = address, Path(directory) / address, interval
        self.last_rtt: float | None = None
        self.last_reply = float("-inf")
        self.deliver: Deliver = _nobody
        self.pace = Pace.CONFIRMING
        self.due = 0.0
        self.result_wanted = False
        self.collected = array("d")  # pairs of `sent_at` and `rtt`
        self._prober = prober

    def start(self, pace: Pace) -> None:
        with self._prober.changed:
            self.pace, self.due = pace, time.monotonic()
            self._prober.targets.append(self)
            self._prober.changed.notify()

    def stop(self) -> None:
        with self._prober.changed:
            self._prober.targets.remove(self)
            self.deliver = _nobody

    def set_pace(self, pace: Pace) -> None:
        with self._prober.changed:
            self.pace = pace
            if pace is Pace.CONFIRMING:
                self.due = min(self.due, time.monotonic() + CONFIRM_INTERVAL)
                self._prober.changed.notify()

    def probe_now(self) -> None:
        with self._prober.changed:
            self.due, self.result_wanted = time.monotonic(), True
            self._prober.changed.notify()

    def probe(self, now: float) -> bool:
        """Whether it answered."""
        sent_at, exists = time.time(), self.path.exists()
        confirming = self.pace is Pace.CONFIRMING
        self.due = now + (min(CONFIRM_INTERVAL, self.interval) if confirming else self.interval)
        rtt = time.monotonic() - now
        if exists:
            self.last_rtt, self.last_reply = rtt, time.monotonic() - rtt
        if exists and self.pace is Pace.SETTLED and not self.result_wanted:
            self.collected.extend((sent_at, rtt))
            if sent_at - self.collected[0] >= REPLIES_HELD:
                self.flush()
        else:
            self.result_wanted = False
            self.flush()
            outcome = Outcome.REPLY if exists else Outcome.TIMEOUT
            self.deliver([ProbeResult(outcome, sent_at, rtt if exists else None)])
        return exists

    def flush(self) -> None:
        if self.collected:
            collected, self.collected = self.collected, array("d")
            self.deliver(ReplyBatch(collected))


class FileProber:
    """See model.prober_protocols.Prober. One thread for all targets."""

    def __init__(self) -> None:
        self.targets: list[FileTarget] = []
        self.changed = threading.Condition()
        self.replies = 0
        self.heartbeat = time.monotonic()
        self._backpressure = Backpressure()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="file-prober", daemon=True)

    @property
    def late_p99(self) -> float:
        return self._backpressure.p99

    @property
    def stretch(self) -> float:
        return self._backpressure.stretch

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self.changed:
            self._stop = True
            self.changed.notify()
        self._thread.join()

    def flush_replies(self) -> None:
        with self.changed:
            for target in self.targets:
                target.flush()

    def heartbeats(self) -> list[tuple[str, float]]:
        return [("file-prober", self.heartbeat)]

    def check(self, address: str, options: ProbeOptions) -> None:
        directory = dict(options).get("directory")
        if not directory or not Path(directory).is_dir():
            raise InvalidValue(f"directory must name a directory, not {directory!r}", "directory")

    def new_target(
        self, address: str, options: ProbeOptions, interval: float, timeout: float, deliver: Deliver
    ) -> FileTarget:
        self.check(address, options)
        target = FileTarget(self, address, dict(options)["directory"], interval)
        target.deliver = deliver
        return target

    def _run(self) -> None:
        with self.changed:
            while not self._stop:
                self.heartbeat = now = time.monotonic()
                for target in self.targets:
                    if target.due <= now:
                        self._backpressure.lateness.append(now - target.due)
                        self.replies += target.probe(now)
                self._backpressure.adjust(now)
                earliest = min((target.due for target in self.targets), default=now + 1.0)
                self.changed.wait(max(0.0, min(1.0, earliest - time.monotonic())))


def _nobody(_results: ReplyBatch | list[ProbeResult]) -> None:
    """Takes what nobody waits for any more."""
