"""Every change reaches its chat: crashes, storms, long outages, a locked database."""

import json
import os
import random
import re
import signal
import sqlite3
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.monitor import MonitorRequest
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.store import Store
from tests.end_to_end.test_daemon import add_many, states
from tests.support.bot_api import TOKEN
from tests.support.bot_chat import ANNA
from tests.support.channels import KINDS, new_sender, other_side
from tests.support.extra_kinds.directory_channel import MARKER, messages
from tests.support.lab import Lab, Pingmon, until
from tests.support.other_sides import Receiver

ROUNDS = int(os.environ.get("PINGMON_CRASH_ROUNDS", "60"))  # of the Bot API; make bench runs more
QUICK = ("--interval", "0.2", "--timeout", "0.2", "--down_after", "2")


def told(message: str) -> dict[str, int]:
    """Device → how many changes of it a message tells."""
    counts: dict[str, int] = {}
    for line in message.splitlines():
        if single := re.search(r"(?:<b>)?(10\.[0-9.]+)(?:</b>)? is (down|up)", line):
            counts[single[1]] = counts.get(single[1], 0) + 1
        elif several := re.match(r"• (10\.[0-9.]+) (\d+) times?, for", line):
            counts[several[1]] = counts.get(several[1], 0) + 2 * int(several[2])
        elif once := re.match(r"• (10\.[0-9.]+) .*UTC, for ", line):
            counts[once[1]] = counts.get(once[1], 0) + 2
        elif again := re.match(r"• (10\.[0-9.]+) .*, (\d+) times$", line):
            counts[again[1]] = counts.get(again[1], 0) + int(again[2])
        elif one := re.match(r"• (10\.[0-9.]+) ", line):
            counts[one[1]] = counts.get(one[1], 0) + 1
    return counts


class MisbehavingBotApi:
    """It loses requests and answers, fails and limits, by itself."""

    rounds = ROUNDS

    def __init__(self, pingmon: Pingmon) -> None:
        self.pingmon = pingmon
        pingmon.start_api("chaos")
        self.channel = ("--chat_id", "1001")

    def change(self, chance: random.Random) -> None:
        pass

    def behave(self) -> None:
        pass

    def check(self) -> None:
        pass

    def messages(self) -> list[tuple[float, str, bool]]:
        """When (epoch seconds) which text arrived, and whether the answer was lost."""
        return [(one["at"], one["text"], one["lost"]) for one in self.pingmon.messages()]


class MisbehavingChat(MisbehavingBotApi):
    """Besides, people ask and acknowledge there all the time."""

    rounds = ROUNDS // 15

    def __init__(self, pingmon: Pingmon) -> None:
        super().__init__(pingmon)
        self.asked = list[int]()

    def change(self, chance: random.Random) -> None:
        if not self.asked:
            self.pingmon.ctl("chat", "enable")
            self.pingmon.ctl("chat", "allow", "--chat_id=1001", f"--user_id={ANNA}", "--role=operate")
        self.asked.append(self.pingmon.chat.write("/status"))
        self.pingmon.chat.press("Acknowledge")

    def messages(self) -> list[tuple[float, str, bool]]:
        """Without answers, which may name devices, too."""
        replies = [(one, one.get("reply_parameters", {})) for one in self.pingmon.messages()]
        alarms = [one for one, reply in replies if reply.get("message_id", 0) not in self.asked]
        return [(one["at"], one["text"], one["lost"]) for one in alarms]

    def check(self) -> None:
        """All was answered, and no message of an outage that is over asks to be acknowledged."""

        def left() -> int:
            query = "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND expires > unixepoch()"
            with closing(sqlite3.connect(self.pingmon.directory / "state" / "pingmon.db")) as database:
                return int(database.execute(query).fetchone()[0])

        until(lambda: left() == 0, 120, "all answers and edits to be sent")
        answered = {one.get("reply_parameters", {}).get("message_id") for one in self.pingmon.messages()}
        assert set(self.asked) <= answered
        known = "SELECT DISTINCT message_id FROM outbox WHERE key IS NOT NULL AND expires IS NULL"
        with closing(sqlite3.connect(self.pingmon.directory / "state" / "pingmon.db")) as database:
            numbers = [row[0] for row in database.execute(known) if row[0]]
        assert numbers and self.pingmon.chat.edited()
        for number in numbers:  # of a message that came twice the first is not known
            assert "Acknowledge" not in self.pingmon.chat.buttons(1001, number)


