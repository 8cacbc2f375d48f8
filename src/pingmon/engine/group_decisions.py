"""What results, their absence and a change of sight make of the monitors of a probe group.

One object for all workers; a worker calls it under its own lock.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from pingmon.engine.judgement import SilenceCheck, judge_age, judge_result
from pingmon.engine.probe_group import ProbeGroup
from pingmon.engine.system_clock import SYSTEM, Clock
from pingmon.model.certificate import notice_end, warned_before
from pingmon.model.detector_state import DetectorState, State, Transition, TransitionKind
from pingmon.model.evidence import refuse
from pingmon.model.loss_model import NO_PRIOR
from pingmon.model.monitor import Monitor
from pingmon.model.probe_result import ProbeResult

Decide = Callable[[Monitor, DetectorState, Transition], None]
CountState = Callable[[State | None, State | None], None]  # a monitor's state before and after
REFUSED_AGAIN = 10.0  # s; so often at least it is tried whether probes leave again


class GroupDecisions:
    """decide: is told of each transition, before the state shows it."""

    __slots__ = ("_decide", "clock", "count_state", "silence_check")

    def __init__(
        self,
        decide: Decide,
        silence_check: SilenceCheck,
        count_state: CountState = lambda *_: None,
        clock: Clock = SYSTEM,
    ) -> None:
        self._decide, self.silence_check = decide, silence_check
        self.count_state, self.clock = count_state, clock

    def observe(self, group: ProbeGroup, result: ProbeResult) -> None:
        """Take one result into account."""
        now, prior = self.clock.wall(), NO_PRIOR
        if result.is_loss and group.is_losing:
            prior = group.neighbour.prior(group.parent)
        changes = list[tuple[DetectorState, DetectorState]]()
        for monitor_id, before in group.states.items():
            if before.is_paused:
                continue
            monitor = group.monitors[monitor_id]
            after, transition = judge_result(before, result, now, monitor, self.silence_check, prior)
            self._set_state(group, monitor, before, after, transition)
            changes.append((before, after))
        group.neighbour.learn(result, changes, group.detection, group.parent)

    def check_certificate(self, group: ProbeGroup, ends: float) -> None:
        """ends: epoch seconds, of the certificate that its target has."""
        before = warned_before(group.mon_type, group.probe_options)
        now = self.clock.wall()
        if ends - now >= before:
            return
        for monitor_id, state in list(group.states.items()):
            if not state.is_paused:
                after, transition = notice_end(state, ends, before, now)
                self._set_state(group, group.monitors[monitor_id], state, after, transition)

    def check_evidence(self, group: ProbeGroup, is_old: bool) -> None:
        """is_old: no reply is younger than the bound. Besides, the kernel may refuse to send."""
        now, refusal = self.clock.wall(), group.refusal
        if refusal and self.clock.steady() - refusal.latest > REFUSED_AGAIN:
            group.target.probe_now()  # its interval may be an hour
        words = refusal.words if refusal else ""
        for monitor_id, before in list(group.states.items()):
            if before.is_paused:
                continue
            monitor, after, transition = group.monitors[monitor_id], before, None
            if refusal and refusal.is_sure(self.clock.steady()):
                after = refuse(before, words, now)
            if is_old:
                after, transition = judge_age(after, now, words, monitor, self.silence_check)
            if transition and transition.kind is TransitionKind.NEVER_SEEN and not transition.reason:
                transition = replace(transition, reason=group.error)
            self._set_state(group, monitor, before, after, transition)

    def change(
        self,
        group: ProbeGroup,
        monitor_ids: Iterable[str],
        change: Callable[[DetectorState], DetectorState],
    ) -> None:
        """Change the states of these monitors, as far as they are of this group."""
        for monitor_id in set(monitor_ids) & set(group.states):
            before = group.states[monitor_id]
            self._set_state(group, group.monitors[monitor_id], before, change(before))

    def _set_state(
        self,
        group: ProbeGroup,
        monitor: Monitor,
        before: DetectorState,
        after: DetectorState,
        transition: Transition | None = None,
    ) -> None:
        if transition is not None:
            self._decide(monitor, after, transition)  # first: who sees the state can count on it
        if after is before:
            return
        group.states[monitor.id] = after
        if after.state is not before.state:
            self.count_state(before.state, after.state)
        if (after.blind_reason, after.expired, after.words) != (
            before.blind_reason,
            before.expired,
            before.words,
        ):
            self.silence_check.on_sight_changed(monitor, after)
