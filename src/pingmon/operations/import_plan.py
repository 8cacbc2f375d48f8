"""Plans: many changes, sent in parts, looked at, and then carried out, all or nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pingmon.engine.breather import Breather
from pingmon.model.errors import Conflict, LimitReached, PingmonError
from pingmon.model.monitor import ChannelRequest, Monitor, MonitorRequest
from pingmon.text import strict_json

MOST_CHANGES = 50_000  # of a plan
MOST_CHARACTERS = 16 << 20  # of their parameters as JSON


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """verify: ask the other side about the channels. update: give monitors that exist the settings of
    their rows, instead of refusing. delete_others: delete the monitors that have no row.

    secrets: of accounts by any name. fallback_secret: of rows that name no account, or an unknown one.
    """

    verify: bool = True
    update: bool = False
    delete_others: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    fallback_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong. index: of the row, None for what is no row's.

    monitor_id: of the monitor that is in the way. other: the row that is.
    """

    index: int | None
    error: PingmonError
    monitor_id: str | None = None
    other: int | None = None


@dataclass(slots=True)
class Outcome:
    """What becomes of a row. same_as: the first row that means the same monitor.

    old: the monitor that it is already. new: how that shall be, None if it is so, or will be added; its
    channels besides the first are those of the request.
    """

    request: MonitorRequest
    id: str
    same_as: int
    old: Monitor | None = None
    new: Monitor | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a plan did. created, changed, deleted: monitors. dropped: messages that went with them.

    problems: what stood against it, as it is now; then nothing was done.
    """

    created: int = 0
    changed: int = 0
    deleted: int = 0
    dropped: int = 0
    problems: tuple[Problem, ...] = ()


class Commit(Protocol):
    """A plan that is being carried out, whoever waits for it."""

    def wait(self, seconds: float) -> Done | None:
        """None when it is not done within that time. Raises PingmonError; then nothing was done."""

    @property
    def done(self) -> int:
        """Monitors that are as the plan says."""


class Plan:
    """For one thread at a time. After `add` comes the check (plan_check.py), then the commit."""

    def __init__(self, options: PlanOptions) -> None:
        self.options = options
        self.rows: list[bytes] = []  # JSON: what parsed values take is many times as much as was sent
        self.delete: list[str] = []  # as they were named
        self.checked = 0  # rows
        self.is_checked = False
        self.steps: Iterator[float] | None = None  # of the check
        self.breather: Breather | None = None
        self.resume_at = 0.0  # monotonic; the other side asked us to wait until then
        self.outcomes: dict[int, Outcome] = {}  # by index, of rows that are right
        self.deleted: list[Monitor] = []
        self.problems: list[Problem] = []
        self.channels: Mapping[int, ChannelRequest] = {}  # new ones of monitors that exist
        self.moved: dict[tuple[str, str], str] = {}  # addresses of channels that are others now
        self.renew_secrets: Callable[[], None] = lambda: None  # that were accepted in the check
        self.commit: Commit | None = None
        self._characters = 0

    def add(self, rows: Sequence[dict[str, Any]], delete: Sequence[str] = ()) -> None:
        """Raises Conflict once it is being checked, LimitReached; then nothing was added."""
        if self.steps is not None:
            raise Conflict("this plan was checked already: begin another one")
        if self.size + len(rows) + len(delete) > MOST_CHANGES:
            raise LimitReached(f"a plan has at most {MOST_CHANGES} changes; make several", "monitors")
        packed = [strict_json.dumps(one).encode() for one in rows]
        characters = sum(map(len, packed)) + sum(len(one.encode()) for one in delete)
        if self._characters + characters > MOST_CHARACTERS:
            raise LimitReached(
                f"a plan has at most {MOST_CHARACTERS} characters; make several", "monitors"
            )
        self._characters += characters
        self.rows += packed
        self.delete += delete

    @property
    def size(self) -> int:
        return len(self.rows) + len(self.delete)

    def firsts(self) -> Iterator[tuple[int, Outcome]]:
        """One row of each monitor."""
        return ((index, one) for index, one in self.outcomes.items() if one.same_as == index)

    def created(self) -> list[tuple[int, Outcome]]:
        return [(index, one) for index, one in self.firsts() if one.old is None]

    def changed(self) -> list[tuple[int, Outcome]]:
        return [(index, one) for index, one in self.firsts() if one.new is not None]
