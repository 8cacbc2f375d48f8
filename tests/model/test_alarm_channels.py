"""What holds for the channels of a monitor whatever is edited: they come, go, and its address changes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pingmon.model.alarm_channels import events_of_edit, step_channels
from pingmon.model.alarm_events import (
    Closed,
    Concluded,
    Event,
    HoldBegan,
    HoldEnded,
    Noticed,
    ReminderDue,
    Reopened,
    TimePassed,
)
from pingmon.model.alarm_holds import is_expected_off
from pingmon.model.alarm_schedule import is_blocked
from pingmon.model.alarm_state import Alarm, Hold, HoldKind, Known, Message, MessageKind, Notice, Rules
from tests.support.alarm_world import (
    OPEN_RULES,
    START,
    STATE_KINDS,
    Action,
    Begin,
    Find,
    Notify,
    any_rules,
    pauses,
    simple,
)


class Edit:
    """Whom the monitor tells from now on, by which rules; and whether it has another address."""

    def __init__(self, audience: dict[int, Rules], is_moved: bool) -> None:
        self.audience, self.is_moved = audience, is_moved

    def __repr__(self) -> str:
        return f"Edit({self.audience}, {self.is_moved})"


audiences = st.dictionaries(st.sampled_from((1, 2, 3)), any_rules, min_size=1)
edits = st.builds(Edit, audiences, st.booleans())
histories = st.lists(st.tuples(pauses, st.one_of(simple, simple, simple, edits)), max_size=25)


class Monitor:
    """All channels of one, and what each was told."""

    def __init__(self, audience: dict[int, Rules]) -> None:
        self.audience, self.alarms, self.now = audience, dict[int, Alarm](), START
        self.told = dict[int, list[Message]]()

    def play(self, history: list[tuple[float, Action | Edit]]) -> "Monitor":
        for pause, action in history:
            self.act(pause, action)
        return self

    def act(self, pause: float, action: Action | Edit) -> None:
        self.now += pause
        if isinstance(action, Edit):
            before, self.audience = self.audience, action.audience
            self.take(events_of_edit(action.is_moved, before, action.audience), before)
        elif isinstance(action, Begin | Find | Notify):
            self.take((action.at(self.now),))
        elif not isinstance(action, Rules | Closed | Reopened):
            self.take((action,))

    def take(self, events: tuple[Event, ...], left: dict[int, Rules] | None = None) -> None:
        if not events:
            return
        done = step_channels(self.alarms, self.audience, events, self.now, left or {})
        self.alarms = done.after
        for one in done.heard:
            self.told.setdefault(one.channel, []).append(one.message)

    def end_all_holds(self) -> None:
        self.act(0.0, Edit(dict.fromkeys(self.audience, OPEN_RULES), False))
        for kind in HoldKind:
            self.take((HoldEnded(kind),))

    def believes(self, channel: int) -> str:
        states = [one for one in self.told.get(channel, ()) if one.kind in STATE_KINDS | {CLOSED}]
        return "" if not states else "closed" if states[-1].kind is CLOSED else states[-1].after


CLOSED = MessageKind.CLOSED


@given(audiences, histories)
@settings(max_examples=150, deadline=None)
def test_every_channel_that_was_told_down_is_told_up_or_gets_the_closing_line(
    audience: dict[int, Rules], history: list[tuple[float, Action | Edit]]
) -> None:
    ended = Monitor(audience).play(history)
    ended.end_all_holds()
    ended.act(5.0, Find(Known.UP, 0.0))
    assert {ended.believes(one) for one in (1, 2, 3)} <= {"", "up", "closed"}
    deleted = Monitor(audience).play(history)
    deleted.take((Closed("ann"),))
    assert {deleted.believes(one) for one in (1, 2, 3)} <= {"", "up", "closed"}
    assert all(one.closed for one in deleted.alarms.values())


@given(audiences, histories)
@settings(max_examples=150, deadline=None)
def test_a_channel_that_is_told_no_more_hears_one_line_at_once_and_then_nothing(
    audience: dict[int, Rules], history: list[tuple[float, Action | Edit]]
) -> None:
    monitor = Monitor(audience)
    for pause, action in history:
        before = {one: len(its) for one, its in monitor.told.items()}
        knew = {one: monitor.believes(one) for one in monitor.audience}
        left = set(monitor.audience)
        monitor.act(pause, action)
        left -= set(monitor.audience)
        for channel in (1, 2, 3):
            new = [one.kind for one in monitor.told.get(channel, ())][before.get(channel, 0) :]
            if channel in left and monitor.alarms:
                is_down = knew[channel] in (Known.DOWN, Known.FLAPPING)
                assert new == ([CLOSED] if is_down else [])
            elif channel not in monitor.audience:
                assert new == []


@given(audiences, histories)
@settings(max_examples=150, deadline=None)
def test_when_nothing_holds_every_channel_knows_what_is_so(
    audience: dict[int, Rules], history: list[tuple[float, Action | Edit]]
) -> None:
    monitor = Monitor(audience)
    for pause, action in history:
        monitor.act(pause, action)
        for channel, its in monitor.audience.items():
            at = monitor.alarms.get(channel, Alarm())
            free = not is_blocked(at, its, monitor.now) and not is_expected_off(its, monitor.now)
            has_turn = its.tell_after[0] == 0 or at.known is Known.UP or at.was_alarmed
            if free and has_turn and at.known and not at.unseen:
                assert at.told is at.known and monitor.believes(channel) in ("", at.known)


@given(audiences, histories)
@settings(max_examples=150, deadline=None)
def test_no_channel_hears_the_same_twice(
    audience: dict[int, Rules], history: list[tuple[float, Action | Edit]]
) -> None:
    monitor = Monitor(audience).play(history)
    for channel in (1, 2, 3):
        last = ""
        for one in monitor.told.get(channel, ()):
            if one.kind in STATE_KINDS:
                assert one.after != last
                last = one.after
            elif one.kind is CLOSED:
                assert last in (Known.DOWN, Known.FLAPPING) and one.is_watched
                last = ""


@given(any_rules, audiences, histories)
@settings(max_examples=150, deadline=None)
def test_a_channel_that_stays_does_not_notice_that_others_come_and_go(
    rules: Rules, audience: dict[int, Rules], history: list[tuple[float, Action | Edit]]
) -> None:
    alone, among = Monitor({7: rules}), Monitor({7: rules} | audience)
    for pause, action in history:
        mine = Edit({7: rules}, action.is_moved) if isinstance(action, Edit) else action
        more = Edit({7: rules} | action.audience, action.is_moved) if isinstance(action, Edit) else action
        for one, its in ((alone, mine), (among, more)):
            one.act(pause, TimePassed())  # an edit looks at all alarms, else the clock does
            one.act(0.0, its)
    assert among.told.get(7, []) == alone.told.get(7, [])


def found(known: Known, at: float = START) -> Concluded:
    return Concluded(known, at, "no reply" if known is Known.DOWN else "")


def kinds(monitor: Monitor) -> dict[int, list[str]]:
    return {channel: [str(one.kind) for one in its] for channel, its in monitor.told.items()}


def test_what_is_found_at_first_is_told_to_none_of_the_channels() -> None:
    monitor = Monitor({1: Rules(), 2: Rules()})
    monitor.take((found(Known.DOWN),))
    monitor.take((Noticed(Notice(MessageKind.NEVER_SEEN, START)),))
    assert kinds(monitor) == {1: ["never_seen"], 2: ["never_seen"]}


def test_with_another_address_only_what_differs_is_told() -> None:
    monitor = Monitor({1: Rules(), 2: Rules()})
    for known in (Known.UP, Known.DOWN):
        monitor.take((found(known),))
    monitor.act(10.0, Edit({1: Rules(), 3: Rules()}, is_moved=True))
    assert kinds(monitor) == {1: ["down"], 2: ["down", "closed"]}  # 3: nothing is known there yet
    monitor.take((found(Known.DOWN, monitor.now),))
    assert kinds(monitor) == {1: ["down"], 2: ["down", "closed"], 3: ["down"]}
    monitor.act(10.0, Edit(monitor.audience, is_moved=True))
    monitor.take((found(Known.UP, monitor.now),))
    assert kinds(monitor) == {1: ["down", "up"], 2: ["down", "closed"], 3: ["down", "up"]}


def test_a_channel_that_comes_while_it_is_muted_is_told_at_the_end() -> None:
    monitor = Monitor({1: Rules()})
    monitor.take((found(Known.UP),))
    monitor.take((HoldBegan(Hold(HoldKind.MUTED, since=START, until=START + 60)),))
    monitor.take((found(Known.DOWN),))
    monitor.act(1.0, Edit({2: Rules()}, is_moved=False))
    assert monitor.told == {}
    monitor.act(60.0, TimePassed())
    assert kinds(monitor) == {2: ["down"]}


def test_a_reminder_is_of_the_channels_that_are_told_now() -> None:
    rules = Rules(remind=(60.0,))
    monitor = Monitor({1: rules})
    for known in (Known.UP, Known.DOWN):
        monitor.take((found(known),))
    monitor.act(30.0, Edit({2: rules}, is_moved=False))
    monitor.act(40.0, ReminderDue())
    assert kinds(monitor) == {1: ["down", "closed"], 2: ["down", "still_down"]}


def test_an_edit_that_changes_no_rule_is_nothing_to_alarms() -> None:
    assert events_of_edit(False, {1: Rules()}, {1: Rules()}) == ()
    assert events_of_edit(False, {1: Rules()}, {1: Rules(critical=True)}) == (TimePassed(),)
    assert events_of_edit(False, {1: Rules()}, {1: Rules(), 2: Rules()}) == (TimePassed(),)
    assert events_of_edit(True, {1: Rules()}, {1: Rules()}) != ()


def test_a_hold_that_is_given_again_keeps_its_comment_and_its_beginning() -> None:
    monitor = Monitor({1: Rules()})
    for known in (Known.UP, Known.DOWN):
        monitor.take((found(known),))

    def give(hold: Hold) -> Hold:
        monitor.take((HoldBegan(hold),))
        (left,) = monitor.alarms[1].holds
        return left

    for kind in (HoldKind.PAUSED, HoldKind.MUTED, HoldKind.ACKNOWLEDGED):
        first = Hold(kind, since=START, until_up=kind is HoldKind.ACKNOWLEDGED, by="ann", comment="toner")
        assert give(first) == first
        assert give(first._replace(since=START + 5, comment="")) == first
        assert give(first._replace(since=START + 5, comment="paper")).comment == "paper"
        other = give(first._replace(since=START + 9, by="bob", comment=""))
        assert (other.by, other.comment, other.since) == ("bob", "", START + 9)  # what ann said is hers
        give(first._replace(comment="paper"))
        longer = give(first._replace(since=START + 10, until=START + 1e9, until_up=False, comment=""))
        assert (longer.comment, longer.since) == ("paper", START + 10)
        monitor.take((HoldEnded(kind),))
