"""What can happen to an alarm."""

from collections.abc import Iterable
from math import inf
from typing import NamedTuple

from pingmon.model.alarm_state import Hold, HoldKind, Known, Notice


class Concluded(NamedTuple):
    """The detector knows: UP, DOWN or FLAPPING, since `at`. lasted: as in `Transition`.

    is_news: though it was so from the first, and told to nobody, it is worth telling now. before: what
    people were told until then, for an alarm that has not heard of it.
    """

    known: Known
    at: float
    reason: str = ""
    lasted: float | None = None
    is_news: bool = False
    before: Known = Known.NOTHING


class SightLost(NamedTuple):
    """Nothing can be said of the device. why: blind, unreachable (behind its parent), new address."""

    why: str


class HoldBegan(NamedTuple):
    """It replaces one with the same kind and key. An acknowledgement is a hold, which ends with "up".

    is_known: the channel knows of it, as it was given from there.
    """

    hold: Hold
    is_known: bool = False


class HoldEnded(NamedTuple):
    """key: None for all of that kind. Not needed for one whose `until` has passed."""

    kind: HoldKind
    key: str | None = None


class Noticed(NamedTuple):
    """Something worth telling that is no change of state."""

    notice: Notice


class Closed(NamedTuple):
    """Nothing more is told here. by: who did that. is_watched: the monitor goes on, but tells this
    channel no more; else it was deleted.
    """

    by: str = ""
    is_watched: bool = False


class Reopened(NamedTuple):
    """The deletion was undone."""


class TimePassed(NamedTuple):
    """Something is due; also after a restart, and after other rules were given (an edit)."""


class ReminderDue(NamedTuple):
    """As `TimePassed`, and the chat may be reminded now (`alarm_chat.may_remind`)."""


Event = (
    Concluded | SightLost | HoldBegan | HoldEnded | Noticed | Closed | Reopened | TimePassed | ReminderDue
)

_ORDER: tuple[type, ...] = (
    Reopened,
    HoldBegan,
    SightLost,
    Concluded,
    Noticed,
    HoldEnded,
    TimePassed,
    ReminderDue,
    Closed,
)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events of one moment, as they must be given. Holds begin first and end last, so that one that
    follows another leaves no gap.
    """
    events = list(events)
    acks = {id(one) for one in events if isinstance(one, HoldBegan) and one.hold.until_up}

    def rank(event: Event) -> tuple[int, float]:
        place = _ORDER.index(type(event))
        if id(event) in acks:  # about what is known by then
            place = _ORDER.index(Noticed)
        if isinstance(event, HoldBegan):  # of two that replace each other the longer one stays
            return place, inf if event.hold.until is None else event.hold.until
        return place, event.at if isinstance(event, Concluded) else 0.0

    return sorted(events, key=rank)
