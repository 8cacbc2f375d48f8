"""A chat without a network: messages and presses go to the commands of a daemon that probes nothing."""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from pingmon.chat.commander import Commander
from pingmon.chat.request import Bot, ChatTools
from pingmon.daemon.application import Application
from pingmon.model.alarm_events import Concluded
from pingmon.model.alarm_state import Known
from pingmon.model.chat_config import ChatConfig
from pingmon.model.chat_messages import (
    Button,
    ButtonPress,
    ChatAnswer,
    ChatKind,
    ChatMessage,
    Person,
    Place,
    Pressed,
)
from pingmon.model.chat_rights import ChatSettings, Role
from pingmon.model.detector_state import State
from pingmon.model.errors import Unreachable
from pingmon.model.monitor import Monitor
from pingmon.operations.add_monitors import add_monitor
from pingmon.storage.alarms import Occurrence
from tests.support.bot_api import TOKEN

ANNA = Person(42, "Anna", "anna", "en")
BORIS = Person(43, "Boris", "", "ru")
NOC = Place("-1001", ChatKind.SUPERGROUP, None, "NOC")
OFFICE = Place("-1002", ChatKind.SUPERGROUP, None, "Office")
PRIVATE = Place("42", ChatKind.PRIVATE, None, "Anna")


class Grants:
    """Roles by chat and user; 0 for everybody."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], Role] = {}

    def role(
        self, account_id: int, chat_id: str, user_id: int, now: float, by_name: bool = False
    ) -> Role:
        users = (user_id,) if by_name else (user_id, 0)
        return max(self.known.get((chat_id, one), Role.NONE) for one in users)


class Members:
    """admins: chat and user. asked: how often somebody asked."""

    def __init__(self) -> None:
        self.admins: set[tuple[str, int]] = set()
        self.questions: list[str] = []
        self.is_reachable = True

    @property
    def asked(self) -> int:
        return len(self.questions)

    def is_chat_admin(self, account_id: int, chat_id: str, user_id: int) -> bool:
        self.questions.append(chat_id)
        if not self.is_reachable:
            raise Unreachable("no answer")
        return (chat_id, user_id) in self.admins


class Desk:
    """One bot in some chats."""

    def __init__(self, application: Application, **settings: Any) -> None:
        self.application, self.context = application, application.context
        self.grants, self.members = Grants(), Members()
        self.settings = ChatSettings(**settings)
        self._numbers = count(1)
        self.bot = Bot(1, "ping_bot")
        self.now: Callable[[], float] = time.time
        self.use()

    def use(self, language: str = "en", zone: str = "", **settings: Any) -> None:
        """Another configuration."""
        self.settings = replace(self.settings, **settings)
        self.context.polling.config = ChatConfig(self.settings)
        self.commander = Commander(ChatTools(self.context, self.grants, self.members, language, zone))

    def allow(self, place: Place, person: Person, role: Role) -> None:
        self.grants.known[place.chat_id, person.user_id] = role

    # Monitors

    def add(self, number: int, name: str = "", place: Place = NOC, **more: Any) -> Monitor:
        chats = [place.chat_id, *more.pop("others", ())]
        params = {
            "ip_address": f"10.0.0.{number}",
            "name": name,
            "chat_id": chats if len(chats) > 1 else chats[0],
            "token": TOKEN,
        }
        return add_monitor(self.context, "root (uid 0)", params | more, verify=False).monitor

    def set_state(self, monitor: Monitor, state: State, minutes: float = 5.0) -> None:
        """As if the detector had found that out; its alarms are told."""
        since = time.time() - 60 * minutes
        worker = self.context.worker_pool.worker_of(monitor.address)
        assert worker is not None
        worker._change(
            [monitor.id], lambda one: replace(one, state=state, told=state, since=since, seen=since)
        )
        known = {State.UP: Known.UP, State.DOWN: Known.DOWN}.get(state)
        if known:
            event = Concluded(known, since, "no reply" if known is Known.DOWN else "")
            self.context.store.alarms.happen([Occurrence(monitor, (event,), time.time())])

    def down(self, *monitors: Monitor) -> None:
        for one in monitors:
            self.set_state(one, State.UP, 60)
            self.set_state(one, State.DOWN)

    def live(self, name: str) -> Monitor | None:
        found = self.context.worker_pool.monitors.labelled(name)
        return found[0] if found else None

    # Talking

    def send(
        self, text: str, person: Person = ANNA, place: Place = NOC, reply_to: int | None = None
    ) -> ChatAnswer | None:
        number = next(self._numbers)
        now = self.now()
        message = ChatMessage(number, place, number, now, person, text, reply_to)
        prepared = self.commander.prepare(self.bot, message, now)
        if prepared is None:
            return None
        return checked(prepared.run())

    def say(self, text: str, *args: Any, **more: Any) -> str:
        """The text of the answer, empty if there is none."""
        found = self.send(text, *args, **more)
        return found.text if found else ""

    def press(self, button: Button, person: Person = ANNA, place: Place | None = NOC) -> Pressed:
        number = next(self._numbers)
        press = ButtonPress(number, str(number), place, number, person, "")
        done = self.commander.prepare_press(self.bot, press, button, self.now()).run()
        assert len(done.toast) <= 200 and "<" not in done.toast
        for one in (done.replaces, done.sends):
            if one:
                checked(one)
        return done

    def tap(
        self, answer: ChatAnswer | None, label: str, person: Person = ANNA, place: Place = NOC
    ) -> Pressed:
        """Press the button that begins so."""
        assert answer is not None
        flat = [one for row in answer.keyboard for one in row]
        found = [one for one in flat if label in one.text]
        assert found, f"no button {label!r} in {flat}"
        return self.press(found[0], person, place)


def checked(answer: ChatAnswer) -> ChatAnswer:
    """Telegram would take it."""
    assert 0 < len(answer.text.encode("utf-16-le")) // 2 <= 4096
    plain = answer.text
    for tag in ("b", "code"):
        assert plain.count(f"<{tag}>") == plain.count(f"</{tag}>")
        plain = plain.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    assert "<" not in plain and ">" not in plain, answer.text
    assert len([one for row in answer.keyboard for one in row]) <= 100
    assert all(one.text and len(one.text) <= 64 for row in answer.keyboard for one in row)
    return answer
