"""Commands from chats: how fast they are answered, what they cost, and what an attack does.

The stand-in Bot API answers each request after 50 ms, as the real one does from afar.
"""

import itertools
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.bot_api import BOT_ID, TOKEN
from tests.support.bot_chat import RemoteChat
from tests.support.chat_kills import ChatKills
from tests.support.hostile_updates import hostile_updates
from tests.support.lab import Lab, Pingmon, until

from benchmarks import process
from benchmarks.fleet import Field, ipv4
from benchmarks.report import Options, goals, quantile, spread

LATENCY = 0.05  # s
FIRST_CHAT, CHATS, QUIET_CHAT = 1001, 100, 1290
FIRST_USER = 5_000
COMMANDS = ("/status", "/list down", "/explain {device}", "/mute {device} 1h", "/unmute {device}", "/id")
BOTS = 50


class Crowd:
    """People in chats of which each has some of the devices."""

    def __init__(self, made: Field, devices: int) -> None:
        self.pingmon, self._each = made.pingmon, max(1, devices // CHATS)
        self.chat = RemoteChat(made.pingmon.directory / "chat.sock")
        self._next = itertools.count()

    def say(self) -> tuple[int, float]:
        """Number of the message, and when it was sent."""
        number = next(self._next)
        chat, line = number % CHATS, COMMANDS[number // CHATS % len(COMMANDS)]
        device = f"device-{chat * self._each}"
        user = FIRST_USER + number // CHATS % 5
        began = time.time()
        return self.chat.write(line.format(device=device), FIRST_CHAT + chat, user), began

    def talk(self, rate: float, seconds: float) -> dict[int, float]:
        """Commands at a steady rate: message → when it was sent."""
        sent, began = {}, time.monotonic()
        for number in range(int(rate * seconds)):
            message, at = self.say()
            sent[message] = at
            time.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
        return sent

    def answers(self) -> dict[int, float]:
        """Message → when it was answered first."""
        found: dict[int, float] = {}
        for one in self.pingmon.messages():
            replied = one.get("reply_parameters", {}).get("message_id")
            if replied is not None:
                found.setdefault(replied, one["at"])
        return found


@contextmanager
def talking(devices: int, interval: float = 1.0) -> Iterator[tuple[Field, Crowd]]:
    """Devices in a hundred chats in which all are admins, and one more in a chat where nobody talks."""
    lab = Lab()
    with tempfile.TemporaryDirectory(prefix="pingmon-bench-") as directory:
        made = Field(lab, Path(directory))
        try:
            made.pingmon.start_api(f"delay={LATENCY}", "updates=0")
            made.pingmon.start()
            addresses, each = ipv4(devices + 1), max(1, devices // CHATS)
            rows = [
                {
                    "ip_address": address,
                    "name": f"device-{number}",
                    "chat_id": str(FIRST_CHAT + min(CHATS - 1, number // each)),
                    "token": TOKEN,
                    "interval": interval,
                }
                for number, address in enumerate(addresses)
            ]
            rows[-1] |= {"chat_id": str(QUIET_CHAT), "down_after": 3, "timeout": 0.5}
            for start in range(0, len(rows), 500):
                answer = made.call("import_mon", monitors=rows[start : start + 500], verify=False)
                assert not answer["errors"], answer["errors"][:3]
            for chat in range(CHATS):
                made.call("chat_allow", chat_id=FIRST_CHAT + chat, role="admin")
            made.call("chat_enable")
            made.wait("up", len(rows), 60 + devices / 50)
            yield made, Crowd(made, devices)
        finally:
            made.pingmon.close()
            lab.close()


def speed(options: Options) -> str:
    """5,000 targets at 1 s: until an answer arrives; and an alarm while 100 commands come a second."""
    devices, seconds = options.targets(5_000), options.span(60)
    with talking(devices) as (made, crowd):
        time.sleep(options.span(20))
        sent = crowd.talk(2.0 if not options.quick else 5.0, seconds)
        until(lambda: sent.keys() <= crowd.answers().keys(), 30.0, what="all answers")
        answered = crowd.answers()
        took = [answered[one] - at for one, at in sent.items()]
        quiet = [alarm(made) for _ in range(options.times)]
        stop, flood = threading.Event(), 0

        def chatter() -> None:
            nonlocal flood
            while not stop.is_set():
                flood += len(crowd.talk(100.0, 1.0))

        thread = threading.Thread(target=chatter)
        thread.start()
        began = time.monotonic()
        time.sleep(options.span(5))
        loud = [alarm(made) for _ in range(options.times)]
        stop.set()
        thread.join()
        rate = flood / (time.monotonic() - began)
    what = f"{devices:,} targets at 1 s, Bot API 50 ms away"
    return goals(
        [
            (
                f"{what}: from a command to its answer, p95 ({len(took)} commands)",
                "≤ 0.5 s",
                f"{quantile(took, 0.95):.2f} s (median {statistics.median(took):.2f} s)",
            ),
            ("the same: from the cut of a cable to the alarm, nobody talks", "-", f"{spread(quiet)} s"),
            (f"the same, {rate:.0f} commands a second in other chats", "as fast", f"{spread(loud)} s"),
        ]
    )


def alarm(made: Field) -> float:
    """Seconds from the cut of a cable until the chat where nobody talks has the alarm."""
    address = made.monitors()[-1]["ip_address"]

    def told() -> list[float]:
        messages = made.pingmon.messages()
        return [one["at"] for one in messages if one["chat_id"] == QUIET_CHAT]

    before = len(told())
    began = time.time()
    made.lab.unplug(address)
    until(lambda: len(told()) > before, 60.0, what="the alarm")
    took = told()[before] - began
    made.lab.plug(address)
    until(lambda: len(told()) > before + 1, 60.0, what="the end of the alarm")
    return took


def idle(options: Options) -> str:
    """50 bots that are polled, and nobody writes."""
    seconds = options.span(150)
    with tempfile.TemporaryDirectory(prefix="pingmon-bench-") as directory:
        lab = Lab()
        pingmon = Pingmon(lab, Path(directory))
        try:
            pingmon.start_api(f"delay={LATENCY}", "updates=0")
            tokens = [f"{BOT_ID + one}:{TOKEN.partition(':')[2]}" for one in range(BOTS)]
            lines = []
            for number, token in enumerate(tokens):
                file = Path(directory) / f"token{number}"
                file.write_text(token)
                file.chmod(0o600)
                lines.append(f'[bots.b{number}]\ntoken_file = "{file}"\ncommands = true\n')
            config = Path(directory) / "pingmon.toml"

            def used(text: str) -> float:
                """CPU seconds of one second."""
                config.write_text(text)
                pingmon.start(f"--config={config}")
                assert pingmon.daemon
                time.sleep(options.span(20))
                before, began = process.cpu(pingmon.daemon.pid), time.monotonic()
                time.sleep(seconds)
                share = (process.cpu(pingmon.daemon.pid) - before) / (time.monotonic() - began)
                pingmon.stop()
                return share

            without = used("")
            polled = used("".join(lines))
        finally:
            pingmon.close()
            lab.close()
    return goals(
        [
            (
                f"{BOTS} bots polled, nobody writes, {seconds:.0f} s: CPU beyond that of an idle daemon",
                "< 1 % of a core",
                f"{(polled - without) * 100:.2f} % ({without * 100:.2f} % without)",
            )
        ]
    )


def attack(options: Options) -> str:
    """100,000 hostile updates."""
    count = 500 if options.quick else 100_000
    with talking(10, interval=10.0) as (made, crowd):
        for chat in range(CHATS):
            made.call("chat_deny", chat_id=FIRST_CHAT + chat)
        before = [(one["id"], one["name"], one["held"]) for one in made.monitors()]
        journal = made.call("log", limit=1)["entries"][0]["at"]
        memory, log = list[int](), made.pingmon.log.stat().st_size
        began = time.monotonic()
        for number, update in enumerate(hostile_updates(7, count), 1):
            crowd.chat.hear(update)
            if not number % (count // 10):
                until(lambda: not crowd.chat.unread(), 600.0, what="the updates to be handled")
                memory.append(process.resident(made.pid))
        took = time.monotonic() - began
        after = [(one["id"], one["name"], one["held"]) for one in made.monitors()]
        said = made.pingmon.log.stat().st_size - log
        changed = "nothing" if before == after else "SOMETHING"
        if made.call("log", limit=1)["entries"][0]["at"] != journal:
            changed = "SOMETHING"
        health = made.status()["health"]
    return goals(
        [
            (f"{count:,} hostile updates, {took:.0f} s: what they changed", "nothing", changed),
            (
                "the same: memory after a tenth of them, and after all",
                "flat",
                f"{memory[0] / 1024:.1f} and {memory[-1] / 1024:.1f} MiB",
            ),
            ("the same: written to the log", "bounded", f"{said / 1024:.0f} KiB"),
            ("the same: health", "ok", str(health)),
        ]
    )


def kills(options: Options) -> str:
    """200 times kill -9 at a random moment of commands."""
    rounds = 2 if options.quick else 200
    lab = Lab()
    with tempfile.TemporaryDirectory(prefix="pingmon-bench-") as directory:
        pingmon = Pingmon(lab, Path(directory))
        played = ChatKills(pingmon, rounds, seed=1)
        try:
            played.start()
            done = played.run()
        finally:
            played.close()
            pingmon.close()
            lab.close()
    effects = json.dumps(dict(sorted(done.effects.items())))
    return goals(
        [
            (
                f"{rounds} times kill -9, {done.commands} commands: how often each took effect",
                f'{{"1": {done.commands}}}',
                effects,
            ),
            (
                "the same: answered at least once; more than once",
                f"{done.commands}; -",
                f"{done.answered}; {done.repeated}",
            ),
        ]
    )
