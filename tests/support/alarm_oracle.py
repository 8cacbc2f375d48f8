"""What chats must be told, by the pure functions alone: of what detectors conclude and people do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pingmon.model.alarm_channels import step_channels
from pingmon.model.alarm_chat import Chat, Told, collect, may_remind
from pingmon.model.alarm_events import (
    Concluded,
    Event,
    HoldBegan,
    Noticed,
    ReminderDue,
    SightLost,
    TimePassed,
)
from pingmon.model.alarm_rules import rules_of
from pingmon.model.alarm_schedule import next_due
from pingmon.model.alarm_state import Alarm, Known, MessageKind, Notice, Rules
from pingmon.model.detection_settings import Options

MINUTE = 60.0
OPEN = Options()
CLOCK, CONCLUSIONS = ("TimePassed", "ReminderDue"), ("Concluded", "SightLost", "Noticed")
# Ten seconds of true time: tests share machines with other things.
LATE_MOST = 8 * MINUTE
Messages = dict[int, list[Told]]  # by chat


class Expected(NamedTuple):
    """A message, or the line of one. kind: of `MessageKind`. at: epoch seconds."""

    at: float
    chat: int
    device: str
    kind: str


class Act(NamedTuple):
    """What people or plans did at a moment, to alarms of devices; chats: None for all of theirs.

    what: an Event, or Settings, Tells, Watched.
    """

    at: float
    what: Any
    devices: tuple[str, ...]
    chats: tuple[int, ...] | None = None


class Settings(NamedTuple):
    """From now on, for all chats."""

    options: Options


class Tells(NamedTuple):
    """From now on: chats, and seconds after "down" at which each is told."""

    chats: Mapping[int, tuple[float, ...]]


class Watched(NamedTuple):
    """A device is added, and tells these chats."""

    chats: Mapping[int, tuple[float, ...]]


@dataclass
class Device:
    """chats: each with its times, as in `Tells`."""

    chats: dict[int, tuple[float, ...]]
    options: Options = OPEN
    alarms: dict[int, Alarm] = field(default_factory=dict)

    def audience(self, zone: str) -> dict[int, Rules]:
        return {chat: rules_of(self.options, after, None, zone) for chat, after in self.chats.items()}


class Oracle:
    """Plays a history, as its transactions came."""

    def __init__(self, zone: str = "UTC") -> None:
        self._zone = zone
        self.devices: dict[str, Device] = {}
        self._chats: dict[int, Chat] = {}
        self._due: dict[tuple[str, int], float] = {}
        self.told: list[Expected] = []
        self._acts: list[Act] = []

    def play(
        self, acts: Iterable[Act], steps: Iterable[Mapping[str, Any]], addresses: Mapping[str, str]
    ) -> list[Expected]:
        """acts: what was done. steps: as `fast_time` wrote them, which says when and in which order.

        addresses: by ID of the monitor. Raises AssertionError when what was done and what alarms were
        told of differ, or something that was due was looked at late.
        """
        acts = sorted(acts, key=lambda one: one.at)
        plans = [one for one in acts if isinstance(one.what, Settings | Tells | Watched)]
        self._acts = [one for one in acts if one not in plans]
        for step in (one for one in steps if one["events"]):  # else it was no news, such as a slow reply
            at, (name, values) = step["at"], step["events"][0]
            while plans and plans[0].at <= at:
                self._do(plans.pop(0))
            assert all(at - due < LATE_MOST for due in self._due.values()), (at, self._due)
            devices = tuple(addresses[one] for one in step["monitors"])
            if name in CLOCK:
                if not step["for_all"]:
                    self._tick(at)
            elif name in CONCLUSIONS:
                for name, values in step["events"]:
                    self._do(Act(at, _event(name, values), devices))
            else:
                self._do(self._taken(name, values, devices)._replace(at=at))
        assert not self._acts, self._acts
        return self.told

    def _taken(self, name: str, values: list[Any], devices: tuple[str, ...]) -> Act:
        """The act that a step was."""
        kind = {"HoldBegan": lambda: values[0][0], "HoldEnded": lambda: values[0]}.get(name, lambda: "")()
        for index, one in enumerate(self._acts):
            what = one.what
            own = what.hold.kind if isinstance(what, HoldBegan) else getattr(what, "kind", "")
            same = (type(what).__name__, str(own)) == (name, kind)
            if same and set(one.devices) == set(devices):
                return self._acts.pop(index)
        raise AssertionError(f"nobody did {name} {values} of {devices}: {self._acts}")

    def _do(self, act: Act) -> None:
        messages: Messages = {}
        for address in act.devices:
            if isinstance(act.what, Watched):
                self.devices[address] = Device(dict(act.what.chats))
                continue
            device = self.devices[address]
            before, event = device.audience(self._zone), act.what
            if isinstance(act.what, Settings):
                device.options, event = act.what.options, TimePassed()
            if isinstance(act.what, Tells):
                device.chats, event = dict(act.what.chats), TimePassed()
            self._step(address, event, act.at, act.chats, before, messages)
        self._say(messages, act.at)

    def _tick(self, now: float) -> None:
        due = [key for key, at in self._due.items() if at <= now]
        ready = {chat for _, chat in due if may_remind(self._chats.get(chat, Chat()), now)}
        messages: Messages = {}
        for address, chat in due:
            event = ReminderDue() if chat in ready else TimePassed()
            audience = self.devices[address].audience(self._zone)
            self._step(address, event, now, (chat,), audience, messages)
        self._say(messages, now)

    def _step(
        self,
        address: str,
        event: Event,
        now: float,
        chats: tuple[int, ...] | None,
        before: dict[int, Rules],
        messages: Messages,
    ) -> None:
        """before: the audience until now."""
        device = self.devices[address]
        audience = device.audience(self._zone)
        done = step_channels(device.alarms, audience, (event,), now, before, chats)
        device.alarms = done.after
        for one in done.heard:
            messages.setdefault(one.channel, []).append(Told(address, one.message))
        again = (now // MINUTE + 1) * MINUTE
        for chat, alarm in done.after.items():
            times = [one for one in next_due(alarm, audience.get(chat, Rules()), now) if one is not None]
            self._due.pop((address, chat), None)
            if times:
                self._due[address, chat] = min(one if one > now else again for one in times)

    def _say(self, messages: Messages, now: float) -> None:
        for chat, told in messages.items():
            after, rows = collect(self._chats.get(chat, Chat()), told, (), now, Rules())
            self._chats[chat] = after
            for row in rows:
                at = max(now, row.not_before)
                self.told += [
                    Expected(at, chat, one, str(message.kind))
                    for one, message in zip(row.monitors, row.messages, strict=True)
                ]


def _event(name: str, values: list[Any]) -> Event:
    if name == "Concluded":
        known, at, reason, lasted, is_news, before = values
        return Concluded(Known(known), at, reason, lasted, is_news, Known(before))
    if name == "SightLost":
        return SightLost(*values)
    if name == "Noticed":
        kind, *rest = values[0]
        return Noticed(Notice(MessageKind(kind), *rest))
    raise ValueError(name)
