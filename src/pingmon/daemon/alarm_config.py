"""Tables of the configuration about whom alarms tell: [escalation.NAME], [groups.NAME], [chats.ID]."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from pingmon.daemon.named_channels import ChannelParser, NamedChat
from pingmon.model.errors import InvalidValue
from pingmon.model.quiet_hours import QuietHours, parse_quiet_hours
from pingmon.model.when import MINUTE, parse_duration


class EscalationStep(NamedTuple):
    """after: seconds after "down"."""

    after: float
    chat: NamedChat


@dataclass(slots=True)
class AlarmConfig:
    """escalations, groups: by name. quiet: by address of a chat. problems: key and words."""

    escalations: dict[str, tuple[EscalationStep, ...]] = field(default_factory=dict)
    groups: dict[str, tuple[NamedChat, ...]] = field(default_factory=dict)
    quiet: dict[str, QuietHours] = field(default_factory=dict)
    problems: list[tuple[str, object]] = field(default_factory=list)


def read_alarm_config(tables: Mapping[str, Any], parser: ChannelParser, zone: str) -> AlarmConfig:
    """tables: of the right form."""
    found = AlarmConfig()
    for name, steps in tables.get("escalation", {}).items():
        read = [
            step
            for number, one in enumerate(steps, 1)
            if (step := _step(found, f"escalation.{name}", number, one, parser))
        ]
        if any(later.after <= earlier.after for earlier, later in pairwise(read)):
            words = "each step must be later than the one before"
            found.problems.append((f"escalation.{name}", words))
        found.escalations[name] = tuple(read)
    for name, members in tables.get("groups", {}).items():
        chats = list[NamedChat]()
        for number, one in enumerate(members, 1):
            try:
                chats.append(parser.channel(one))
            except InvalidValue as error:
                found.problems.append((f"groups.{name}", f"channel {number}: {error}"))
        if len(set(chats)) < len(chats):
            found.problems.append((f"groups.{name}", "a channel is there twice"))
        found.groups[name] = tuple(chats)
    for chat, table in tables.get("chats", {}).items():
        key = f"chats.{chat}"
        try:
            mode = "hold" if table.get("quiet_hold") else "silent"
            quiet = parse_quiet_hours(table["quiet_hours"], mode, zone)
            found.quiet[parser.address(chat)] = quiet
        except InvalidValue as error:
            found.problems.append((key, error))
    return found


def _step(
    found: AlarmConfig,
    key: str,
    number: int,
    table: Mapping[str, Any],
    parser: ChannelParser,
) -> EscalationStep | None:
    try:
        after = parse_duration(table["after"], "after")
        if after < MINUTE:
            raise InvalidValue("after must be 1m or more: who is told at once is the monitor's own chat")
        return EscalationStep(after, parser.channel(table))
    except InvalidValue as error:
        found.problems.append((key, f"step {number}: {error}"))
        return None
