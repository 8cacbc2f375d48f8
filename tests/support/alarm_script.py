"""An hour of people and devices, for the real daemon and the oracle alike: all that holds, tells, ends.

A hundred devices in ten tags; each tag has a part of its own, which another one has in the next hour.
"""

import json
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pingmon.client.connection import call
from pingmon.client.patience import set_patience
from pingmon.model.alarm_events import Closed, HoldBegan, HoldEnded
from pingmon.model.alarm_holds import OF_A_CHAT
from pingmon.model.alarm_rules import AT_ONCE
from pingmon.model.alarm_state import Hold, HoldKind
from pingmon.model.detection_settings import Options
from tests.support.alarm_oracle import (
    LATE_MOST,
    MINUTE,
    OPEN,
    Act,
    Expected,
    Oracle,
    Settings,
    Tells,
    Watched,
)
from tests.support.bot_api import TOKEN
from tests.support.fast_time import FACTS, FastTime
from tests.support.lab import Lab, Pingmon, until

PARTS = (
    "muted", "paused", "acked", "planned", "reminded", "escalated", "quiet", "off", "grouped", "deleted",
)  # fmt: skip
DEVICES = [f"10.0.{tag}.{number}" for tag in range(1, 11) for number in range(1, 11)]
GROUP, LATE = (1031, 1032), ((1021, 6), (1022, 12))  # chats; of the escalation with minutes
ADDED_CHAT = 1033
PLAN = {"interval": 30, "timeout": 20, "down_after": 2}
START = datetime(2026, 3, 2, 8, 55, tzinfo=UTC).timestamp()  # a Monday
SIGNS = {"🔴": "down", "🟢": "up", "⚪": "was down meanwhile", "🟡": "steady"}
WORDS = {
    "still down": "still_down",
    "not acknowledged any more": "unacknowledged",
    "acknowledged by": "acknowledged",
    "no more comes": "closed",
    "changes all the time": "flapping",
}


class Script:
    """Starts the daemon, and notes what is done as the oracle needs it."""

    def __init__(self, lab: Lab, pingmon: Pingmon, folder: Path, factor: float) -> None:
        self.lab, self.pingmon, self._facts = lab, pingmon, folder / "facts.jsonl"
        self.fast = FastTime(factor, time.time(), START)
        self.acts: list[Act] = []
        self.addresses: dict[str, str] = {}  # by ID
        self._config = folder / "alarms.toml"
        self._config.write_text(_configuration(folder))
        pingmon.pingmond = [sys.executable, "-m", "tests.support.fast_time"]
        pingmon.environment = self.fast.environment() | {FACTS: str(self._facts)}

    def start(self) -> None:
        self.pingmon.launch(f"--config={self._config}")
        self.pingmon.wait_answer(180)

    def call(self, method: str, **params: Any) -> Any:
        set_patience(90)
        try:
            return call(f"unix:{self.pingmon.socket}", method, params)
        finally:
            set_patience(None)

    def add(self, devices: Iterable[str]) -> None:
        """Their tags give the chats."""
        for one in devices:
            self.note(Watched({first_chat(one): AT_ONCE}), (one,))
            params = {"ip_address": one, "tags": [tag_of(one)], **PLAN}
            self.addresses[self.call("add_mon", verify=False, **params)["id"]] = one

    def note(
        self,
        what: Any,
        devices: Iterable[str],
        chats: tuple[int, ...] | None = None,
        at: float | None = None,
    ) -> float:
        """at: default now. Returns when."""
        at = self.fast.now() if at is None else at
        self.acts.append(Act(at, what, tuple(devices), chats))
        return at

    def wait_until(self, at: float) -> None:
        """at: by the fast clock."""
        time.sleep(max(0.0, self.fast.true(at) - time.time()))

    def all_up(self) -> bool:
        found = self.call("status")
        return bool(found["states"]["up"] == found["monitors"])

    def wait_down(self, devices: Iterable[str]) -> None:
        """Raises AssertionError, which says of all others what they are."""
        wanted = set(devices)

        def others() -> dict[str, str]:
            rows = [one for one in self.call("list_mon")["monitors"] if one["ip_address"] in wanted]
            return {
                one["ip_address"]: f"{one['state']} {one['reason']}"
                for one in rows
                if one["state"] != "down"
            }

        try:
            until(lambda: not others(), 120, "all to be down")
        except TimeoutError:
            raise AssertionError(f"{others()} {self.pingmon.log.read_text()[-5000:]}") from None

    def expected(self) -> list[Expected]:
        steps = [json.loads(line) for line in self._facts.read_text().splitlines()]
        return Oracle().play(self.acts, steps, self.addresses)

    def compare(self) -> list[Expected]:
        """That the chats were told just what they must be, which is returned."""
        wanted = self.expected()

        def have_come() -> bool:
            return sum(len(said(one["text"])) for one in self.pingmon.messages()) >= len(wanted)

        until(have_come, 60, f"{len(wanted)} lines")
        by_chat: dict[int, list[Expected]] = {}
        for one in wanted:
            by_chat.setdefault(one.chat, []).append(one)
        messages = self.pingmon.messages()
        assert {one["chat_id"] for one in messages} == by_chat.keys()
        for chat, its in by_chat.items():
            compare_chat(
                its, [one for one in messages if one["chat_id"] == chat], self.fast, self.pingmon
            )
        return wanted


