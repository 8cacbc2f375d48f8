"""The clocks of this machine."""

import time

AT_ONCE = 0.01  # s; two readings further apart are taken again


class Clock:
    """`wall` may be set at any moment; `steady` never, and it counts while the machine sleeps."""

    def wall(self) -> float:
        return time.time()

    def steady(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def offset(self) -> float:
        """wall - steady, seconds: changes only when the wall clock is set."""
        while True:
            before, wall, after = self.steady(), self.wall(), self.steady()
            if after - before < AT_ONCE:
                return wall - before


SYSTEM = Clock()
