"""Whom a monitor's alarms tell, and by which rules. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from pingmon.model.alarm_rules import AT_ONCE, rules_of
from pingmon.model.alarm_state import Rules
from pingmon.model.monitor import Monitor
from pingmon.model.quiet_hours import QuietHours, QuietMode


class Step(NamedTuple):
    """Of an escalation. after: seconds after "down". channel: its number in the store. address: its."""

    after: float
    channel: int
    address: str = ""


class Audiences:
    """escalations: by name, in order. quiet: by address of a channel. zone: of hours that name none."""

    def __init__(
        self,
        escalations: Mapping[str, tuple[Step, ...]],
        quiet: Mapping[str, QuietHours],
        zone: str = "",
    ) -> None:
        self._escalations, self._quiet, self._zone = escalations, quiet, zone

    @property
    def has_quiet_chats(self) -> bool:
        """Whether any chat has hours in which messages wait."""
        return any(one.mode is QuietMode.HOLD for one in self._quiet.values())

    def rules_of_chat(self, address: str) -> Rules:
        """For what is about no single monitor."""
        return Rules(quiet=self._quiet.get(address))

    def of(self, monitor: Monitor) -> Mapping[int, Rules]:
        """The channels of a monitor, its first one first, then those of its escalation."""
        times: dict[int, tuple[float, ...]] = {one.id: AT_ONCE for one in monitor.channels}
        addresses = {one.id: one.address for one in monitor.channels}
        for step in self._escalations.get(monitor.options.escalation, ()):
            times[step.channel] = (*times.get(step.channel, ()), step.after)
            addresses.setdefault(step.channel, step.address)
        return {
            channel: rules_of(
                monitor.options, after, self._quiet.get(addresses.get(channel, "")), self._zone
            )
            for channel, after in times.items()
        }