def compare_chat(
    wanted: list[Expected], messages: list[dict[str, Any]], fast: FastTime, pingmon: Pingmon
) -> None:
    """In order, each once, soon; what is told together has no order."""
    left: dict[str, list[Expected]] = {}
    for one in wanted:
        left.setdefault(one.device, []).append(one)
    latest = 0.0
    for message in messages:
        told: dict[str, list[str]] = {}
        for device, kind in said(message["text"]):
            told.setdefault(device, []).append(kind)
        at, soonest = fast.wall(message["at"]), latest
        for device, kinds in told.items():
            mine, left[device] = left.get(device, [])[: len(kinds)], left.get(device, [])[len(kinds) :]
            context = f"{device}: {mine} {left[device]}\n{message}\n{pingmon.log.read_text()[-3000:]}"
            assert sorted(kinds) == sorted(one.kind for one in mine), context
            assert all(-2 * MINUTE < at - one.at < LATE_MOST for one in mine), context
            latest = max([latest, *(one.at for one in mine)])
            assert min(one.at for one in mine) > soonest - 2 * MINUTE, context
    assert not any(left.values()), left


def said(text: str) -> list[tuple[str, str]]:
    """Devices and kinds of what a message says of them."""
    found, sign = [], ""
    for line in text.splitlines():
        sign = line[0] if line[:1] in (*SIGNS, "🔵", "⚫") else sign
        if sign == "⚫":  # a starved machine can't see, and says so
            continue
        if device := re.search(r"\b10\.0\.\d+\.\d+\b", line):
            kind = next((kind for words, kind in WORDS.items() if words in line), SIGNS.get(sign, ""))
            found.append((device[0], kind))
    return found


