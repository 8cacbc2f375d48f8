"""Canaries of every kind, over every path: what is a secret shows nowhere, whatever is asked or fails."""

import json
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.bot_chat import ANNA
from tests.support.command_lines import command_lines
from tests.support.lab import Lab, Pingmon, until
from tests.support.other_sides import Receiver
from tests.support.secrets_under_test import (
    CANARY,
    MAIL,
    SECRETS,
    SERVICE,
    SIGNED_WITH,
    WEB,
    Secret,
    configuration,
)

FAST = ("--interval", "1", "--timeout", "1", "--down_after", "2")
ADDRESSES = {kind: f"10.0.0.{number}" for number, kind in enumerate(SECRETS, 1)}
MODULES = {WEB: "webhook_receiver", SERVICE: "services", MAIL: "mail_receiver"}
VICTIM = "10.0.0.30"  # what is asked for may be done to it, be it deleted
_URL = SECRETS["webhook"].options[1]
WRONG: tuple[Any, ...] = (_URL, [_URL])  # what is known as a secret, in a wrong place
# What a method wants of a parameter, by its name.
WANTED = {"id": VICTIM, "ip_address": VICTIM, "for": "1h"}


class Shown:
    """All that anybody could see, and where."""

    def __init__(self, pingmon: Pingmon) -> None:
        self.pingmon, self.seen = pingmon, list[tuple[str, str]]()

    def ctl(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        done = self.pingmon.ctl(*arguments, check=False)
        self.add(" ".join(arguments[:1]), done.stdout + done.stderr)
        return done

    def say(self, method: str, params: Any) -> dict[str, Any]:
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(60)
            sock.connect(str(self.pingmon.socket))
            sock.sendall(line.encode() + b"\n")
            answer = sock.makefile().readline()
        self.add(method, answer)
        found: dict[str, Any] = json.loads(answer)
        return found

    def add(self, where: str, text: str) -> None:
        self.seen.append((where, text))

    def check(self) -> None:
        for where, text in self.seen:
            found = CANARY.search(text)
            assert not found, f"{where}: …{text[max(0, found.start() - 300) : found.end() + 100]}"


class Arguments:
    """Command lines of the processes that the daemon starts."""

    def __init__(self) -> None:
        self.seen = set[str]()
        self.daemon: int = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._is_over.wait(0.2):
            for place in Path("/proc").glob("[0-9]*/stat"):
                try:
                    parent = int(place.read_text().rpartition(")")[2].split()[1])
                    if self.daemon in (parent, int(place.parent.name)):
                        self.seen.add(place.with_name("cmdline").read_text())
                except OSError:
                    continue

    def stop(self) -> list[str]:
        self._is_over.set()
        self._thread.join()
        return sorted(self.seen)


def options(kind: str, given: tuple[str, ...]) -> tuple[str, ...]:
    address = ADDRESSES[kind]
    where = () if "--url" in given else ("--ip_address", address)
    return (*(one.replace("{address}", address) for one in given), *where)


def params_of(given: tuple[str, ...]) -> dict[str, Any]:
    """The same as parameters of add_mon."""
    found: dict[str, Any] = {}
    for name, value in zip(given[::2], given[1::2], strict=True):
        found[name.removeprefix("--")] = [value] if name == "--header" else value
    return found


def ask_everything(shown: Shown) -> None:
    """Every command, every method, right and wrong."""
    for number, line in enumerate(command_lines().values()):
        words = line.replace("printer", VICTIM).split()
        if words[0] in ("del-mon", "apply", "import", "find-chat", "renew-token"):
            continue
        shown.ctl(*words, *(("-o", "json") if number % 2 else ()))
    shown.ctl("list-mon", "-o", "wide")
    for kind in ("webhook", "apprise", "http"):
        for name in ("show-mon", "test-mon"):
            shown.ctl(name, ADDRESSES[kind])
        shown.ctl("edit-mon", ADDRESSES[kind], "--remind", "30m", "--dry_run")
    methods = shown.say("rpc.discover", {})["result"]["methods"]
    assert len(methods) > 20
    for method in methods:
        names = [one["name"] for one in method["params"]]
        some = {name: WANTED[name] for name in names if name in WANTED}
        if method["name"] != "chat_disable":
            shown.say(method["name"], some)
        for number, name in enumerate(names):  # each where it does not belong
            shown.say(method["name"], some | {name: WRONG[number % len(WRONG)]})


def files_and_plans(shown: Shown, directory: Path) -> None:
    for form in ("csv", "jsonl", "toml"):
        exported = shown.ctl("export", "--format", form).stdout
        table = directory / f"monitors.{form}"
        table.write_text(exported)
        shown.ctl("apply", str(table), "--dry_run")
        shown.ctl("import", str(table), "--dry_run", "--no_verify")
    rows = [
        params_of(options(kind, given)) | {"name": f"row {number}"}
        for kind, secret in SECRETS.items()
        for number, given in enumerate((secret.options, *secret.wrong))
    ]
    table = directory / "rows.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown.ctl("import", str(table), "--dry_run")
    shown.ctl("import", str(table))
    for row in rows:
        shown.say("add_mon", row | {"verify": False, "ip_address": "not an address"})


def talk(shown: Shown, pingmon: Pingmon) -> None:
    """What a chat is told of devices that have secrets."""
    before = len(pingmon.messages())
    asked = ("/list", "/status", f"/explain {ADDRESSES['webhook']}", f"/explain {ADDRESSES['http']}")
    for text in asked:
        pingmon.chat.write(text)
    until(lambda: len(pingmon.messages()) >= before + len(asked), 60, "answers in the chat")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_no_secret_of_any_kind_shows_on_any_path(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    for secret in SECRETS.values():
        for name, text in secret.files:
            (tmp_path / name).write_text(text + "\n")
            (tmp_path / name).chmod(0o600)
    file = tmp_path / "pingmon.toml"
    file.write_text(configuration(str(tmp_path)))
    sides = {
        port: Receiver(pingmon, module, port, f"secret={SIGNED_WITH}") for port, module in MODULES.items()
    }
    pingmon.start(f"--config={file}", "--log-level=debug")
    shown, arguments = Shown(pingmon), Arguments()
    assert pingmon.daemon is not None
    arguments.daemon = pingmon.daemon.pid  # ip-netns(8) becomes it
    for kind, secret in SECRETS.items():
        a_chat = ("--chat_id", "1001") if kind in ("webhook", "apprise") else ()
        line = (*options(kind, secret.options), *a_chat, *FAST, "--no_verify", "--no_wait")
        added = shown.ctl("add-mon", *line)
        assert added.returncode == 0, (kind, added.stderr)
        add_wrongly(shown, kind, secret)
    victim = (*SECRETS["webhook"].options, *SECRETS["apprise"].options, "--ip_address", VICTIM)
    assert shown.ctl("add-mon", *victim, *FAST, "--no_verify", "--no_wait").returncode == 0
    pingmon.ctl("chat", "enable")
    pingmon.ctl("chat", "allow", "--chat_id=1001", f"--user_id={ANNA}", "--role=operate")
    pinged = [address for kind, address in ADDRESSES.items() if kind != "http"]
    pingmon.wait_state("up", *pinged)
    ask_everything(shown)
    files_and_plans(shown, tmp_path)
    talk(shown, pingmon)
    for mood in ("always=410", "always=after", "away"):
        for side in sides.values():
            side.restart(mood) if mood != "away" else side.stop()
        lab.unplug(*pinged)
        pingmon.wait_state("down", *pinged, timeout=60)
        time.sleep(1.0)  # for answers that are none: there is no event to wait for
        for kind in ("email", "webhook", "apprise"):
            shown.ctl("test-mon", ADDRESSES[kind])
        shown.ctl("outbox", "list")
        shown.ctl("status")
        shown.ctl("list-mon", "-o", "json")
        lab.plug(*pinged)
        pingmon.wait_state("up", *pinged, timeout=60)
    pingmon.daemon.send_signal(signal.SIGHUP)
    shown.ctl("status", "-o", "json")
    pingmon.stop()
    processes = arguments.stop()
    assert any("apprise.child" in one for one in processes), processes
    shown.add("arguments", " ".join(processes))
    shown.add("the log", pingmon.log.read_text())
    shown.add("the chat", pingmon.api_log.read_text())
    check = [*pingmon.pingmond, f"--config={file}", "--check-config"]
    for name, _ in [one for secret in SECRETS.values() for one in secret.files]:
        (tmp_path / name).write_text("Canary Canary\n")
    done = subprocess.run(check, capture_output=True, text=True)
    shown.add("--check-config", done.stdout + done.stderr)
    shown.check()
    assert "urllib3" in pingmon.log.read_text() or "POST <url>" in pingmon.log.read_text()


def add_wrongly(shown: Shown, kind: str, secret: Secret) -> None:
    for given in secret.wrong:
        done = shown.ctl("add-mon", *options(kind, given), "--no_wait")
        assert done.returncode in (1, 2), (kind, given)
