"""The words of the table in docs/alarms.md, as states and events that can be played."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pingmon.model.alarm import step
from pingmon.model.alarm_chat import Chat, may_remind
from pingmon.model.alarm_events import (
    Closed,
    Concluded,
    Event,
    HoldBegan,
    HoldEnded,
    Noticed,
    ReminderDue,
    Reopened,
    SightLost,
    TimePassed,
)
from pingmon.model.alarm_state import (
    Alarm,
    Hold,
    HoldKind,
    Known,
    Message,
    MessageKind,
    Notice,
    Rules,
    added_channel,
    alarm_from_json,
)
from pingmon.model.quiet_hours import parse_quiet_hours
from pingmon.model.weekly_hours import parse_weekly_hours

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()  # a Thursday
HOUR = 3600.0
REMIND, STEP = HOUR, 900.0

RULES = Rules(remind=(REMIND,))
QUIET = replace(RULES, quiet=parse_quiet_hours("11:00-14:00", "hold", "UTC"))
SILENT = replace(RULES, quiet=parse_quiet_hours("11:00-14:00", "silent", "UTC"))
OFF = replace(RULES, expect_up=parse_weekly_hours("14:00-20:00", "UTC", "expect_up"))
ESCALATED = replace(RULES, tell_after=(STEP,))


@dataclass
class Play:
    """One channel of one monitor, and what it was told."""

    alarm: Alarm
    rules: Rules
    now: float
    told: list[Message]
    is_suspended: bool = False

    def take(self, event: Event, after: float = 0.0) -> None:
        self.now += after
        self.alarm, messages = step(self.alarm, event, self.now, self.rules)
        self.told += messages

    def found(self, known: Known) -> None:
        self.take(Concluded(known, self.now, "no reply" if known is Known.DOWN else ""), 1.0)

    def hold(self, kind: HoldKind, lasts: float | None = 2 * HOUR, until_up: bool = False) -> None:
        until = None if lasts is None else self.now + lasts
        self.take(HoldBegan(Hold(kind, since=self.now, until=until, until_up=until_up, by="ann")), 1.0)

    def use(self, rules: Rules) -> None:
        self.rules = rules
        self.take(TimePassed(), 1.0)

    def remind(self, after: float = 0.0) -> None:
        """As the engine: only when the chat may be reminded."""
        may = may_remind(Chat(), self.now + after, self.is_suspended)
        self.take(ReminderDue() if may else TimePassed(), after)

    def restart(self) -> None:
        self.alarm = alarm_from_json(json.loads(json.dumps(self.alarm.to_json())))
        self.take(TimePassed(), 1.0)


def new() -> Play:
    return Play(Alarm(), RULES, NOON, [])


def up(rules: Rules = RULES) -> Play:
    play = new()
    play.rules = rules
    play.found(Known.UP)
    return play


def down(rules: Rules = RULES) -> Play:
    play = up()
    play.found(Known.DOWN)
    play.use(rules)
    return play


def down_from_the_first() -> Play:
    play = new()
    play.found(Known.DOWN)
    return play


def told_unseen() -> Play:
    play = down_from_the_first()
    play.take(Noticed(Notice(MessageKind.NEVER_SEEN, play.now)), 1.0)
    return play


def flapping() -> Play:
    play = down()
    play.found(Known.FLAPPING)
    return play


def held(kind: HoldKind, play: Play, then: Known | None = None) -> Play:
    play.hold(kind, None if kind is HoldKind.PAUSED else 2 * HOUR)
    if then:
        play.found(then)
    return play


def acknowledged() -> Play:
    play = down()
    play.hold(HoldKind.ACKNOWLEDGED, None, until_up=True)
    return play


def unseen(play: Play, why: str) -> Play:
    play.take(SightLost(why), 1.0)
    return play


def with_added_channel() -> Play:
    return Play(added_channel(), RULES, NOON, [])


def then(play: Play, known: Known) -> Play:
    play.found(known)
    return play


def suspended(play: Play) -> Play:
    play.is_suspended = True
    return play


def closed() -> Play:
    play = down()
    play.take(Closed("ann"), 1.0)
    return play


MUTED, PAUSED, MAINTENANCE = HoldKind.MUTED, HoldKind.PAUSED, HoldKind.MAINTENANCE
STATES: dict[str, Callable[[], Play]] = {
    "new": new,
    "channel added later": with_added_channel,
    "up": up,
    "down": down,
    "down from the first": down_from_the_first,
    "told that it never answered": told_unseen,
    "flapping": flapping,
    "escalation, not due": lambda: then(up(ESCALATED), Known.DOWN),
    "acknowledged": acknowledged,
    "muted": lambda: held(MUTED, up()),
    "muted, down held": lambda: held(MUTED, up(), Known.DOWN),
    "muted, down told": lambda: held(MUTED, down()),
    "muted, up held": lambda: held(MUTED, down(), Known.UP),
    "maintenance": lambda: held(MAINTENANCE, up()),
    "maintenance, down held": lambda: held(MAINTENANCE, up(), Known.DOWN),
    "maintenance, down told": lambda: held(MAINTENANCE, down()),
    "paused": lambda: held(PAUSED, up()),
    "paused, down told": lambda: held(PAUSED, down()),
    "quiet, silent": lambda: up(SILENT),
    "quiet, hold": lambda: up(QUIET),
    "quiet, critical": lambda: up(replace(QUIET, critical=True)),
    "quiet, down held": lambda: then(up(QUIET), Known.DOWN),
    "quiet, down told": lambda: down(QUIET),
    "expected off": lambda: up(OFF),
    "expected off, down held": lambda: then(up(OFF), Known.DOWN),
    "expected off, down told": lambda: down(OFF),
    "blind": lambda: unseen(up(), "blind"),
    "blind, down told": lambda: unseen(down(), "blind"),
    "unreachable": lambda: unseen(up(), "unreachable"),
    "unreachable, down told": lambda: unseen(down(), "unreachable"),
    "suspended": lambda: suspended(up()),
    "suspended, down queued": lambda: suspended(down()),
    "closed": closed,
}


def _reach_hours_end(play: Play) -> None:
    play.take(TimePassed(), NOON + 2 * HOUR - play.now)


EVENTS: dict[str, Callable[[Play], None]] = {
    "down": lambda play: play.found(Known.DOWN),
    "up": lambda play: play.found(Known.UP),
    "flapping": lambda play: play.found(Known.FLAPPING),
    "slow": lambda play: play.take(Noticed(Notice(MessageKind.SLOW, play.now)), 1.0),
    "certificate": lambda play: play.take(Noticed(Notice(MessageKind.CERTIFICATE, play.now)), 1.0),
    "blind": lambda play: play.take(SightLost("blind"), 1.0),
    "parent down": lambda play: play.take(SightLost("unreachable"), 1.0),
    "mute": lambda play: play.hold(MUTED),
    "unmute": lambda play: play.take(HoldEnded(MUTED), 1.0),
    "pause": lambda play: play.hold(PAUSED, None),
    "resume": lambda play: play.take(HoldEnded(PAUSED), 1.0),
    "ack": lambda play: play.hold(HoldKind.ACKNOWLEDGED, None, until_up=True),
    "unack": lambda play: play.take(HoldEnded(HoldKind.ACKNOWLEDGED), 1.0),
    "edit": lambda play: play.use(replace(play.rules, remind=(2 * HOUR,))),
    "parent changed": lambda play: play.take(TimePassed(), 1.0),
    "new address": lambda play: play.take(SightLost("found out afresh"), 1.0),
    "delete": lambda play: play.take(Closed("ann"), 1.0),
    "undo": lambda play: play.take(Reopened(), 1.0),
    "downtime begins": lambda play: play.hold(MAINTENANCE),
    "downtime ends": lambda play: play.take(HoldEnded(MAINTENANCE), 1.0),
    "quiet begins": lambda play: play.use(replace(play.rules, quiet=QUIET.quiet)),
    "quiet ends": lambda play: _reach_hours_end(play) if play.rules.quiet else None,
    "off hours begin": lambda play: play.use(replace(play.rules, expect_up=OFF.expect_up)),
    "off hours end": lambda play: _reach_hours_end(play) if play.rules.expect_up else None,
    "step due": lambda play: play.take(TimePassed(), STEP + 60.0),
    "reminder due": lambda play: play.remind(REMIND + 60.0),
    "restart": Play.restart,
}


def outcome(state: str, event: str) -> str:
    """What is told, as a cell says it: `·`, the kinds of messages, or `later …` when all holds end."""
    play = STATES[state]()
    play.told = []
    EVENTS[event](play)
    now = " ".join(one.kind for one in play.told)
    if play.alarm.closed:
        return now or "·"
    known, play.told, play.is_suspended = play.alarm.known, [], False
    play.rules = RULES if play.rules.tell_after == (0.0,) else ESCALATED
    for kind in (MUTED, PAUSED, MAINTENANCE):
        play.take(HoldEnded(kind))
    if play.alarm.unseen and known:
        play.take(Concluded(known, play.now))
    play.remind()
    later = " ".join(one.kind for one in play.told)
    return now or (f"later {later}" if later else "·")
