"""docs/chat.md shows the real answers: its pictures are drawn anew here and compared.

After a change of texts: PINGMON_WRITE_PICTURES=1 pytest tests/docs/test_chat.py
"""

import os
import re
from collections.abc import Callable

import pytest

from pingmon.chat.command_line import SPELLINGS
from pingmon.chat.registry import COMMANDS
from pingmon.daemon.application import Application
from pingmon.model.chat_messages import ChatAnswer, ChatKind, Person, Place
from pingmon.model.chat_rights import Role
from pingmon.model.detector_state import State
from pingmon.notify.told_again import Shown as Told
from pingmon.notify.translation import Translation
from tests.operations.test_import_plan import api, application
from tests.support.alarm_message import AlarmMessage, labels
from tests.support.chat_desk import ANNA, NOC, PRIVATE, Desk
from tests.support.chat_picture import Said, answered, picture, typed
from tests.support.paths import ROOT

__all__ = ["api", "application"]

PICTURES = ROOT / "docs" / "pictures"
CLARA = Person(44, "Клара", "clara", "ru")
RUSSIAN_GROUP = Place("-1003", ChatKind.SUPERGROUP, None, "Сеть")
# What differs from run to run.
_CHANGES = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "Tue 18:00:00"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "2b9d41c8-71f4-4b1f-8a52-0d8f1f6b7c22"),
    (r"<code>[0-9a-f]{8}</code>", "<code>2b9d41c8</code>"),
    (r"(?:\d{4}-\d\d-\d\d )?\b\d\d:\d\d\b(?! \()", "18:00"),
    (r"5 min \d+ s", "5 min"),
    (r"5 мин \d+ с", "5 мин"),
    (r"works, for \d+ s", "works, for 12 d 3 h"),
)


class Shown:
    """A conversation that is written down."""

    def __init__(self, application: Application) -> None:
        self.desk, self.said = Desk(application), list[Said]()
        self.desk.allow(NOC, ANNA, Role.ADMIN)
        self.desk.allow(RUSSIAN_GROUP, CLARA, Role.ADMIN)
        self.last: ChatAnswer | None = None

    def devices(self, names: dict[str, State], place: Place = NOC) -> None:
        for number, (name, state) in enumerate(names.items(), 1):
            if state is State.DOWN:
                self.desk.down(self.desk.add(number, name, place))
            else:
                self.desk.set_state(self.desk.add(number, name, place), state)

    def ask(self, text: str, person: Person = ANNA, place: Place = NOC) -> None:
        self.said.append(typed(text))
        self.last = self.desk.send(text, person, place)
        assert self.last is not None
        self.said.append(answered(_settled(self.last)))

    def tap(self, label: str, person: Person = ANNA, place: Place = NOC) -> None:
        done = self.desk.tap(self.last, label, person, place)
        self.last = done.replaces or done.sends
        assert self.last is not None
        self.said.append(answered(_settled(self.last)))

    def show(self, message: Told) -> None:
        """A message with alarms."""
        text = _settled(ChatAnswer(message.text)).text
        self.said.append(Said(text, False, labels(message.keyboard)))


def _settled(answer: ChatAnswer) -> ChatAnswer:
    text = answer.text
    for pattern, instead in _CHANGES:
        text = re.sub(pattern, instead, text)
    return ChatAnswer(text, answer.keyboard, answer.about)


def usual(shown: Shown) -> None:
    up = dict.fromkeys(("router", "nas", "camera"), State.UP)
    shown.devices(up | {"printer": State.DOWN, "door": State.UNKNOWN})


def show_list(shown: Shown) -> None:
    usual(shown)
    shown.desk.say("/ack printer")
    shown.ask("/list")


def show_status(shown: Shown) -> None:
    usual(shown)
    shown.ask("/status")


def show_add(shown: Shown) -> None:
    shown.devices({"router": State.UP})
    shown.ask("/add 10.0.0.9 scanner every 5s behind router")


def show_stop(shown: Shown) -> None:
    usual(shown)
    shown.ask("/stop camera")
    shown.tap("Stop watching")
    shown.tap("Undo")


def show_mute(shown: Shown) -> None:
    usual(shown)
    shown.ask("/mute printer 2h")
    shown.ask("/mute printer")


def show_unmute(shown: Shown) -> None:
    usual(shown)
    shown.desk.say("/mute printer 2h")
    shown.ask("/unmute")


