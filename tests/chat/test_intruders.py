"""What people with a role in some chat, or in none, may not get by ways that lead around the roles."""

from pingmon.model.chat_messages import ChatKind, Place
from pingmon.model.chat_rights import Role
from pingmon.model.detector_state import State
from pingmon.notify.message_text import plain_text
from tests.chat.test_commands import holds
from tests.support.chat_desk import ANNA, BORIS, NOC, OFFICE, Desk

OWN = Place("-1777", ChatKind.SUPERGROUP, None, "a group of their own")


def test_who_makes_a_group_of_their_own_is_a_stranger_there(desk: Desk) -> None:
    desk.use(chat_admins=Role.ADMIN)
    desk.members.admins.add((OWN.chat_id, ANNA.user_id))
    assert "chat allow" in desk.say("/add 10.0.0.9", place=OWN)
    assert desk.say("/status", place=OWN) == "" and desk.live("10.0.0.9") is None
    assert desk.members.asked == 0
    desk.allow(OWN, BORIS, Role.VIEW)  # somebody who may names the chat: Anna is still a stranger
    assert desk.say("/status", place=OWN) == ""


def test_what_everybody_in_another_chat_may_is_not_for_who_is_not_in_it(desk: Desk) -> None:
    desk.add(2, "printer", others=[OFFICE.chat_id])
    desk.allow(NOC, ANNA, Role.ADMIN)
    desk.grants.known[OFFICE.chat_id, 0] = Role.ADMIN
    assert "Stop watching" not in desk.say("/stop printer")
    desk.allow(OFFICE, ANNA, Role.ADMIN)
    assert "Stop watching" in desk.say("/stop printer")


def test_an_old_button_does_nothing_to_a_newer_outage(desk: Desk) -> None:
    printer = desk.add(2, "printer")
    desk.allow(NOC, ANNA, Role.OPERATE)
    desk.set_state(printer, State.UP, 90)
    desk.set_state(printer, State.DOWN, 60)
    old = desk.send("/explain printer")
    desk.set_state(printer, State.UP, 30)
    desk.set_state(printer, State.DOWN, 5)
    assert "over" in desk.tap(old, "Acknowledge").toast and holds(desk, "printer") == []
    new = desk.send("/explain printer")
    assert desk.tap(new, "Acknowledge").replaces and holds(desk, "printer")


def test_an_old_undo_does_not_take_back_what_another_said_since(desk: Desk) -> None:
    printer = desk.add(2, "printer")
    for one in (ANNA, BORIS):
        desk.allow(NOC, one, Role.OPERATE)
    desk.set_state(printer, State.UP, 90)
    desk.set_state(printer, State.DOWN, 60)
    first = desk.send("/ack printer")
    desk.set_state(printer, State.UP, 30)
    desk.set_state(printer, State.DOWN, 5)
    began = desk.now
    desk.now = lambda: began() + 60
    assert first
    earlier = first.keyboard[0][0]
    which, _at, at = earlier.argument.partition("@")
    earlier = earlier._replace(argument=f"{which}@{float(at) - 60:.3f}")  # a minute ago
    assert desk.say("/ack printer it is me", BORIS)
    assert "not acknowledged that way" in desk.press(earlier).toast
    assert holds(desk, "printer")[0][2] == "it is me"


def test_a_pattern_or_a_name_is_bounded(desk: Desk) -> None:
    desk.add(2, "printer")
    assert "too long" in plain_text(desk.say("/list " + "*a" * 150))
    assert "too long" in plain_text(desk.say("/explain " + "a" * 300))
    assert "printer" in desk.say("/list *r?nt*")


def test_a_token_between_invisible_characters_is_a_token(desk: Desk) -> None:
    desk.add(2, "printer")
    answer = desk.say("/explain 123456789\uff1aAAHsecretCanaryTokenNobody\u200bMaySee_0123")
    assert "revoke" in answer and "AAH" not in answer


def test_children_that_tell_other_chats_are_not_counted(desk: Desk) -> None:
    router = desk.add(1, "router")
    desk.add(2, "hidden", OFFICE, parent=router.id)
    desk.allow(NOC, ANNA, Role.ADMIN)
    assert "behind" not in desk.say("/stop router")