class MisbehavingDirectory:
    """It is full every now and then."""

    rounds = ROUNDS // 4

    def __init__(self, pingmon: Pingmon) -> None:
        self.directory = pingmon.directory / "messages"
        self.directory.mkdir()
        pingmon.use_extra_kinds()
        self.channel = ("--message_directory", str(self.directory))

    def change(self, chance: random.Random) -> None:
        if chance.random() < 0.5:
            (self.directory / MARKER).touch()
        else:
            self.behave()

    def behave(self) -> None:
        (self.directory / MARKER).unlink(missing_ok=True)

    def check(self) -> None:
        pass

    def messages(self) -> list[tuple[float, str, bool]]:
        return [(at / 1e9, text, False) for at, text in messages(self.directory)]


class MisbehavingReceiver:
    """Of a kind whose account is a URL: it loses requests and answers, fails and limits, by itself."""

    rounds = ROUNDS // 6
    kind, module = "webhook", "webhook_receiver"
    url = "http://127.0.0.1:8090/hook"

    def __init__(self, pingmon: Pingmon) -> None:
        file = pingmon.directory / "pingmon.toml"
        file.write_text(f"uplink = []\n[{self.kind}]\nallow_private = true\n")
        pingmon.environment["PINGMON_CONFIG"] = str(file)
        self.receiver = Receiver(pingmon, self.module, 8090, "chaos")
        self.channel = (f"--{self.kind}", self.url)

    def change(self, chance: random.Random) -> None:
        pass

    def behave(self) -> None:
        self.receiver.restart()

    def check(self) -> None:
        pass

    def messages(self) -> list[tuple[float, str, bool]]:
        return [(one["at"], one["text"], one["lost"]) for one in self.receiver.messages()]


class MisbehavingWebhook(MisbehavingReceiver):
    def check(self) -> None:
        """What comes twice has the same id, and what differs has another one."""
        arrived = self.receiver.messages()
        told = [(one["id"], json.dumps(one["events"], sort_keys=True)) for one in arrived]
        assert len(set(told)) == len({key for key, _ in told}) == len({events for _, events in told})
        lost = [one for one in arrived if one["lost"]]
        again = [one for one in lost if sum(other["id"] == one["id"] for other in arrived) > 1]
        print(f"{len(lost)} answers lost, {len(again)} of these came again with the same id")


class MisbehavingMailServer(MisbehavingReceiver):
    """A mail is lost when its answer is, which the same Message-ID then shows."""

    rounds = ROUNDS // 8

    def __init__(self, pingmon: Pingmon) -> None:
        file = pingmon.directory / "pingmon.toml"
        lines = ("uplink = []", "[smtp]", 'host = "127.0.0.1"', "port = 8025", 'security = "none"')
        file.write_text("\n".join((*lines, 'from = "pingmon@example.org"', "")))
        pingmon.environment["PINGMON_CONFIG"] = str(file)
        self.receiver = Receiver(pingmon, "mail_receiver", 8025, "chaos")
        self.channel = ("--email", "anna@example.org")

    def check(self) -> None:
        numbers = [one["id"] for one in self.receiver.messages()]
        lost = {one["id"] for one in self.receiver.messages() if one["lost"]}
        print(f"{len(lost)} answers lost, {sum(numbers.count(one) > 1 for one in lost)} mails came again")


