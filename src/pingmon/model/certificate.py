"""Whether people are told that a certificate ends soon: once for each certificate. Pure."""

import math

from pingmon.kinds import PROBE_KINDS
from pingmon.model.detector_state import DetectorState, State, Transition, TransitionKind
from pingmon.model.light_replace import replace
from pingmon.model.monitor import ProbeOptions
from pingmon.model.timestamps import rfc3339

DAY = 86400.0  # s
# How many are remembered: behind one name there may be several machines, each with its own.
REMEMBERED = 8
SETTING = "cert_days"


def warned_before(mon_type: str, options: ProbeOptions) -> float:
    """Seconds before a certificate's end at which people are told; 0 for never."""
    kind = PROBE_KINDS.get(mon_type)
    return float(kind.filled(dict(options)).get(SETTING) or 0) * DAY if kind else 0.0


def notice_end(
    state: DetectorState, ends: float, before: float, now: float
) -> tuple[DetectorState, Transition | None]:
    """ends, now: epoch seconds. before: as `warned_before` says.

    Of a device that is not up as its certificate ended that is the reason, which is told as such.
    """
    if ends <= now and state.state is not State.UP:
        return state, None
    if ends - now >= before or any(math.isclose(ends, one, abs_tol=1.0) for one in state.certificates):
        return state, None
    told = (*state.certificates, ends)[-REMEMBERED:]
    words = "ends" if ends > now else "ended"
    return replace(state, certificates=told), Transition(
        before=state.state,
        after=state.state,
        at=now,
        decided_at=now,
        reason=f"the certificate {words} on {rfc3339(ends)[:10]}",
        lasted=None,
        announce=True,
        kind=TransitionKind.CERTIFICATE,
    )
