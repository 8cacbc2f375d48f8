"""What one probe of such a kind found out, and what such a kind brings."""

from typing import NamedTuple, Protocol

from pingmon.model.probe_result import Outcome


class Answer(NamedTuple):
    """outcome: REPLY, TIMEOUT, ERROR (the other side's: refused, wrong status, bad certificate) or
    LOCAL_ERROR (nothing left this machine).

    rtt: seconds, of a reply. detail: in plain words, why it is no reply. kind: of a local error, its
    name as in errno(3). certificate_ends: of the other side's certificate, seconds since the epoch.
    """

    outcome: Outcome
    rtt: float | None = None
    detail: str = ""
    kind: str = ""
    certificate_ends: float | None = None


def reply(rtt: float, certificate_ends: float | None = None) -> Answer:
    return Answer(Outcome.REPLY, rtt, certificate_ends=certificate_ends)


def error(detail: str, certificate_ends: float | None = None) -> Answer:
    return Answer(Outcome.ERROR, None, detail, certificate_ends=certificate_ends)


def local_error(detail: str, kind: str = "") -> Answer:
    return Answer(Outcome.LOCAL_ERROR, None, detail, kind)


TIMEOUT = Answer(Outcome.TIMEOUT)


class AsyncProbe(Protocol):
    """How one target is probed, as often as it is due; cheap to make.

    Made from an address and the kind's own settings (as declared, without those at their defaults).
    Raises InvalidValue when they can't be.
    """

    async def run(self, timeout: float) -> Answer:
        """One attempt. It is cancelled `timeout` seconds after it began; it raises nothing else."""
