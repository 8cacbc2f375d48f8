"""That a name has another address is told once for each change, whatever the device does."""

import pytest

from pingmon.model.address_notice import address_notice, joined_changes
from pingmon.model.alarm import step
from pingmon.model.alarm_events import Concluded, HoldBegan, HoldEnded, Noticed
from pingmon.model.alarm_state import Alarm, Hold, HoldKind, Known, MessageKind, Rules

NOW = 1000.0


def changed(before: str, after: str) -> Noticed:
    return Noticed(address_notice(before, after, NOW))


@pytest.mark.parametrize("known", [Known.UP, Known.DOWN, Known.FLAPPING, Known.NOTHING])
@pytest.mark.parametrize("rules", [Rules(), Rules(may_be_off=True)])
def test_it_is_told_at_once(known: Known, rules: Rules) -> None:
    alarm = Alarm(known=known, told=known, told_at=1.0)
    alarm, (message,) = step(alarm, changed("a", "b"), NOW, rules)
    assert (message.kind, message.reason, alarm.notices) == (MessageKind.ADDRESS, "a → b", ())
    assert step(alarm, Concluded(Known.UP, NOW), NOW, rules)[0].notices == ()


def muted() -> Alarm:
    return step(Alarm(known=Known.UP, told=Known.UP), HoldBegan(Hold(HoldKind.MUTED)), NOW, Rules())[0]


def test_changes_of_a_muted_monitor_are_told_as_one_when_that_ends() -> None:
    alarm, told = step(
        Alarm(known=Known.UP, told=Known.UP), HoldBegan(Hold(HoldKind.MUTED)), NOW, Rules()
    )
    for before, after in (("a", "b"), ("b", "c"), ("c", "d")):
        alarm, told = step(alarm, changed(before, after), NOW, Rules())
        assert not told
    alarm, told = step(alarm, Concluded(Known.DOWN, NOW), NOW, Rules())
    alarm, told = step(alarm, HoldEnded(HoldKind.MUTED), NOW, Rules())
    assert [(one.kind, one.reason) for one in told if one.kind is MessageKind.ADDRESS] == [
        (MessageKind.ADDRESS, "a → d")
    ]


def test_there_and_back_again_while_muted_is_no_news() -> None:
    alarm = muted()
    for before, after in (("a", "b"), ("b", "a")):
        alarm, _ = step(alarm, changed(before, after), NOW, Rules())
    assert alarm.notices == () and step(alarm, HoldEnded(HoldKind.MUTED), NOW, Rules())[1] == ()


def test_changes_that_follow_each_other_are_one() -> None:
    assert joined_changes("a → b", "b → c") == "a → c"
    assert joined_changes("a → b", "b → a") == "b → a"


def test_who_was_told_that_it_never_answered_hears_that_it_does() -> None:
    alarm, told = step(Alarm(told_unseen=True), Concluded(Known.UP, NOW), NOW, Rules())
    assert [one.kind for one in told] == [MessageKind.FIRST_REPLY] and not alarm.told_unseen
    assert step(Alarm(), Concluded(Known.UP, NOW), NOW, Rules())[1] == ()
