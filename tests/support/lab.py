"""A lab: network namespaces of our own, the real daemon and the real client in them."""

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pingmon.client.connection import CannotReach, Refused, call
from pingmon.client.monitor_list import all_monitors
from tests.support.bot_api import TOKEN
from tests.support.bot_chat import RemoteChat
from tests.support.fresh_database import put_template
from tests.support.paths import ROOT

_numbers = itertools.count(1)
BIN = Path(sys.executable).parent


def run(*command: str, timeout: float = 60.0) -> str:
    """Standard output; an error shows what the command said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout


class Lab:
    """Two namespaces joined by a veth pair: `here` (the daemon) and `peer` (all the devices)."""

    def __init__(self) -> None:
        number = f"{os.getpid()}x{next(_numbers)}"
        self.here, self.peer = f"pm{number}a", f"pm{number}b"
        for name in (self.here, self.peer):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", self.here, "link", "add", "v0", "type", "veth", "peer", "name", "v1")
        run("ip", "-n", self.here, "link", "set", "v1", "netns", self.peer)
        for name, device, end in ((self.here, "v0", 1), (self.peer, "v1", 2)):
            run("ip", "-n", name, "addr", "add", f"10.99.0.{end}/24", "dev", device)
            run("ip", "-n", name, "addr", "add", f"fd99::{end}/64", "dev", device, "nodad")
            run("ip", "-n", name, "addr", "add", f"fe80::{end}/64", "dev", device, "nodad")
            run("ip", "-n", name, "link", "set", device, "up")
        for family, net in (("-4", "10.0.0.0/16"), ("-6", "fd00:1::/64")):
            run("ip", family, "-n", self.peer, "route", "add", "local", net, "dev", "lo")
        run("ip", "-n", self.here, "route", "add", "10.0.0.0/16", "via", "10.99.0.2")
        run("ip", "-n", self.here, "-6", "route", "add", "fd00:1::/64", "via", "fd99::2")
        self.in_peer("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_msgs_per_sec=1000000")
        rules = "\n".join(
            f"add set inet lab {name} {{ type {kind}; }}"
            for name, kind in (
                ("silent", "ipv4_addr"),
                ("refused", "ipv4_addr"),
                ("silent6", "ipv6_addr"),
            )
        )
        self.nft(
            f"add table inet lab\n{rules}\n"
            "add chain inet lab input { type filter hook input priority 0; }\n"
            "add rule inet lab input ip daddr @silent drop\n"
            "add rule inet lab input ip6 daddr @silent6 drop\n"
            "add rule inet lab input ip daddr @refused reject with icmp type host-unreachable\n"
        )

    def close(self) -> None:
        for name in (self.here, self.peer):
            subprocess.run(["ip", "netns", "del", name], check=False)

    def in_here(self, *command: str) -> str:
        return run("ip", "netns", "exec", self.here, *command)

    def in_peer(self, *command: str) -> str:
        return run("ip", "netns", "exec", self.peer, *command)

    def nft(self, rules: str) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
            file.write(rules)
            file.flush()
            self.in_peer("nft", "-f", file.name)

    def unplug(self, *addresses: str, into: str = "silent") -> None:
        self.nft(f"add element inet lab {into} {{ {', '.join(addresses)} }}\n")

    def plug(self, *addresses: str, into: str = "silent") -> None:
        self.nft(f"delete element inet lab {into} {{ {', '.join(addresses)} }}\n")


class Pingmon:
    """The real daemon in a namespace, its Bot API beside it, and the real client."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self.lab, self.directory = lab, directory
        self.socket = directory / "pingmon.sock"
        self.log = directory / "pingmond.log"
        self.api_log = directory / "messages.jsonl"
        self.api_log.touch()
        self.chat = RemoteChat(directory / "chat.sock")  # what people do in the stand-in's chats
        self.url = "http://127.0.0.1:8081"
        self.api: subprocess.Popen[bytes] | None = None
        self.daemon: subprocess.Popen[bytes] | None = None
        self.environment: dict[str, str] = {}  # of the daemon, beside our own
        self.others: list[Any] = []  # what is to be stopped, too
        self.pingmond, self.pingmonctl = [str(BIN / "pingmond")], [str(BIN / "pingmonctl")]

    def use_extra_kinds(self) -> None:
        """The same programs with the kinds that only tests have."""
        room = "tests.support.extra_kinds"
        self.pingmond = [sys.executable, "-m", f"{room}.pingmond"]
        self.pingmonctl = [sys.executable, "-m", f"{room}.pingmonctl"]

    def start_api(self, *moods: str) -> None:
        command = [sys.executable, "-m", "tests.support.bot_api", "8081", str(self.api_log), *moods]
        command.append(f"control={self.directory / 'chat.sock'}")
        self.api = self._spawn(command, subprocess.DEVNULL)

    def start(self, *arguments: str, wrap: tuple[str, ...] = ()) -> None:
        self.launch(*arguments, wrap=wrap)
        self.wait_answer()

    def wait_answer(self, timeout: float = 30.0) -> None:
        def answers() -> bool:
            try:
                return bool(self.status())
            except RuntimeError:
                return False

        until(answers, timeout, "pingmond to answer")

    def launch(self, *arguments: str, wrap: tuple[str, ...] = ()) -> None:
        """Without waiting until it answers."""
        if self.api is None:
            self.start_api()
        put_template(self.directory / "state" / "pingmon.db")
        command = [
            *wrap,
            *self.pingmond,
            f"--socket={self.socket}",
            f"--state-dir={self.directory / 'state'}",
            f"--telegram-api-url={self.url}",
            *arguments,
        ]
        with self.log.open("ab") as log:
            self.daemon = self._spawn(command, log, self.environment)

    def _spawn(
        self, command: list[str], log: Any, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        inside = ["ip", "netns", "exec", self.lab.here, *command]
        own = os.environ | (environment or {})
        return subprocess.Popen(inside, cwd=ROOT, stdout=log, stderr=log, env=own)

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.daemon is not None
        self.daemon.send_signal(number)
        return self.daemon.wait(20)

    def close(self) -> None:
        for other in self.others:
            other.stop()
        for process in (self.daemon, self.api):
            if process and process.poll() is None:
                process.kill()
                process.wait()

    def ctl(
        self, *arguments: str, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.pingmonctl, "--server_address", f"unix:{self.socket}", *arguments],
            capture_output=True,
            text=True,
            timeout=90,
            cwd=ROOT,
            env=os.environ | {"PINGMON_TOKEN": TOKEN} | environment,
        )
        if check and done.returncode:
            raise RuntimeError(f"pingmonctl {' '.join(arguments)}: {done.stderr}{self.log.read_text()}")
        return done

    def add(self, address: str, *more: str) -> str:
        return self.ctl("add-mon", "--chat_id", "1001", "--ip_address", address, *more).stdout.strip()

    def call(self, method: str, **params: Any) -> Any:
        """By the client's own code, but in this process, as most tests ask again and again."""
        try:
            return call(f"unix:{self.socket}", method, params)
        except (CannotReach, Refused) as error:
            raise RuntimeError(f"{method}: {error}\n{self.log.read_text()}") from None

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.call("status")
        return answer

    def listed(self) -> list[dict[str, Any]]:
        """All monitors, as `list-mon -o json` shows them."""
        try:
            return all_monitors(Namespace(server_address=f"unix:{self.socket}"), {})
        except (CannotReach, Refused) as error:
            raise RuntimeError(f"list_mon: {error}\n{self.log.read_text()}") from None

    def monitors(self) -> dict[str, dict[str, Any]]:
        return {one["ip_address"]: one for one in self.listed()}

    def wait_state(self, state: str, *addresses: str, timeout: float = 30.0) -> None:
        def reached() -> bool:
            seen = self.monitors()
            return all(seen[address]["state"] == state for address in addresses)

        until(reached, timeout, f"{addresses} to be {state}")

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.api_log.read_text().splitlines()]

    def wait_messages(self, count: int, timeout: float = 30.0) -> list[dict[str, Any]]:
        until(lambda: len(self.messages()) >= count, timeout, f"{count} messages")
        return self.messages()


def until(true: Callable[[], bool], timeout: float = 30.0, what: str = "it") -> None:
    """Poll until `true`. Raises TimeoutError."""
    deadline = time.monotonic() + timeout
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout} s for {what}")
        time.sleep(0.05)


def during(seconds: float, true: Callable[[], bool], what: str) -> None:
    """See that it stays true for so long. Raises AssertionError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert true(), f"not for {seconds} s: {what}"
        time.sleep(0.05)
