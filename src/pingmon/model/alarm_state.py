"""What is remembered of an alarm: one for each monitor and channel. Values, and how they are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from operator import attrgetter
from typing import Any, NamedTuple

from pingmon.model.quiet_hours import QuietHours
from pingmon.model.weekly_hours import WeeklyHours


class Known(StrEnum):
    """What is known of a device, or was told of it."""

    NOTHING = ""
    UP = "up"
    DOWN = "down"
    FLAPPING = "flapping"
    CLOSED = "closed"  # told only: that nothing more will be told


class HoldKind(StrEnum):
    """Why messages are held back."""

    PAUSED = "paused"
    MUTED = "muted"
    MAINTENANCE = "maintenance"
    ACKNOWLEDGED = "acknowledged"
    QUIET_HOURS = "quiet_hours"
    EXPECTED_OFF = "expected_off"


class MessageKind(StrEnum):
    """What a message says."""

    DOWN = "down"
    UP = "up"
    FLAPPING = "flapping"
    STEADY = "steady"  # no more flapping: up or down, as `after` says
    FIRST_REPLY = "first_reply"  # up, of what was down from the first and was told to nobody
    SLOW = "slow"
    NEVER_SEEN = "never_seen"
    CERTIFICATE = "certificate"  # that of the other side ends soon
    ADDRESS = "address"  # its name has another one
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    STILL_DOWN = "still_down"  # a reminder, or a later step of an escalation
    STILL_MUTED = "still_muted"
    CLOSED = "closed"


# Nothing in them is urgent: the chat's function makes one message of all that are due.
REMINDERS = frozenset({MessageKind.STILL_DOWN, MessageKind.STILL_MUTED})
# Notices of what is so whatever the device does, and though it may be off.
LASTING = frozenset({MessageKind.CERTIFICATE, MessageKind.ADDRESS})


class Hold(NamedTuple):
    """What holds messages back. Times in epoch seconds.

    key: tells holds of one kind apart (a downtime's ID). until: None when its end is not known. until_up:
    it ends when the device is up. by, comment: whose it is and why. reminded: how often it was said that
    it goes on.
    """

    kind: HoldKind
    key: str = ""
    since: float = 0.0
    until: float | None = None
    until_up: bool = False
    by: str = ""
    comment: str = ""
    reminded: int = 0


class Notice(NamedTuple):
    """Something to tell, once, that is no change of state. kind: SLOW, NEVER_SEEN or one of LASTING.

    ends: of a certificate, epoch seconds.
    """

    kind: MessageKind
    at: float
    reason: str = ""
    ends: float = 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings that an alarm follows; alarms with the same settings share one object.

    remind: seconds after "down", rising; the last repeats. tell_after: seconds after "down" at which
    this channel is told, rising: (0,) for the monitor's own channels, later ones for steps of an
    escalation. quiet: the channel's. critical: quiet hours don't apply. may_be_off: going down is no
    alarm, but within expect_up, if that is given; expect_up alone means the same.
    """

    remind: tuple[float, ...] = ()
    tell_after: tuple[float, ...] = (0.0,)
    quiet: QuietHours | None = None
    critical: bool = False
    may_be_off: bool = False
    expect_up: WeeklyHours | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Times in epoch seconds; 0 where there is none.

    known: the last conclusion; `unseen` says why it may not be so now (blind, unreachable, paused, new
    address), empty when it is. at, reason, lasted: of that conclusion. changes: conclusions that differ
    from the one before, since something was told. told: what this channel knows; told_at: since when,
    0 if nobody was told, but it was found so at first. outage_at: when the present outage began; counted:
    its seconds up to `counted_at` without those that stand still. reminded, escalated: how many reminders
    and steps of it were told, or are not worth telling any more. ack_told: the channel was told that
    somebody cares. told_unseen: it was told that the device never answered.
    """

    known: Known = Known.NOTHING
    unseen: str = ""
    at: float = 0.0
    reason: str = ""
    lasted: float | None = None
    changes: int = 0
    told: Known = Known.NOTHING
    told_at: float = 0.0
    outage_at: float = 0.0
    counted: float = 0.0
    counted_at: float = 0.0
    reminded: int = 0
    escalated: int = 0
    ack_told: bool = False
    told_unseen: bool = False
    holds: tuple[Hold, ...] = ()
    notices: tuple[Notice, ...] = ()
    closed: bool = False

    @property
    def was_alarmed(self) -> bool:
        """Whether this channel was told of an outage, and not yet of its end."""
        return self.told in (Known.DOWN, Known.FLAPPING) and self.told_at > 0

    def to_json(self) -> dict[str, Any]:
        """Small: what is as in a new alarm is left out."""
        pairs = zip(_NAMES, _VALUES(self), _DEFAULTS, strict=True)
        found = {name: value for name, value, default in pairs if value != default}
        for name in ("holds", "notices"):
            if name in found:
                found[name] = [list(one) for one in found[name]]
        return found


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is told. at: when it became so; decided_at: when it could be told first.

    after: the state that it tells. lasted: seconds in the state before, None when not known or when more
    happened in between; meanwhile: how many changes were not told. elapsed: seconds of the outage so far,
    without those that stand still. until: of the hold that it is about. silent: without sound.
    not_before: epoch seconds, 0 for at once. is_watched: of `closed`: only this channel hears no more.
    ends: of a certificate, epoch seconds.
    """

    kind: MessageKind
    at: float
    decided_at: float
    after: str = ""
    reason: str = ""
    lasted: float | None = None
    meanwhile: int = 0
    elapsed: float = 0.0
    by: str = ""
    comment: str = ""
    escalation: bool = False
    silent: bool = False
    not_before: float = 0.0
    is_watched: bool = False
    ends: float = 0.0

    @property
    def is_reminder(self) -> bool:
        return self.kind in REMINDERS and not self.escalation


_NAMES = tuple(one.name for one in fields(Alarm))
_VALUES = attrgetter(*_NAMES)
_DEFAULTS = _VALUES(Alarm())


def alarm_from_json(saved: Mapping[str, Any]) -> Alarm:
    """What `Alarm.to_json` gave, also that of an older pingmon."""
    found = {name: saved[name] for name in _NAMES if name in saved}
    for name in ("known", "told"):
        if name in found:
            found[name] = Known(found[name])
    if "holds" in found:
        found["holds"] = tuple(Hold(HoldKind(one[0]), *one[1:]) for one in found["holds"])
    if "notices" in found:
        found["notices"] = tuple(Notice(MessageKind(one[0]), *one[1:]) for one in found["notices"])
    return Alarm(**found)


def added_channel() -> Alarm:
    """Of a channel that a monitor got later: it takes the device to be up until it is told otherwise."""
    return Alarm(told=Known.UP)
