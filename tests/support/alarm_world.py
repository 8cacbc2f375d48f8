"""Histories of an alarm, made by hypothesis, and one channel that lives through them."""

import json
from datetime import datetime

from hypothesis import strategies as st

from pingmon.model.alarm import step
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
from pingmon.model.alarm_schedule import next_due
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
from pingmon.model.when import DAY, HOUR, MINUTE, to_epoch

# The evening before clocks go forward in Berlin; the other night is 30 weeks later.
START = to_epoch(datetime(2026, 3, 28, 20), "Europe/Berlin")
ZONES = ("Europe/Berlin", "UTC", "America/St_Johns", "Australia/Lord_Howe")
STATE_KINDS = {
    MessageKind.DOWN,
    MessageKind.UP,
    MessageKind.FLAPPING,
    MessageKind.STEADY,
    MessageKind.FIRST_REPLY,
}
NOTICES = (MessageKind.SLOW, MessageKind.NEVER_SEEN, MessageKind.CERTIFICATE)
OPEN_RULES = Rules()

quiet = st.builds(
    parse_quiet_hours,
    st.sampled_from(("22:00-07:00", "02:30-03:00", "Mon-Fri 08:00-18:00; Sun 00:00-24:00")),
    st.sampled_from(("silent", "hold")),
    st.sampled_from(ZONES),
)
expected = st.builds(
    parse_weekly_hours,
    st.sampled_from(("Mon-Fri 08:00-18:00", "02:15-02:45", "Sat,Sun 20:00-04:00")),
    st.sampled_from(ZONES),
    st.just("expect_up"),
)
any_rules = st.builds(
    Rules,
    remind=st.sampled_from(((), (30 * MINUTE,), (30 * MINUTE, 2 * HOUR, DAY))),
    tell_after=st.sampled_from(((0.0,), (0.0,), (15 * MINUTE,), (0.0, HOUR), (15 * MINUTE, 2 * HOUR))),
    quiet=st.none() | quiet,
    critical=st.sampled_from((False, False, False, True)),
    may_be_off=st.sampled_from((False,) * 7 + (True,)),
    expect_up=st.one_of(st.none(), st.none(), st.none(), expected),
)
SHORT, LONG = (0.0, 1.0, 50.0, 15 * MINUTE, HOUR, 5 * HOUR), (DAY, 8 * DAY, 210 * DAY)
pauses = st.sampled_from(SHORT + SHORT + LONG)
lengths = st.sampled_from((None, 30.0, 2 * HOUR, 3 * DAY))
kinds = st.sampled_from((HoldKind.PAUSED, HoldKind.MUTED, HoldKind.MAINTENANCE))
known = st.sampled_from((Known.UP, Known.UP, Known.DOWN, Known.DOWN, Known.FLAPPING))


class Begin:
    """A hold that will begin now, for so long."""

    def __init__(self, kind: HoldKind, key: str, lasts: float | None, until_up: bool = False) -> None:
        self.kind, self.key, self.lasts, self.until_up = kind, key, lasts, until_up

    def __repr__(self) -> str:
        return f"Begin({self.kind}, {self.key!r}, {self.lasts}, {self.until_up})"

    def at(self, now: float) -> HoldBegan:
        until = None if self.lasts is None else now + self.lasts
        return HoldBegan(Hold(self.kind, self.key, now, until, self.until_up, by=self.key or "ann"))


class Find:
    def __init__(self, known: Known, ago: float) -> None:
        self.known, self.ago = known, ago

    def __repr__(self) -> str:
        return f"Find({self.known}, {self.ago})"

    def at(self, now: float) -> Concluded:
        return Concluded(self.known, now - self.ago, lasted=1.0)


class Notify:
    def __init__(self, kind: MessageKind) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"Notify({self.kind})"

    def at(self, now: float) -> Noticed:
        return Noticed(Notice(self.kind, now))


Action = (
    Begin | Find | Notify | Rules | HoldEnded | SightLost | Closed | Reopened | TimePassed | ReminderDue
)

holds = st.builds(Begin, kinds, st.sampled_from(("", "bob")), lengths)
simple: st.SearchStrategy[Action] = st.one_of(
    st.builds(Find, known, st.sampled_from((0.0, 12.0))),
    st.builds(Find, known, st.just(5.0)),
    st.builds(Find, st.sampled_from((Known.UP, Known.DOWN)), st.just(0.0)),
    holds,
    st.just(Begin(HoldKind.ACKNOWLEDGED, "", None, until_up=True)),
    st.just(Begin(HoldKind.MUTED, "", None, until_up=True)),
    st.builds(HoldEnded, kinds, st.sampled_from((None, "", "bob"))),
    st.just(HoldEnded(HoldKind.ACKNOWLEDGED)),
    st.builds(SightLost, st.sampled_from(("blind", "unreachable"))),
    st.builds(Notify, st.sampled_from(NOTICES)),
    st.sampled_from((TimePassed(), ReminderDue(), ReminderDue())),
)
actions: st.SearchStrategy[Action] = st.one_of(
    simple, simple, simple, simple, simple, any_rules, st.sampled_from((Closed("ann"), Reopened()))
)
histories = st.one_of(
    st.lists(st.tuples(pauses, actions), max_size=25),
    st.lists(st.tuples(pauses, simple), min_size=6, max_size=12),
)
starts = st.sampled_from((Alarm(), added_channel()))


class World:
    """One channel; comes back when something is due, as the engine does."""

    def __init__(self, alarm: Alarm, rules: Rules, comes_back: bool = True) -> None:
        self.alarm, self.rules, self.now, self.comes_back = alarm, rules, START, comes_back
        self.told: list[tuple[float, Message]] = []

    def play(self, history: list[tuple[float, Action]]) -> "World":
        for pause, action in history:
            self.act(pause, action)
        return self

    def act(self, pause: float, action: Action) -> None:
        self.wait(self.now + pause)
        if isinstance(action, Rules):
            self.rules = action
            self.take(TimePassed())
        elif isinstance(action, Begin | Find | Notify):
            self.take(action.at(self.now))
        else:
            self.take(action)

    def wait(self, until: float) -> None:
        for _ in range(60 if self.comes_back else 0):  # of months a part: then it was away
            due = next_due(self.alarm, self.rules, self.now)
            times = [one for one in due if one is not None and one < until]
            if not times:
                break
            self.now = max(self.now, min(times))
            self.take(ReminderDue())
        self.now = until

    def take(self, event: Event) -> tuple[Message, ...]:
        self.alarm, messages = step(self.alarm, event, self.now, self.rules)
        self.told += [(self.now, one) for one in messages]
        return messages

    def restart(self) -> None:
        self.alarm = alarm_from_json(json.loads(json.dumps(self.alarm.to_json())))

    def end_all_holds(self) -> None:
        self.rules = OPEN_RULES
        for kind in HoldKind:
            self.take(HoldEnded(kind))
        if self.alarm.unseen and self.alarm.known:
            self.take(Concluded(self.alarm.known, self.now))

    @property
    def believes(self) -> str:
        """What the channel was told last of the state: up, down, flapping or closed; '' if nothing."""
        states = [one for _, one in self.told if one.kind in STATE_KINDS | {MessageKind.CLOSED}]
        if not states:
            return ""
        return "closed" if states[-1].kind is MessageKind.CLOSED else states[-1].after
