"""Who may do what: each command in each role, kind of chat, and of its own and other chats' monitors.

The table is tried against the real operations: what is refused changes nothing.
"""

from itertools import product
from typing import Any

import pytest

from pingmon.chat.registry import COMMANDS
from pingmon.model.chat_messages import ChatKind, Person, Place
from pingmon.model.chat_rights import Role
from pingmon.model.detector_state import State
from pingmon.storage.journal import Wanted
from tests.support.chat_desk import ANNA, NOC, OFFICE, PRIVATE, Desk

ANONYMOUS = Person(1087968824, is_anonymous=True)
KINDS = {
    ChatKind.PRIVATE: PRIVATE,
    ChatKind.GROUP: Place("-5", ChatKind.GROUP, None, "group"),
    ChatKind.SUPERGROUP: NOC,
    ChatKind.CHANNEL: Place("-1009", ChatKind.CHANNEL, None, "channel"),
}
# Of each command: what is sent, and which role it takes.
NEEDED = {
    "list": ("/list", Role.VIEW),
    "status": ("/status", Role.VIEW),
    "explain": ("/explain {name}", Role.VIEW),
    "ack": ("/ack {name}", Role.OPERATE),
    "mute": ("/mute {name} 2h", Role.OPERATE),
    "unmute": ("/unmute {name}", Role.OPERATE),
    "add": ("/add 10.0.0.99 added", Role.ADMIN),
    "stop": ("/stop {name}", Role.ADMIN),
    "pause": ("/pause {name}", Role.ADMIN),
    "resume": ("/resume {name}", Role.ADMIN),
    "remind": ("/remind {name} 30m", Role.ADMIN),
    "id": ("/id", Role.NONE),
    "help": ("/help", Role.NONE),
    "start": ("/start", Role.NONE),
}
DONE = {
    "list": "device",
    "status": "pingmon works",
    "explain": "probed every",
    "ack": "takes care",
    "mute": "muted in this chat",
    "unmute": "muted",
    "add": "watched now",
    "stop": "Stop watching",
    "pause": "paused",
    "resume": "printer",
    "remind": "reminder",
    "id": "chat_id",
    "help": "/list",
    "start": "pingmon",
}
ON_A_DEVICE = sorted(name for name, (text, _) in NEEDED.items() if "{name}" in text)
CHANGES_ALL = {"stop", "pause", "resume", "remind"}


def changes(desk: Desk) -> int:
    """Entries of the journal: nothing is changed without one."""
    return len(desk.context.store.journal.entries(Wanted(limit=1000)))


def test_the_table_has_all_commands() -> None:
    assert NEEDED.keys() == COMMANDS.keys() == DONE.keys()
    assert all(COMMANDS[name].role is role for name, (_, role) in NEEDED.items())


@pytest.mark.parametrize("kind", list(ChatKind))
def test_each_command_in_each_role_on_the_chats_own_monitor(desk: Desk, kind: ChatKind) -> None:
    place = KINDS[kind]
    monitor = desk.add(2, "printer", place)
    for number, (name, role) in enumerate(product(NEEDED, Role)):
        desk.set_state(monitor, State.UP, 60)
        desk.set_state(monitor, State.DOWN)
        person = Person(1000 + number, "Anna", "", "en")
        desk.allow(place, person, role)
        text, needed = NEEDED[name]
        before = changes(desk)
        found = desk.say(text.format(name="printer"), person, place)
        # Whoever is in a chat that has monitors may look.
        has = Role.NONE if kind is ChatKind.CHANNEL else max(role, Role.VIEW)
        if kind is ChatKind.CHANNEL:
            assert found == "" and changes(desk) == before, (name, role)
        elif has >= needed:
            assert DONE[name] in found, (name, role, found)
        else:
            assert f"needs the role {needed.word}" in found, (name, role, found)
            assert changes(desk) == before, (name, role)
        if added := desk.live("10.0.0.99"):
            desk.context.worker_pool.delete(added.id)


@pytest.mark.parametrize("kind", [one for one in ChatKind if one is not ChatKind.CHANNEL])
def test_monitors_of_other_chats_do_not_exist(desk: Desk, kind: ChatKind) -> None:
    place = KINDS[kind]
    desk.add(2, "printer", place)
    other = desk.add(3, "secret", OFFICE)
    desk.down(other)
    desk.context.store.alarms.of(other.id)
    before = changes(desk)
    for number, (name, role) in enumerate(product(ON_A_DEVICE, list(Role)[1:])):
        person = Person(1000 + number, "Anna", "", "en")
        desk.allow(place, person, role)
        for text in ("secret", "10.0.0.3", other.id, other.id[:8]):
            found = desk.say(NEEDED[name][0].format(name=text), person, place)
            says_nothing = "no device" in found or "needs the role" in found
            # What is no device's name is taken for a comment; then nothing is down here.
            assert says_nothing or (name == "ack" and "Nothing is down" in found), (name, role, found)
    assert changes(desk) == before
    assert "secret" not in desk.say("/list", Person(42, "Anna"), place)


def test_a_stranger_is_told_his_ids_once_an_hour_whatever_he_sends(desk: Desk) -> None:
    desk.add(2, "printer", OFFICE)
    boris = Person(43, "Boris", "", "en")
    found = desk.say("/list", boris)
    assert "pingmonctl chat allow --chat_id=-1001 --user_id=43" in found and "printer" not in found
    for _ in range(2):
        assert not any(desk.say(text.format(name="printer"), boris) for text, _ in NEEDED.values())


