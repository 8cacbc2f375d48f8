"""The daemon is killed at random moments of commands: what each did, and whether it was answered."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass

from tests.support.bot_api import TOKEN
from tests.support.bot_chat import RemoteChat
from tests.support.lab import Pingmon, until
from tests.support.paths import ROOT

FIRST_CHAT = 1001  # each round has a chat of its own
ACTIONS = ("add_mon", "mute", "unmute", "pause_mon", "resume_mon")
STOP = "Stop watching"
LATEST_KILL = 1.0  # s after the commands were sent


@dataclass(frozen=True, slots=True)
class Outcome:
    """commands: that were sent. effects: of each, how often it took effect. answered: of how many."""

    commands: int
    effects: Counter[int]
    answered: int
    repeated: int


class ChatKills:
    """`start` first, then any number of `round`s, then `outcome`."""

    def __init__(self, pingmon: Pingmon, rounds: int, seed: int) -> None:
        self.pingmon, self.rounds, self._chance = pingmon, rounds, random.Random(seed)
        control = pingmon.directory / "chat.sock"
        pingmon.start_api("updates=0")
        self.chat = RemoteChat(control)
        until(control.exists, what="the stand-in")
        token, self.config = pingmon.directory / "token", pingmon.directory / "pingmon.toml"
        token.write_text(TOKEN)
        token.chmod(0o600)
        allowed = "".join(
            f'[[chat.allow]]\nchat_id = "{FIRST_CHAT + one}"\nrole = "admin"\n' for one in range(rounds)
        )
        self.config.write_text(f'[bots.home]\ntoken_file = "{token}"\ncommands = true\n{allowed}')
        self._mother: subprocess.Popen[bytes] | None = None
        self._child = 0
        self.sent: dict[int, tuple[int, int]] = {}  # message_id → chat, index of its action

    def start(self) -> None:
        state = self.pingmon.directory / "state"
        command = [
            *("ip", "netns", "exec", self.pingmon.lab.here),
            *(sys.executable, "-m", "tests.support.reborn"),
            f"--config={self.config}",
            f"--socket={self.pingmon.socket}",
            f"--state-dir={state}",
            f"--telegram-api-url={self.pingmon.url}",
        ]
        with self.pingmon.log.open("ab") as log:
            pipe = subprocess.PIPE
            self._mother = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=log)
        self._child = self._born()
        # A kill during the migration leaves a helper that keeps the lock for a moment.
        until(lambda: b"watches" in self.pingmon.log.read_bytes(), what="the database to be made")

    def _born(self) -> int:
        assert self._mother and self._mother.stdout
        return int(self._mother.stdout.readline())

    def kill(self) -> None:
        os.kill(self._child, signal.SIGKILL)

    def close(self) -> None:
        if self._mother:
            self._mother.kill()
            self.kill()
            self._mother.wait()

    def _again(self) -> None:
        self.kill()
        assert self._mother and self._mother.stdin
        self._mother.stdin.write(b"\n")
        self._mother.stdin.flush()
        self._child = self._born()

    def run(self) -> Outcome:
        for number in range(self.rounds):
            self._round(number)
        until(lambda: not self.chat.unread(), 60.0, what="all commands to be handled")
        until(lambda: len(self._answered()) == len(self.sent), 60.0, what="all commands to be answered")
        return self._outcome()

    def _round(self, number: int) -> None:
        chat, name = FIRST_CHAT + number, f"device-{number}"
        lines = (
            self._add(number),
            f"/mute {name} 1h",
            f"/unmute {name}",
            f"/pause {name}",
            f"/resume {name}",
        )
        for index, line in enumerate(lines):
            self.sent[self.chat.write(line, chat)] = chat, index
        time.sleep(self._chance.uniform(0.0, LATEST_KILL))
        self._again()

    def press(self) -> Outcome:
        """Likewise of a button: each round deletes its device, once it was asked whether it shall."""
        for number in range(self.rounds):
            self.chat.write(self._add(number), FIRST_CHAT + number)
            self.chat.write(f"/stop device-{number}", FIRST_CHAT + number)
        questions = [self._question(FIRST_CHAT + number) for number in range(self.rounds)]
        for number, question in enumerate(questions):
            self.chat.press(STOP, question, FIRST_CHAT + number)
            time.sleep(self._chance.uniform(0.0, LATEST_KILL / 2))
            self._again()
        until(lambda: not self.chat.unread(), 60.0, what="all presses to be handled")

        def told() -> int:
            edited = {(one["chat_id"], one["message_id"]) for one in self.chat.edited()}
            replied = {
                (one["chat_id"], one.get("reply_parameters", {}).get("message_id"))
                for one in self.pingmon.messages()
            }
            asked = ((FIRST_CHAT + number, one) for number, one in enumerate(questions))
            return sum(one in edited | replied for one in asked)

        until(lambda: told() == self.rounds, 60.0, what="all presses to be answered")
        done = self._journal()
        effects = Counter(done[str(FIRST_CHAT + one), "del_mon"] for one in range(self.rounds))
        return Outcome(self.rounds, effects, told(), 0)

    def _question(self, chat: int) -> int:
        """Number of the message in a chat that has the button."""
        found = list[int]()

        def look() -> bool:
            found[:] = [
                one["message_id"]
                for one in self.chat.sent()
                if one["chat"]["id"] == chat and "Stop watching <b>" in one["text"]
            ]
            return bool(found)

        until(look, 60.0, what=f"the question in chat {chat}")
        return found[0]

    @staticmethod
    def _add(number: int) -> str:
        return f"/add 10.0.{number // 250}.{number % 250 + 1} device-{number}"

    def _journal(self) -> Counter[tuple[str, str]]:
        """How often, by chat and action."""
        database = self.pingmon.directory / "state" / "pingmon.db"
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            rows = connection.execute("SELECT actor, action FROM journal").fetchall()
        return Counter((actor.rpartition(" ")[2], action) for actor, action in rows)

    def _answered(self) -> set[int]:
        replies = (one.get("reply_parameters", {}).get("message_id") for one in self.pingmon.messages())
        return {one for one in replies if one in self.sent}

    def _outcome(self) -> Outcome:
        done = self._journal()
        effects = Counter(done[str(chat), ACTIONS[index]] for chat, index in self.sent.values())
        replies = Counter(
            one["reply_parameters"]["message_id"]
            for one in self.pingmon.messages()
            if "reply_parameters" in one
        )
        repeated = sum(count > 1 for one, count in replies.items() if one in self.sent)
        return Outcome(len(self.sent), effects, len(self._answered()), repeated)
