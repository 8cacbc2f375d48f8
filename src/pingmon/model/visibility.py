"""May silence count against a device? Not while what lies between it and us is in doubt. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import NamedTuple

from pingmon.model.detector_state import DetectorState, State


class Verdict(StrEnum):
    """What to do with a device that went silent."""

    TELL = "tell"
    WAIT = "wait"  # ask what lies in between, and come back with the next loss
    UNREACHABLE = "unreachable"  # the parent is down
    BLIND = "blind"  # our own way out does not work


def parent_verdict(parent: DetectorState | None, answered: float, since: float) -> Verdict:
    """parent: None without one. answered: when its latest probe with a reply was sent.

    since: when the child's first lost probe was sent. A parent that has answered a later one is
    no excuse; one that was not asked since has to be, so the order of discovery does not matter.
    """
    if parent is None:
        return Verdict.TELL
    if parent.state is State.DOWN or parent.blind_reason == Verdict.UNREACHABLE:
        return Verdict.UNREACHABLE
    if parent.blind_reason:
        return Verdict.BLIND
    if parent.state is State.UNKNOWN or (parent.run and parent.run_is_loss) or answered <= since:
        return Verdict.WAIT
    return Verdict.TELL


class WayOut(NamedTuple):
    """By which packets to a target leave.

    device: of the network, empty when there is no route. gateway: empty for what is on the link.
    version: of IP, 4 or 6.
    """

    device: str
    gateway: str
    version: int


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What speaks for a way out. Times are those at which probes or questions left, on one clock.

    closed: why nothing can leave by it (no carrier, no route), empty when packets leave. target: the
    newest probe of another target of this way out that was answered; None when no other target is up.
    gateway: likewise, of the gateway or whatever the configuration names for this way out; None when
    it never answered. channel_reached, channel_failed: the newest question to a service of a channel (of
    Telegram: the Bot API) that was answered, and the newest that was not.
    """

    closed: str = ""
    target: float | None = None
    gateway: float | None = None
    channel_reached: float = -inf
    channel_failed: float = -inf


def silence_verdict(witnesses: Witnesses, since: float) -> Verdict:
    """When is silence believed? The table in docs/detection.md, in its order. since: the first loss."""
    if witnesses.closed:  # (a)
        return Verdict.BLIND
    is_only_target = witnesses.target is None
    if witnesses.target is not None and witnesses.target > since:  # (b) another target
        return Verdict.TELL
    if is_only_target and (witnesses.gateway is None or witnesses.gateway > since):  # (c), (b)
        return Verdict.TELL
    if max(witnesses.channel_reached, witnesses.channel_failed) <= since:  # (d)
        return Verdict.WAIT
    return Verdict.TELL if witnesses.channel_reached >= witnesses.channel_failed else Verdict.BLIND
