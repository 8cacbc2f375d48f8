"""What alarms have to tell by themselves: ends of holds, reminders, steps of escalations."""

from collections.abc import Callable

from pingmon.engine.live_monitors import LiveMonitors
from pingmon.engine.system_clock import SYSTEM, Clock
from pingmon.model.clock_jumps import ClockJumps
from pingmon.storage.alarm_store import Alarms

EVERY = 1.0  # s between looks


class AlarmClock:
    """`run_once` is called from the recorder's thread, as often as one likes."""

    def __init__(
        self,
        alarms: Alarms,
        is_due: Callable[[float], bool],
        monitors: LiveMonitors,
        is_suspended: Callable[[int], bool],
        run_plans: Callable[[float], set[int]] = lambda _: set(),
        clock: Clock = SYSTEM,
    ) -> None:
        """is_due: whether anything may be by then, epoch seconds. is_suspended: whether nothing
        reaches a channel now. run_plans: begins what is planned by then; the channels that are told.
        """
        self._alarms, self._is_due = alarms, is_due
        self._monitors, self._is_suspended = monitors, is_suspended
        self._clock, self._run_plans = clock, run_plans
        self._time = ClockJumps(clock.offset(), clock.steady())
        self._next = 0.0
        self._is_running = False
        self._is_fresh = False  # whether alarms were looked at under the rules that are in force

    def start(self) -> None:
        """The monitors that were stored are watched."""
        self._is_running = True

    def begin_anew(self) -> None:
        """The rules may be others now: all alarms are looked at."""
        self._is_fresh = False
        self._next = 0.0

    def run_once(self) -> set[int]:
        """The channels that are told something. Raises PingmonError: nothing changed then."""
        steady = self._clock.steady()
        if not self._is_running or steady < self._next:
            return set()
        self._next = steady + EVERY
        was_set = self._time.update(self._clock.offset(), steady)
        if was_set:
            self._alarms.restate_times(was_set)
        now, told = self._clock.wall(), set[int]()
        is_fresh, self._is_fresh = self._is_fresh, True  # another thread may take that back meanwhile
        if was_set or not is_fresh:
            try:
                told |= self._alarms.refresh(now, self._monitors.get)
            except BaseException:
                self._is_fresh = False
                raise
        if not self._is_due(now):
            return told
        told |= self._run_plans(now)
        told |= self._alarms.release_notices(now)
        return told | self._alarms.run_due(now, self._monitors.get, self._is_suspended)