class MisbehavingService(MisbehavingReceiver):
    """ntfy, by Apprise."""

    rounds = ROUNDS // 12
    kind, module = "apprise", "services"
    url = "ntfy://127.0.0.1:8090/topic"


@pytest.mark.long
@pytest.mark.timeout(600 + 4 * ROUNDS)
@pytest.mark.parametrize(
    "misbehaving",
    [
        MisbehavingBotApi,
        MisbehavingDirectory,
        MisbehavingChat,
        MisbehavingMailServer,
        MisbehavingWebhook,
        MisbehavingService,
    ],
)
def test_killed_at_any_moment_with_another_side_that_misbehaves(
    lab: Lab,
    pingmon: Pingmon,
    misbehaving: type[MisbehavingBotApi | MisbehavingDirectory | MisbehavingReceiver],
) -> None:
    """Many times kill -9: nothing is lost, doubled only where an answer was lost, order kept."""
    chance = random.Random(5)
    devices = [f"10.0.0.{number}" for number in range(1, 6)]
    side = misbehaving(pingmon)
    pingmon.start()
    for address in devices:
        pingmon.ctl("add-mon", *side.channel, "--ip_address", address, *QUICK, "--no_verify")
    pingmon.wait_state("up", *devices)
    silent: set[str] = set()
    kills = []
    for _ in range(side.rounds):
        side.change(chance)
        for address in chance.sample(devices, 2):
            (lab.plug if address in silent else lab.unplug)(address)
            silent ^= {address}
        time.sleep(chance.random() * 2.0)  # the moment of the crash is what varies
        kills.append(time.time())
        pingmon.stop(signal.SIGKILL)
        pingmon.start()
    side.behave()
    if silent:
        lab.plug(*silent)
    pingmon.wait_state("up", *devices)

    def waiting() -> int:
        count: int = pingmon.status()["outbox"]["waiting"]
        return count

    until(lambda: waiting() == 0, 300, "the outbox to be empty")
    side.check()
    pingmon.stop()
    with sqlite3.connect(pingmon.directory / "state" / "pingmon.db") as database:
        rows = database.execute("SELECT event FROM outbox WHERE expires IS NULL ORDER BY id").fetchall()
    database.close()
    events = [json.loads(row[0]) for row in rows]
    seen: dict[str, int] = {}
    arrived = side.messages()
    for _, text, _ in arrived:
        for address, count in told(text).items():
            seen[address] = seen.get(address, 0) + count
    lost = sum(answer_lost for _, _, answer_lost in arrived)
    doubled = 0
    for address in devices:
        mine = [event for event in events if event["address"] == address]
        changes = [event for event in mine if event["kind"] == "change"]
        after = [event["after"] for event in changes]
        count = seen.get(address, 0)
        assert count >= len(changes), f"{address}: {count} of {len(changes)} told"
        if len(changes) == len(mine):  # flapping hides changes
            assert all(a != b for a, b in pairwise(after))
        doubled += count - len(changes)
    print(f"{len(events)} changes, {len(arrived)} messages, {lost} answers lost, {doubled} doubled")
    assert len(events) >= side.rounds / 4
    # What may be told twice: where the answer was lost, or the daemon was killed before it took it.
    excused = 0
    for at, text, answer_lost in arrived:
        killed = any(-0.1 <= kill - at <= 1.0 for kill in kills)
        excused += sum(told(text).values()) if killed or answer_lost else 0
    assert doubled <= excused