def show_ack(shown: Shown) -> None:
    usual(shown)
    shown.ask("/ack on my way")


def show_alarm(shown: Shown) -> None:
    """As it is told, and as it reads after a press, with the line that says so."""
    usual(shown)
    printer = shown.desk.live("printer")
    assert printer is not None
    alarm = AlarmMessage(shown.desk, printer.channel.id)
    shown.show(alarm.at_first)
    done = alarm.press("Acknowledge")
    shown.show(alarm.now())
    assert done.sends is not None
    shown.said.append(answered(_settled(done.sends)))


def show_over(shown: Shown) -> None:
    usual(shown)
    printer = shown.desk.live("printer")
    assert printer is not None
    alarm = AlarmMessage(shown.desk, printer.channel.id)
    shown.desk.set_state(printer, State.UP, 1)
    shown.show(alarm.now())


def show_digest(shown: Shown) -> None:
    shown.devices(dict.fromkeys(("printer", "camera", "door"), State.DOWN))
    camera = shown.desk.live("camera")
    assert camera is not None
    digest = AlarmMessage(shown.desk, camera.channel.id)
    shown.show(digest.at_first)
    done = digest.press("Choose")
    assert done.sends is not None
    shown.said.append(answered(_settled(done.sends)))


def show_pause(shown: Shown) -> None:
    usual(shown)
    shown.ask("/pause printer new toner")


def show_resume(shown: Shown) -> None:
    usual(shown)
    shown.desk.say("/pause printer")
    shown.ask("/resume printer")


def show_explain(shown: Shown) -> None:
    usual(shown)
    shown.ask("/explain printer")


def show_remind(shown: Shown) -> None:
    usual(shown)
    shown.ask("/remind printer 30m, 2h")


def show_id(shown: Shown) -> None:
    usual(shown)
    shown.ask("/id")


def show_help(shown: Shown) -> None:
    usual(shown)
    shown.ask("/help mute")


def show_start(shown: Shown) -> None:
    shown.desk.allow(PRIVATE, ANNA, Role.ADMIN)
    shown.ask("/start", place=PRIVATE)


def show_question(shown: Shown) -> None:
    shown.devices({"router berlin": State.UP, "router bonn": State.DOWN})
    shown.ask("/ack router")
    shown.tap("bonn")


def show_stranger(shown: Shown) -> None:
    shown.ask("/list", Person(43, "Boris", "", "en"), Place("-1007", ChatKind.SUPERGROUP))


def show_russian(shown: Shown) -> None:
    names = {"роутер": State.UP, "камера": State.UP, "принтер": State.DOWN}
    shown.devices(names, RUSSIAN_GROUP)
    shown.ask("/список", CLARA, RUSSIAN_GROUP)
    shown.ask("/тихо принтер на 2 часа", CLARA, RUSSIAN_GROUP)


SHOWN: dict[str, Callable[[Shown], None]] = {
    name.removeprefix("show_"): function
    for name, function in list(globals().items())
    if name.startswith("show_")
}


@pytest.mark.parametrize("name", SHOWN)
def test_pictures_show_the_real_answers(application: Application, name: str) -> None:
    shown = Shown(application)
    SHOWN[name](shown)
    drawn, file = picture(shown.said), PICTURES / f"chat-{name}.svg"
    if os.environ.get("PINGMON_WRITE_PICTURES"):
        file.write_text(drawn)
    assert file.read_text() == drawn, "PINGMON_WRITE_PICTURES=1 draws it anew"


def test_each_command_has_a_picture_and_each_picture_a_place() -> None:
    text = (ROOT / "docs" / "chat.md").read_text()
    used = set(re.findall(r"\(pictures/chat-(\w+)\.svg\)", text))
    assert used == SHOWN.keys() >= COMMANDS.keys()
    assert {one.stem for one in PICTURES.glob("chat-*.svg")} == {f"chat-{one}" for one in SHOWN}


def test_the_table_of_commands_is_that_of_the_program() -> None:
    text = (ROOT / "docs" / "chat.md").read_text()
    russian = Translation("ru")._
    for one in COMMANDS.values():
        others = [spelling for spelling in SPELLINGS[one.name] if re.search("[а-я]", spelling)]
        row = f"| `/{one.name}` | {one.summary} | {one.role.word} | `/{others[0]}` |"
        assert row in text, row
        assert russian(one.summary) != one.summary
