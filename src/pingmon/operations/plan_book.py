"""The plans that are open, one of each connection, and how many there may be of whom."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from pingmon.model.errors import Conflict, LimitReached
from pingmon.operations.import_plan import Plan, PlanOptions

MOST_PLANS = 8  # that are open at a time
MOST_OF_USER = 6  # so that one user can't keep all others out
RESTED = 20.0  # s without a call; then a plan gives way to somebody who wants one


@dataclass(slots=True)
class _Open:
    """user: whose it is, as the log names them. used: when it was last asked for, monotonic seconds."""

    plan: Plan
    user: str
    used: float = field(default_factory=time.monotonic)

    @property
    def is_carried_out(self) -> bool:
        return self.plan.commit is not None


class PlanBook:
    """Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._open: dict[object, _Open] = {}
        self._gave_way: dict[object, str] = {}  # owner → to whom its plan gave way

    def begin(self, owner: object, options: PlanOptions, user: str) -> Plan:
        """Takes the place of the owner's earlier one. Raises LimitReached, which names who has them."""
        with self._lock:
            self._open.pop(owner, None)
            self._gave_way.pop(owner, None)
            own = [one for one, its in self._open.items() if its.user == user]
            if len(own) >= MOST_OF_USER and not self._make_room(own, user):
                words = f"{len(own)} plans of yours ({user}) are open already"
                raise LimitReached(f"{words}: end one of these imports, or try again in a minute")
            if len(self._open) >= MOST_PLANS and not self._make_room(list(self._open), user):
                counts = Counter(one.user for one in self._open.values())
                who = ", ".join(f"{number} of {name}" for name, number in counts.most_common())
                words = f"{len(self._open)} plans are open already, {who}"
                raise LimitReached(f"{words}: ask them, or try again in a minute")
            plan = Plan(options)
            self._open[owner] = _Open(plan, user, self._clock())
            return plan

    def of(self, owner: object) -> Plan:
        """Raises Conflict when there is none."""
        with self._lock:
            found = self._open.get(owner)
            if found:
                found.used = self._clock()
                return found.plan
            taker = self._gave_way.get(owner)
        if taker is not None:
            words = f"this plan rested for {RESTED:.0f} s and gave way to one of {taker}"
            raise Conflict(f"{words}; nothing was changed, begin again")
        raise Conflict("there is no plan on this connection: plan_begin begins one")

    def drop(self, owner: object) -> None:
        with self._lock:
            self._open.pop(owner, None)
            self._gave_way.pop(owner, None)

    def __len__(self) -> int:
        return len(self._open)

    def _make_room(self, owners: list[object], user: str) -> bool:
        """Whether one of these rested long enough to give way; one that is carried out never does."""
        idle = [one for one in owners if not self._open[one].is_carried_out]
        oldest = min(idle, key=lambda one: self._open[one].used, default=None)
        if oldest is None or self._clock() - self._open[oldest].used < RESTED:
            return False
        del self._open[oldest]
        self._gave_way[oldest] = user
        return True