@pytest.mark.parametrize("name", sorted(CHANGES_ALL))
@pytest.mark.parametrize("elsewhere", list(Role))
def test_what_concerns_several_chats_takes_admin_in_each(desk: Desk, name: str, elsewhere: Role) -> None:
    monitor = desk.add(2, "printer", NOC, others=[OFFICE.chat_id])
    desk.down(monitor)
    desk.allow(OFFICE, ANNA, elsewhere)
    before = changes(desk)
    found = desk.say(NEEDED[name][0].format(name="printer"))
    if elsewhere is Role.ADMIN:
        assert DONE[name] in found
    else:
        assert "It tells 1 other chat" in found and "-1002" not in found and changes(desk) == before


@pytest.mark.parametrize("name", sorted(set(ON_A_DEVICE) - CHANGES_ALL))
def test_what_concerns_this_chat_takes_a_role_here_only(desk: Desk, name: str) -> None:
    desk.down(desk.add(2, "printer", NOC, others=[OFFICE.chat_id]))
    assert DONE[name] in desk.say(NEEDED[name][0].format(name="printer"))


def test_a_press_is_asked_for_the_role_of_who_presses(desk: Desk) -> None:
    desk.add(2, "printer", others=[OFFICE.chat_id])
    desk.allow(OFFICE, ANNA, Role.ADMIN)
    boris = Person(43, "Boris", "", "en")
    asked = desk.send("/stop printer")
    for role in (Role.NONE, Role.VIEW, Role.OPERATE):
        desk.allow(NOC, boris, role)
        assert "needs the role admin" in desk.tap(asked, "Stop", boris).toast and desk.live("printer")
    desk.allow(NOC, boris, Role.ADMIN)
    assert "It tells 1 other chat" in desk.tap(asked, "Stop", boris).toast and desk.live("printer")
    assert desk.tap(asked, "Stop", ANNA).replaces and not desk.live("printer")


def test_a_button_that_gets_into_another_chat_does_nothing_there(desk: Desk) -> None:
    desk.add(2, "printer", OFFICE)
    desk.allow(OFFICE, ANNA, Role.ADMIN)
    asked = desk.send("/stop printer", place=OFFICE)
    desk.add(3, "nas", NOC)
    assert "not watched" in desk.tap(asked, "Stop", place=NOC).toast and desk.live("printer")


# Administrators of a chat


def test_administrators_of_a_chat_are_asked_for_once_in_five_minutes(desk: Desk) -> None:
    desk.add(2, "printer")
    boris, asked = Person(43, "Boris", "", "en"), list[int]()

    def say(text: str, words: str) -> None:
        assert words in desk.say(text, boris)
        asked.append(desk.members.asked)

    say("/mute printer 2h", "needs the role")
    desk.use(chat_admins=Role.ADMIN)
    say("/pause printer", "needs the role")
    say("/pause printer", "needs the role")
    desk.use(chat_admins=Role.ADMIN)
    desk.members.admins.add((NOC.chat_id, 43))
    say("/pause printer", "paused")
    say("/resume printer", "probed again")
    say("/list", "printer")
    assert asked == [0, 1, 1, 2, 2, 2]


def test_who_can_not_be_asked_for_is_no_administrator(desk: Desk) -> None:
    desk.add(2, "printer")
    desk.use(chat_admins=Role.OPERATE)
    desk.members.is_reachable = False
    assert "needs the role operate" in desk.say("/mute printer 2h", Person(43, "Boris"))


def test_an_administrator_may_what_the_configuration_says_and_no_more(desk: Desk) -> None:
    desk.add(2, "printer")
    desk.use(chat_admins=Role.OPERATE)
    desk.members.admins.add((NOC.chat_id, 43))
    boris = Person(43, "Boris", "", "en")
    assert "muted in this chat" in desk.say("/mute printer 2h", boris)
    assert "needs the role admin" in desk.say("/stop printer", boris)


def test_an_anonymous_administrator_is_one_but_has_no_name(desk: Desk) -> None:
    desk.add(2, "printer")
    assert "Remain anonymous" in desk.say("/mute printer 2h", ANONYMOUS)
    desk.use(chat_admins=Role.ADMIN)
    assert "paused" in desk.say("/pause printer", ANONYMOUS) and not desk.members.asked
    (_, entry), *_rest = desk.context.store.journal.entries(Wanted(actions=["pause_mon"]))
    assert entry.actor == "an anonymous administrator (no user) in chat -1001"


def test_the_journal_has_name_number_and_chat(desk: Desk) -> None:
    desk.add(2, "printer")
    desk.say("/pause printer")
    (_, entry), *_rest = desk.context.store.journal.entries(Wanted(actions=["pause_mon"]))
    assert entry.actor == "Anna (@anna, user 42) in chat -1001"


def test_a_chat_that_became_a_supergroup_keeps_its_monitors(desk: Desk) -> None:
    desk.add(2, "printer", Place("-5", ChatKind.GROUP))
    desk.context.store.outbox.move_address(1, "-5", NOC.chat_id)
    assert "printer" in desk.say("/list")


def test_a_public_chat_is_known_by_its_name_too(desk: Desk) -> None:
    public = Place("-1001", ChatKind.SUPERGROUP, None, "NOC", "OurNoc")
    desk.add(2, "printer", Place("@ournoc", ChatKind.SUPERGROUP))
    assert "printer" in desk.say("/list", place=public)
    added: Any = desk.send("/add 10.0.0.3 nas", place=public)
    monitor = desk.live("nas")
    assert added and monitor and monitor.channel.address == "@ournoc"
