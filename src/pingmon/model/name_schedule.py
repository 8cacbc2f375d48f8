"""When a host's name is resolved again, and which of its addresses is in use. Pure.

Times are steady seconds. Who asks the resolver: engine/name_resolution.py.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from math import inf
from typing import NamedTuple

FLOOR = 5.0  # s; least time between two questions for a name, however short its time to live is
LONGEST = 300.0  # s; most time
NO_TTL = 60.0  # s; of an answer of which no time to live is known, as from /etc/hosts
RETRIES = (5.0, 5.0, 5.0, 5.0, 10.0, 20.0, 40.0, 60.0)  # s; after the first failure in a row …
SOON = 1.0  # s; least time when its device went silent
SPREAD = 0.1  # of the time; names that were asked for together are not asked for together again
PATIENCE = 4.0  # s after a device went silent, for which an answer is waited for


class Resolved(NamedTuple):
    """What the resolver says of a name.

    addresses: as it prefers them. ttl: seconds, None if not known. problem: why there is no address, in
    plain words. kind: the name of the resolver's error (EAI_AGAIN) if it failed itself, so nothing is
    known of the name.
    """

    addresses: tuple[str, ...] = ()
    ttl: float | None = None
    problem: str = ""
    kind: str = ""


NO_ANSWER = Resolved()


class Trust(IntEnum):
    """Whether a name may be expected to be answered soon: not if the resolver failed the last time."""

    NONE = 0
    UNKNOWN = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class NameState:
    """in_use: the address, empty as long as there never was one. due: when it is asked for next.

    asked: when the newest question that was answered was asked. under_way: since when one is, None if
    none is. failures: in a row. latest: the newest answer; problem_since: since when it is a problem.
    """

    in_use: str = ""
    due: float = 0.0
    asked: float = -inf
    under_way: float | None = None
    failures: int = 0
    latest: Resolved = NO_ANSWER
    problem_since: float = 0.0

    @property
    def problem(self) -> str:
        return self.latest.problem


def asked(name: NameState, now: float) -> NameState:
    return replace(name, under_way=now, due=inf)


def answered(name: NameState, answer: Resolved, now: float, chance: float) -> NameState:
    """chance: 0 to 1, at random. The address in use stays as long as it is among the addresses."""
    failures = 0 if answer.addresses else name.failures + 1
    since = name.problem_since if name.problem else now
    began = now if name.under_way is None else name.under_way
    return NameState(
        in_use=address_to_use(name.in_use, answer.addresses),
        due=min(now + wait(answer, failures, chance), max(name.due, began + SOON)),
        asked=began,
        failures=failures,
        latest=answer,
        problem_since=since if answer.problem else 0.0,
    )


def address_to_use(in_use: str, addresses: tuple[str, ...]) -> str:
    """A name may have several, which take turns: one that is still right is kept."""
    return in_use if in_use in addresses or not addresses else addresses[0]


def wait(answer: Resolved, failures: int, chance: float) -> float:
    """Seconds until the name is asked for again."""
    if failures:
        seconds = RETRIES[min(failures, len(RETRIES)) - 1]
    else:
        seconds = max(FLOOR, NO_TTL if answer.ttl is None else answer.ttl)
    return min(seconds * (1.0 + SPREAD * chance), LONGEST * (1.0 - SPREAD * chance))


def trust_in(name: NameState) -> Trust:
    if name.latest.kind:
        return Trust.NONE
    return Trust.UNKNOWN if name.latest is NO_ANSWER else Trust.FULL


def hurry(name: NameState, now: float) -> NameState:
    """Its device went silent, or somebody wants to know: perhaps it has another address."""
    soon = max(now, name.asked + SOON)
    return replace(name, due=soon) if soon < name.due else name


def is_awaited(name: NameState, since: float, now: float) -> bool:
    """Whether a device that is silent since then may have another address, which is being found out."""
    return name.asked < since and now - since < PATIENCE