class Hour:
    """What is done in one hour, which begins at `start` by the fast clock; it lasts 50 minutes."""

    def __init__(self, script: Script, number: int, start: float, has_crash: bool = False) -> None:
        self.script, self.start = script, start
        self._number, self._has_crash = number, has_crash
        self.plan_id = ""

    def play(self) -> None:
        steps: list[tuple[float, Callable[[], None]]] = [
            (0, self.give_settings),
            (2, self.plan_downtime),
            (3, self.mute_and_pause),
            (5, self.unplug_most),
            (8, lambda: self.acknowledge(self.of("escalated", 2))),
            (9, lambda: self.plug("muted", 4)),
            (10, self.delete_and_add_a_chat),
            (11.2, lambda: self.acknowledge(self.of("acked"))),
            (12, lambda: self.unplug("planned", 1, 2, 3)),
            (12.2, lambda: self.unplug("quiet", 1, 2, 3)),
            (14, self.take_the_chat_away),
            (15, lambda: self.plug("planned", 3)),
            (15.2, lambda: self.plug("quiet", 3)),
            (22, self.resume),
            (23.2, self.unacknowledge),
            *([(27.0, self.crash)] if self._has_crash else []),
            (39.2, self.plug_all),
            (44, self.take_settings_back),
            (46, lambda: self.script.add(self.of("deleted", 1, 9))),
        ]
        for minute, step in steps:
            self.script.wait_until(self.start + minute * MINUTE)
            step()

    def of(self, part: str, *numbers: int) -> list[str]:
        """The devices of a part, all or some."""
        tag = (PARTS.index(part) + self._number) % len(PARTS) + 1
        return [f"10.0.{tag}.{number}" for number in numbers or range(1, 11)]

    def plug(self, part: str, *numbers: int) -> None:
        self.script.lab.plug(*self.of(part, *numbers))

    def unplug(self, part: str, *numbers: int) -> None:
        self.script.lab.unplug(*self.of(part, *numbers))

    def give_settings(self) -> None:
        quiet = {"quiet_hours": self._hours(10, 20), "quiet_hold": True}
        self._set("acked", remind="4m")
        self._set("reminded", remind="3m,8m")
        self._set("escalated", escalation="late")
        self._set("quiet", **quiet)
        self._set("quiet", 1, **quiet, critical=True)
        self._set("off", expect_up=self._hours(15, 43))
        self._set("off", 4, may_be_off=True, expect_up="")
        self._set("grouped", group="both")

    def _hours(self, begin: int, end: int) -> str:
        """Of minutes of this hour."""
        both = (datetime.fromtimestamp(self.start + one * MINUTE, UTC) for one in (begin, end))
        return "-".join(f"{one:%H:%M}" for one in both)

    def _set(self, part: str, *numbers: int, **options: Any) -> None:
        devices = self.of(part, *numbers)
        at = self.script.fast.now()
        which: dict[str, Any] = {"id": devices} if numbers else {"tag": tag_of(devices[0])}
        self.script.call("edit_mon", **which, **options)
        found = Options(**{name: value for name, value in options.items() if value != ""})
        self.script.note(Settings(found), devices, at=at)
        if "group" in options or "escalation" in options:
            self._tell(devices)

    def _tell(self, devices: Iterable[str], *more: int, alone: bool = False) -> None:
        """Whom they tell from now on. more: chats besides. alone: their tags' only."""
        for one in devices:
            chats = dict[int, tuple[float, ...]].fromkeys((first_chat(one), *more), AT_ONCE)
            if not alone and one in self.of("grouped"):
                chats |= dict.fromkeys(GROUP, AT_ONCE)
            if not alone and one in self.of("escalated"):
                chats |= {chat: (minutes * MINUTE,) for chat, minutes in LATE}
            self.script.note(Tells(chats), (one,))

    def plan_downtime(self) -> None:
        devices = self.of("planned")
        begin = datetime.fromtimestamp(self.start + 10 * MINUTE, UTC)
        params = {"start": f"{begin:%Y-%m-%d %H:%M}", "for": "10m", "rrule": "FREQ=DAILY"}
        self.plan_id = self.script.call("downtime_add", tag=tag_of(devices[0]), **params)["id"]
        at = begin.timestamp()
        hold = Hold(HoldKind.MAINTENANCE, self.plan_id, at, at + 10 * MINUTE)
        self.script.note(HoldBegan(hold), devices, at=at + 0.5)

    def mute_and_pause(self) -> None:
        muted, grouped, paused = self.of("muted"), self.of("grouped"), self.of("paused", 1, 2, 3, 4)
        now, lasts = self.script.fast.now(), 15 * MINUTE
        self.script.call("mute", tag=tag_of(muted[0]), **{"for": "15m"})
        self.script.note(HoldBegan(Hold(HoldKind.MUTED, "", now, now + lasts)), muted, at=now)
        now = self.script.fast.now()
        self.script.call("mute", chat_id=GROUP[1], **{"for": "20m"}, comment="asleep")
        hold = Hold(HoldKind.MUTED, OF_A_CHAT, now, now + 20 * MINUTE)
        self.script.note(HoldBegan(hold), grouped, (GROUP[1],), at=now)
        now = self.script.fast.now()
        self.script.call("pause_mon", id=paused)
        self.script.note(HoldBegan(Hold(HoldKind.PAUSED, "", now)), paused, at=now)

    def unplug_most(self) -> None:
        """Until all but the paused ones are found down."""
        parts = ("muted", "paused", "acked", "reminded", "escalated", "off", "grouped")
        for part in parts:
            self.unplug(part, 1, 2, 3, 4)
        self.unplug("deleted", 1, 2)
        gone = [one for part in parts if part != "paused" for one in self.of(part, 1, 2, 3, 4)]
        gone += self.of("deleted", 1, 2)
        self.script.wait_down(gone)

    def acknowledge(self, devices: list[str]) -> None:
        which: dict[str, Any] = {"id": devices} if len(devices) < 10 else {"tag": tag_of(devices[0])}
        now = self.script.fast.now()
        self.script.call("ack", **which, comment="on it")
        hold = Hold(HoldKind.ACKNOWLEDGED, "", now, until_up=True, by="root", comment="on it")
        self.script.note(HoldBegan(hold), devices, at=now)

    def unacknowledge(self) -> None:
        devices = self.of("acked")
        now = self.script.fast.now()
        self.script.call("unack", tag=tag_of(devices[0]))
        self.script.note(HoldEnded(HoldKind.ACKNOWLEDGED), devices, at=now)

    def delete_and_add_a_chat(self) -> None:
        for one in self.of("deleted", 1, 9):
            self.script.note(Closed("root"), (one,))
            self.script.call("del_mon", id=one)
        (one,) = self.of("grouped", 1)
        # Its chat is given by its tag: it gets one of its own besides by another group.
        self.script.call("edit_mon", id=one, group="three")
        self._tell([one], ADDED_CHAT)

    def take_the_chat_away(self) -> None:
        (one,) = self.of("grouped", 1)
        self.script.call("edit_mon", id=one, group="both")
        self._tell([one])

    def resume(self) -> None:
        devices = self.of("paused")
        now = self.script.fast.now()
        self.script.call("resume_mon", tag=tag_of(devices[0]))
        self.script.note(HoldEnded(HoldKind.PAUSED), devices, at=now)

    def crash(self) -> None:
        self.script.pingmon.stop(signal.SIGKILL)
        self.script.start()

    def plug_all(self) -> None:
        for part in ("paused", "acked", "reminded", "escalated", "off", "grouped"):
            self.plug(part, 1, 2, 3, 4)
        for part, numbers in (("muted", (1, 2, 3)), ("planned", (1, 2)), ("quiet", (1, 2))):
            self.plug(part, *numbers)
        self.plug("deleted", 1, 2)
        until(self.script.all_up, 120, "all to be up")

    def take_settings_back(self) -> None:
        names = ["remind", "escalation", "quiet_hours", "quiet_hold", "critical", "expect_up"]
        names += ["may_be_off", "group"]
        parts = ("acked", "reminded", "escalated", "quiet", "off", "grouped")
        for part in parts:
            devices = self.of(part)
            now = self.script.fast.now()
            self.script.call("edit_mon", tag=tag_of(devices[0]), unset=names)
            self.script.note(Settings(OPEN), devices, at=now)
            self._tell(devices, alone=True)
        self.script.call("downtime_delete", id=self.plan_id)


def tag_of(device: str) -> str:
    return f"t{device.split('.')[2]}"


def first_chat(device: str) -> int:
    return 1010 + int(device.split(".")[2])


def _configuration(folder: Path) -> str:
    token = folder / "token"
    token.write_text(TOKEN)
    lines = ['uplink = []\ntime_zone = "UTC"', f'[bots.home]\ntoken_file = "{token}"']
    for name, chats in (("both", GROUP), ("three", (*GROUP, ADDED_CHAT))):
        lines += [f'[[groups.{name}]]\nbot = "home"\nchat_id = {one}' for one in chats]
    for chat, minutes in LATE:
        lines.append(f'[[escalation.late]]\nafter = "{minutes}m"\nbot = "home"\nchat_id = {chat}')
    for number in range(1, 11):
        lines.append(f'[tags.t{number}]\nbot = "home"\nchat_id = {1010 + number}')
    return "\n".join(lines) + "\n"
