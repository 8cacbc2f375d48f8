"""May silence count against a device? Not while what lies between it and us is in doubt. Pure."""

from enum import StrEnum

from pingmon.model.detector import DetectorState, State


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


def uplink_verdict(blind: bool, answered: float | None, since: float) -> Verdict:
    """answered: as above, of any uplink target; None when none has ever answered."""
    if blind:
        return Verdict.BLIND
    if answered is None or answered > since:
        return Verdict.TELL
    return Verdict.WAIT