def test_50_bots_and_200_chats_are_told_within_seconds(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start_api("limits")
    pingmon.start()
    number, _, secret = TOKEN.partition(":")
    devices = [f"10.0.9.{one + 1}" for one in range(200)]
    for one in range(50):
        token = f"{int(number) + one}:{secret}"
        for chat in range(4):
            address = devices[one * 4 + chat]
            add_many(pingmon, [address], chat=1001 + one * 4 + chat, token=token)
    until(lambda: states(pingmon)["up"] == 200, 30, "200 devices to be up")
    lab.unplug(*devices)
    messages = pingmon.wait_messages(200, 30)
    assert len({message["chat_id"] for message in messages}) == 200
    until(lambda: states(pingmon)["down"] == 200, 10, "all to be down")
    assert max(one["at"] for one in messages) - min(one["at"] for one in messages) < 10
    assert "Too Many Requests" not in pingmon.log.read_text()


@pytest.mark.long
def test_1000_devices_of_a_group_go_down_and_no_limit_is_touched(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start_api("limits")
    pingmon.start()
    devices = [f"10.0.{10 + number // 250}.{number % 250 + 1}" for number in range(1000)]
    add_many(pingmon, devices, chat=-1002)
    until(lambda: states(pingmon)["up"] == 1000, 60, "1,000 devices to be up")
    lab.unplug(*devices)
    until(lambda: states(pingmon)["down"] > 0, 30, "the first to be down")
    began = time.time()
    first = pingmon.wait_messages(1)[0]
    assert first["at"] - began < 3

    def devices_told() -> int:
        return len({one for message in pingmon.messages() for one in told(message["text"])})

    until(lambda: devices_told() == 1000, 90, "all to be named")
    assert len(pingmon.messages()) <= 14
    assert "Too Many Requests" not in pingmon.log.read_text()
    assert {one["delivery"] for one in pingmon.monitors().values()} == {"ok"}


@pytest.mark.parametrize("kind", KINDS)
def test_24_hours_without_delivery_are_told_in_a_handful_of_messages(tmp_path: Path, kind: str) -> None:
    """500 devices change 10,000 times in virtual time while nothing can be sent."""
    side = other_side(kind, tmp_path)
    store = Store(open_database(tmp_path / "pingmon.db"))
    wanted = [
        MonitorRequest(
            f"10.0.{n // 250}.{n % 250}",
            "ping",
            side.request(n % 3),
            DetectionSettings(),
        )
        for n in range(500)
    ]
    monitors = [one.monitor for one in store.add(wanted)]
    chance = random.Random(1)
    down: set[str] = set()
    changes: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    for second in sorted(chance.random() * 86400 for _ in range(10_000)):
        monitor = chance.choice(monitors)
        after = "up" if monitor.id in down else "down"
        down ^= {monitor.id}
        changes[monitor.address] = changes.get(monitor.address, 0) + 1
        event = {"kind": "change", "after": after, "at": second, "decided_at": second, "lasted": 60.0}
        event |= {"reason": "no reply", "name": "", "address": monitor.address}
        rows.append({"monitor": monitor, "event": event})
    store.outbox.queue_events(
        [(row["monitor"].channel.id, row["monitor"].id, row["event"]) for row in rows]
    )
    sender = new_sender(store, side, 86400.0)
    for _ in range(100):
        sender.run_once()
        if not store.outbox.depth()[0]:
            break
    side.stop()
    assert store.outbox.depth()[0] == 0
    seen: dict[str, int] = {}
    for _, text in side.told():
        for address, count in told(text).items():
            seen[address] = seen.get(address, 0) + count
    assert seen == changes
    assert len(side.told()) <= 3 * 7 * 4000 // side.service.limits.message_length
    assert "late" in side.told()[0][1]


def test_a_locked_database_delays_and_loses_nothing(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add("10.0.0.1", "--interval", "1", "--timeout", "1")
    pingmon.wait_state("up", "10.0.0.1")
    other = sqlite3.connect(pingmon.directory / "state" / "pingmon.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    lab.unplug("10.0.0.1")
    time.sleep(30)  # the lock is the event; what must not happen has none to wait for
    assert pingmon.messages() == []
    other.execute("ROLLBACK")
    other.close()
    pingmon.wait_messages(1)
    pingmon.wait_state("down", "10.0.0.1")
