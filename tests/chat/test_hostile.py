"""Whatever comes from a chat: nothing breaks, and nothing is changed without the role for it."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pingmon.channels.telegram.update_values import parse_update
from pingmon.chat.command_line import SPELLINGS
from pingmon.chat.commander import ACTIONS
from pingmon.model.chat_messages import Button, ButtonPress, ChatMessage, Person
from pingmon.model.chat_rights import Role
from pingmon.storage.journal import Wanted
from tests.support.chat_desk import ANNA, BORIS, NOC, Desk, checked

IN_ONE_WORLD = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
WORDS = st.sampled_from(
    [
        "printer",
        "10.0.0.2",
        "all",
        "2h",
        "until",
        "18:00",
        "every",
        "behind",
        "tag=",
        "*",
        "?",
        "<b>",
        "&",
        "@",
    ]
)
TYPED = st.lists(WORDS | st.text(max_size=12), max_size=6).map(" ".join)
COMMANDS = st.sampled_from([one for its in SPELLINGS.values() for one in its])


def entries(desk: Desk) -> list[Any]:
    return desk.context.store.journal.entries(Wanted(limit=1000))


@pytest.fixture
def world(desk: Desk, caplog: pytest.LogCaptureFixture) -> Desk:
    desk.down(desk.add(2, "printer", tags=["office"]))
    desk.add(3, "<b>nas</b> & co")
    return desk


@IN_ONE_WORLD
@given(
    COMMANDS | st.text(max_size=10),
    TYPED,
    st.sampled_from([ANNA, BORIS, Person(7)]),
    st.none() | st.integers(),
)
@example("ack", "", ANNA, 2**63)
def test_any_command_of_anybody(
    world: Desk, command: str, typed: str, person: Person, reply_to: int | None
) -> None:
    world.use()  # whose limits are fresh
    before = entries(world)
    answer = world.send(f"/{command} {typed}", person, reply_to=reply_to)
    if answer is not None:
        assert "Something went wrong" not in answer.text and "что-то пошло не так" not in answer.text
    if person is not ANNA:
        assert entries(world) == before
    for button in [one for row in answer.keyboard for one in row] if answer else ():
        after = entries(world)
        assert "went wrong" not in world.press(button, BORIS).toast and entries(world) == after


@IN_ONE_WORLD
@given(
    st.sampled_from(sorted(ACTIONS)) | st.text(max_size=10),
    TYPED,
    st.text(max_size=50) | st.sampled_from(["printer", "1 all", "-1 x", "0", ",", "@", "x@y", "9" * 50]),
)
def test_any_button_of_anybody(world: Desk, action: str, text: str, argument: str) -> None:
    world.use()
    before = entries(world)
    done = world.press(Button("x", f"{action}:{text}", argument), BORIS)
    assert entries(world) == before and "что-то пошло не так" not in done.toast


@IN_ONE_WORLD
@given(st.binary(max_size=300), st.integers(-(2**70), 2**70), st.text(max_size=40))
def test_updates_that_are_nearly_right(world: Desk, text: bytes, number: int, name: str) -> None:
    world.use()
    raw = {
        "update_id": 1,
        "message": {
            "message_id": 1,
            "date": number,
            "chat": {"id": -1001, "type": "supergroup", "title": name},
            "from": {"id": number, "is_bot": False, "first_name": name, "language_code": name},
            "text": "/" + text.decode("utf-16", "replace"),
        },
    }
    before = entries(world)
    update = parse_update(json.loads(json.dumps(raw)))
    if isinstance(update, ChatMessage):
        prepared = world.commander.prepare(world.bot, update, 0.0)
        if prepared:
            checked(prepared.run())
    assert entries(world) == before


def test_a_press_of_a_message_that_is_gone(world: Desk) -> None:
    press = ButtonPress(1, "1", None, None, ANNA, "")
    found = world.commander.prepare_press(world.bot, press, Button("x", "stop", ""), 0.0).run()
    assert "too old" in found.toast


def test_what_a_stranger_sends_is_not_logged(world: Desk, caplog: pytest.LogCaptureFixture) -> None:
    world.use()
    for number in range(200):
        world.send(f"/add 10.0.0.{number} EVIL\n<b>", Person(1000 + number, "EVIL\nname"), NOC)
    assert "EVIL" not in caplog.text
    assert (
        len(world.context.worker_pool.monitors) == 2 and world.grants.known[NOC.chat_id, 42] is Role.ADMIN
    )
