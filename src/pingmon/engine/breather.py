"""Long work gives way to the probes: who computes for seconds would make thousands of them late.

The interpreter is shared half and half between two threads that want it, and a machine with thousands
of targets may need more than half of it to keep up.
"""

import time

from pingmon.engine.probers import Probers

EACH = 10  # steps (of about 0.1 ms) between two looks
LATE = 0.02  # s; twice of what a pinger is late that naps between two turns
PAUSE = 0.002  # s; twice what EACH steps take
MOST = 1.0  # s of pauses: on a machine that has no time at all they do not help


class Breather:
    """`step()` after each piece of one piece of work."""

    def __init__(self, probers: Probers) -> None:
        self._probers, self._count, self._left = probers, 0, MOST

    def step(self) -> None:
        self._count += 1
        if self._count % EACH == 0 and self._left > 0 and self._probers.late_now() > LATE:
            began = time.monotonic()
            time.sleep(PAUSE)
            self._left -= time.monotonic() - began
