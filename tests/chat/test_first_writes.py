"""What a command writes first is its change: else a crash could leave it handled, but undone."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Connection

from pingmon.chat.registry import COMMANDS
from pingmon.model.detector_state import State
from pingmon.storage.journal import Wanted
from pingmon.storage.tables import journal
from tests.support.chat_desk import Desk

LINES = {
    "ack": ("/ack printer", "ack"),
    "mute": ("/mute printer 1h", "mute"),
    "unmute": ("/unmute camera", "unmute"),
    "add": ("/add 10.0.0.77 scanner", "add_mon"),
    "pause": ("/pause printer", "pause_mon"),
    "resume": ("/resume gate", "resume_mon"),
    "remind": ("/remind printer 30m", "edit_mon"),
    "stop": ("/stop router", "del_mon"),  # by the button of its question
}


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """Something of each kind."""
    names = ("printer", "router", "camera", "gate")
    printer, _router, camera, _gate = (desk.add(number, one) for number, one in enumerate(names, 1))
    desk.down(printer)
    desk.set_state(camera, State.UP)
    desk.say("/mute camera 1h")
    desk.say("/pause gate")
    return desk


def first_write(desk: Desk, run: Callable[[], Any]) -> tuple[list[str], Any]:
    """What the journal has of it when the first transaction ends, and what `run` gives."""
    query, seen = select(journal.c.action).order_by(journal.c.id), list[list[str]]()

    def look(connection: Connection) -> None:
        seen.append(list(connection.execute(query).scalars()))

    before = len(desk.context.store.journal.entries(Wanted()))
    with desk.context.store.along(look):
        done = run()
    assert len(seen) == 1, "it changed nothing"
    return seen[0][before:], done


def test_every_command_that_changes_something_is_looked_at() -> None:
    assert {one.name for one in COMMANDS.values() if one.changes} == LINES.keys()


@pytest.mark.parametrize("name", [one for one in LINES if one != "stop"])
def test_the_first_write_of_a_command_is_its_change(busy: Desk, name: str) -> None:
    line, action = LINES[name]
    assert first_write(busy, lambda: busy.say(line))[0] == [action]


def test_the_first_write_of_a_button_is_its_change(busy: Desk) -> None:
    question = busy.send("/stop router")
    actions, done = first_write(busy, lambda: busy.tap(question, "Stop"))
    assert actions == ["del_mon"]
    undo = done.replaces or done.sends
    assert first_write(busy, lambda: busy.tap(undo, "Undo"))[0] == ["undo_del_mon"]
    answer = busy.send("/ack printer")
    assert first_write(busy, lambda: busy.tap(answer, "Undo"))[0] == ["unack"]
