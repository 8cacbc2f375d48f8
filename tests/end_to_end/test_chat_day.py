"""A day of a chat: the real daemon on real packets, a stand-in for Telegram, and people."""

import json
import re
from typing import Any

from tests.support.bot_chat import ANNA, BORIS, CLARA
from tests.support.lab import Lab, Pingmon, until

NOC, TOPICS, RUSSIAN = 1001, -100500, -1002  # groups may be written to more slowly
ROUTER, PRINTER, CAMERA = "10.0.0.1", "10.0.0.2", "10.0.0.3"


class Day:
    """What is said in chats, and what is seen of it."""

    def __init__(self, pingmon: Pingmon) -> None:
        self.pingmon, self.chat = pingmon, pingmon.chat

    def say(self, text: str, user: int = ANNA, chat: int = NOC, **more: Any) -> dict[str, Any]:
        """The answer, as it is when it comes."""
        number = self.chat.write(text, chat, user, **more)
        found: list[dict[str, Any]] = []

        def answered() -> bool:
            found[:] = [
                one
                for one in self.pingmon.messages()
                if one.get("reply_parameters", {}).get("message_id") == number
            ]
            return bool(found)

        until(answered, 20.0, f"an answer to {text}")
        assert len(found) == 1 and found[0]["chat_id"] == chat
        return found[0]

    def shown(self, *words: str, chat: int = NOC) -> dict[str, Any]:
        """The newest message with all these words, as it is now."""
        found: list[dict[str, Any]] = []

        def is_there() -> bool:
            found[:] = [
                one
                for one in self.chat.sent()
                if one["chat"]["id"] == chat and all(word in one["text"] for word in words)
            ]
            return bool(found)

        until(is_there, 20.0, f"a message with {words}")
        return found[-1]

    def press(self, label: str, message: dict[str, Any], user: int = ANNA, chat: int = NOC) -> str:
        """What the one who pressed is told."""
        query = self.chat.press(label, message["message_id"], chat, user)
        return str(self.chat.answer_of(query)["text"])

    def labels(self, message: dict[str, Any]) -> list[str]:
        keyboard = message.get("reply_markup", {}).get("inline_keyboard", ())
        return [one["text"] for row in keyboard for one in row]

    def state(self, address: str) -> dict[str, Any]:
        return self.pingmon.monitors()[address]


def test_a_day_of_a_chat(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    token = ("--chat_id", str(NOC), "--ip_address", ROUTER, "--name", "router", "--interval", "1")
    pingmon.ctl("add-mon", *token)
    pingmon.ctl("chat", "enable", "--bot", "ping_bot")
    pingmon.ctl("chat", "allow", f"--chat_id={NOC}", f"--user_id={ANNA}", "--role", "admin")
    day = Day(pingmon)

    # Morning: a stranger elsewhere, ids, help, the list.
    stranger = day.say("/start", BORIS, -1003)
    assert f"--chat_id=-1003 --user_id={BORIS}" in stranger["text"]
    assert "pingmon works" in day.say("/status", BORIS)["text"]
    assert "/mute printer until 18:00" in day.say("/help mute")["text"]
    assert str(NOC) in day.say("/id@ping_bot")["text"]

    # A device is added, answers, and the answer says so.
    added = day.say(f"/add {PRINTER} printer every 1s behind router.")
    assert "is watched now, every 1 s" in added["text"] and added.get("parse_mode") == "HTML"
    answers = day.shown("printer", "answers in")
    pingmon.wait_state("up", ROUTER, PRINTER)
    assert answers["reply_markup"] and "<code>" in answers["text"]
    assert "1 up" in day.say("/list printer")["text"]

    # It goes down: acknowledged by its button, muted by a reply, explained, reminded.
    lab.unplug(PRINTER)
    alarm = day.shown("🔴", "printer", "is down")
    assert "needs the role operate" in day.press("Acknowledge", alarm, BORIS)
    day.press("Acknowledge", alarm)
    day.shown("printer", "Anna takes care")
    until(lambda: (day.state(PRINTER)["held"] or {}).get("why") == "acknowledged", what="the hold")
    assert "muted in this chat" in day.say("/mute на 2 часа", reply_to=alarm["message_id"])["text"]
    assert "acknowledged by Anna" in day.say("/explain printer")["text"]
    assert "after 30 min" in day.say("/remind printer 30m")["text"]
    assert "not muted any more" in day.say("/unmute")["text"]
    lab.plug(PRINTER)
    day.shown("🟢", "printer", "is up again")

    # Paused and resumed; a foreign device, a wrong word, a question with buttons.
    assert "paused" in day.say("/pause printer new toner")["text"]
    until(lambda: "⏸" in day.say("/list printer")["text"], what="the pause to be seen")
    assert "probed again" in day.say("/resume")["text"]
    assert "no device" in day.say("/stop 10.0.0.77")["text"]
    day.say("/explain")
    day.press("🟢 router 10.0.0.1", day.shown("Which device?"))
    day.shown("router</b> (10.0.0.1): up")

    # Stopped and taken back: the same ID, behind the same router.
    before = day.state(PRINTER)
    asked = day.say("/stop printer")
    assert day.labels(asked) == ["Stop watching", "Keep"]
    question = day.shown("Stop watching", "printer")
    day.press("Stop watching", question)
    gone = day.shown("printer", "not watched any more")
    assert PRINTER not in pingmon.monitors() and day.labels(gone) == ["Undo"]
    day.press("Undo", gone)
    day.shown("printer", "watched again")
    pingmon.wait_state("up", PRINTER)
    after = day.state(PRINTER)
    assert (after["id"], after["parent"]) == (before["id"], before["parent"])

    # A topic, Russian, pages.
    pingmon.ctl("chat", "allow", f"--chat_id={TOPICS}", f"--user_id={ANNA}", "--role", "admin")
    in_topic = day.say(f"/add@ping_bot {CAMERA} camera", chat=TOPICS, thread=77)
    assert in_topic["message_thread_id"] == 77 and day.state(CAMERA)["thread_id"] == 77
    pingmon.ctl("add-mon", f"--chat_id={RUSSIAN}", "--ip_address", "10.0.1.1", "--name", "роутер")
    pingmon.ctl("chat", "allow", f"--chat_id={RUSSIAN}", f"--user_id={CLARA}", "--role", "operate")
    assert "1 устройство" in day.say("/список", CLARA, RUSSIAN)["text"]
    assert "в этом чате заглушено" in day.say("/тихо роутер на 2 часа", CLARA, RUSSIAN)["text"]
    assert "нужна роль admin" in day.say("/удали роутер", CLARA, RUSSIAN)["text"]
    rows = "".join(f"10.0.2.{n},box {n:02},{NOC}\n" for n in range(1, 21))
    (pingmon.directory / "boxes.csv").write_text("ip_address,name,chat_id\n" + rows)
    pingmon.ctl("import", str(pingmon.directory / "boxes.csv"))
    assert day.labels(day.say("/list box")) == ["1/2 🔄", "▶"]
    day.press("▶", day.shown("20 devices"))
    until(lambda: "2/2 🔄" in day.labels(day.shown("20 devices")), 20.0, "the second page")

    # Evening: who did what.
    entries = json.loads(pingmon.ctl("log", "-o", "json").stdout)["entries"]
    actors = {one["actor"] for one in entries if one["action"] in ("del_mon", "ack", "pause_mon")}
    assert actors == {f"Anna (@anna, user {ANNA}) in chat {NOC}"}
    assert not re.search(r"Traceback|ERROR", pingmon.log.read_text())
