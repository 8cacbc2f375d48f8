"""Sessions against the real daemon, compared literally: what people see of each command.

Files: tests/transcripts/NAME.txt. A section per width, `== 80 columns`; a line `$ …` is a command, what
follows is what it says, stdout and stderr together; `[exit 1]` its status unless that is 0. With
PINGMON_WRITE_TRANSCRIPTS=1 the files are written anew, to be read before they are committed.
"""

import csv
import fcntl
import io
import os
import pty
import re
import shlex
import struct
import subprocess
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.bot_api import TOKEN
from tests.support.lab import BIN, Lab, Pingmon, until
from tests.support.paths import ROOT

DIRECTORY = ROOT / "tests" / "transcripts"
# In this order: those that change something come last.
WELL = (
    "list-mon",
    "show-mon",
    "explain",
    "status",
    "outbox",
    "errors",
    "help",
    "add-mon",
    "edit-mon",
    "holds",
    "test-mon",
    "find-chat",
    "renew-token",
    "export",
    "import",
    "apply",
    "chat",
    "del-mon",
)
AWAY = ("telegram-away",)
FAST = ("--interval", "1", "--timeout", "1")
DEVICES = {  # address → name, more options
    "10.0.0.1": ("router", ()),
    "10.0.0.2": ("printer", ()),
    "10.0.0.5": ("gate", ()),
    "10.0.0.6": ("camera", ("--parent", "gate")),
    "10.0.0.7": ("принтер 印刷", ("--thread_id", "7")),
    "fd00:1::4": ("", ()),
}
IDS = (
    "036bc24f-d493-4b1a-8ff5-b2903d49b780",
    "1fe02a77-2e0c-4c3e-9b5a-5f0a3d0c6a11",
    "2b9d41c8-71f4-4b1f-8a52-0d8f1f6b7c22",
    "3c7e5a19-9d2b-4f6d-b1c3-7e2a4c5d8e33",
    "4d1f6b80-0a3c-4e7f-9c4d-8f3b5d6e9f44",
    "5e206c91-1b4d-4f80-8d5e-904c6e7f0a55",
    "6f317da2-2c5e-4091-9e6f-a15d7f800b66",
)
# What files the commands of a transcript are given, by its name; in `apply`, what is added to an export.
FILES = {
    "import": {
        "new.csv": "ip_address,chat_id,name,parent\n10.0.0.21,1001,pc,switch\n10.0.0.22,1001,switch,\n",
        "bad.csv": (
            "ip_address,chat_id,name,interval,parent\n10.0.0.23,1001,a,often,\n10.0.0.300,1001,b,5,\n"
            "10.0.0.24,4242,c,5,\n10.0.0.25,1001,d,5,nobody\n10.0.0.26,1001,e,5,\n"
            "10.0.0.26,1001,f,5,\n10.0.0.2,1001,other name,5,\n"
        ),
        "header.csv": "ip_address,chat_id\n",
        "300.csv": "ip_address,chat_id\n" + "".join(f"10.0.0.{300 + one},1001\n" for one in range(30)),
    },
    "apply": {
        "site.csv": "10.0.0.22,1001,main switch,,\n10.0.0.27,1001,scanner,,main switch\n",
        "loop.csv": "10.0.0.22,1001,switch,,pc\n10.0.0.21,1001,pc,,switch\n",
        "header.csv": "",
    },
}
ADDED = ("10.0.0.22", "10.0.0.27")  # that are there after the last of these
# What is measured or is the time, in a form as wide as the original.
NORMALISED = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "2026-11-24 10:53:12"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "2026-11-24T10:53:12Z"),
    (re.compile(r"since \d\d:\d\d\b"), "since 10:53"),
    (re.compile(r"\b\d+\.\d\d ms\b"), "0.43 ms"),
    (re.compile(r"\b[1-9]\d?% lost"), "14% lost"),
    (re.compile(r"\b\d+\.\d ms late"), "0.2 ms late"),
    (re.compile(r"(up|oldest) for (\d+ (d|h|min|s) ?)+"), r"\1 for 3 h"),
    (
        re.compile(r"^(known from \d+ probe|nothing was measured).*$", re.M),
        "known from 42 probes, 1 runs of losses",
    ),
    (re.compile(r"\b\d+\.\d{3}% of probes"), "0.003% of probes"),
    (re.compile(r"suspicion  [\d.]+"), "suspicion  0"),
    (re.compile(r"(loss after|after a loss, |bursts     )[\d.]+"), r"\g<1>1.0"),
    (re.compile(r"false alarms [\d.e+-]+ a year"), "false alarms 0.7 a year"),
    (re.compile(r"delay        [\d.]+ s median, [\d.]+ s"), "delay        3.5 s median, 4.0 s"),
    (re.compile(r"down after   \d+ losses"), "down after   3 losses"),
    (re.compile(r"pingmond \d[\w.~+]*:"), "pingmond 0.1.0:"),
    (re.compile(r"pingmonctl \d[\w.~+]*$", re.M), "pingmonctl 0.1.0"),
)
LOSS = re.compile(r"\b(?:[1-9]\d%|[1-9]% )(?= )")


def normalised(text: str, ids: list[str]) -> str:
    for real, shown in zip(ids, IDS, strict=False):
        text = text.replace(real, shown).replace(real[:8], shown[:8])
    text = re.sub(r"/\S*/pingmon\.sock", "/run/pingmon.sock", text)
    for pattern, words in NORMALISED:
        text = pattern.sub(words, text)
    return LOSS.sub("14%", text)


def read_all(terminal: int) -> bytes:
    """What a program wrote to it until it ended."""
    found = b""
    with os.fdopen(terminal, "rb", 0) as stream, suppress(OSError):  # EIO at the end
        while chunk := stream.read(65536):
            found += chunk
    return found


def write_files(pingmon: Pingmon, files: dict[str, str]) -> None:
    """Rows without a header are added to what is watched but for 10.0.0.21 and 10.0.0.22."""
    for name, text in files.items():
        if text.startswith("ip_address") or name == "header.csv":
            (pingmon.directory / name).write_text(text or "ip_address,chat_id\n")
            continue
        rows = csv.DictReader(io.StringIO(pingmon.ctl("export").stdout))
        kept = [row for row in rows if row["ip_address"] not in ("10.0.0.21", "10.0.0.22")]
        new = csv.DictReader(io.StringIO("ip_address,chat_id,name,interval,parent\n" + text))
        with (pingmon.directory / name).open("w") as file:
            writer = csv.DictWriter(file, rows.fieldnames or ())
            writer.writeheader()
            writer.writerows([*kept, *new])


# Shown of what takes longer than usual, so only on a busy machine.
BAR = re.compile(r"(?:\r?[^\r\n]*\[[ #]{30}\] \d+/\d+[^\r\n]*)+\n?")


class Session:
    """Plays files against one daemon, whose devices are up or down for three hours, as it seems."""

    def __init__(self, pingmon: Pingmon, clock: Path) -> None:
        self.pingmon = pingmon
        self.environment = {
            "PATH": os.environ["PATH"],
            "PINGMON_TOKEN": TOKEN,
            "PINGMON_SERVER_ADDRESS": f"unix:{pingmon.socket}",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "LD_PRELOAD": str(clock),
            "FAKETIME": "+3h",
        }
        self.ids: list[str] = []

    def run(self, line: str, columns: int) -> str:
        for real, shown in zip(self.ids, IDS, strict=False):
            line = line.replace(shown, real).replace(shown[:8], real[:8])
        words = shlex.split(line)
        assert words[0] == "pingmonctl"
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 25, columns, 0, 0))
        done = subprocess.Popen(
            [str(BIN / "pingmonctl"), *words[1:]],
            stdin=subprocess.DEVNULL,
            stdout=follower,
            stderr=follower,
            env=self.environment,
            cwd=self.pingmon.directory,
        )
        os.close(follower)
        text = BAR.sub("", read_all(leader).decode().replace("\r\n", "\n"))
        done.wait(60)
        known = [one["id"] for one in self.pingmon.monitors().values()]
        self.ids += [one for one in known if one not in self.ids]
        status = f"[exit {done.returncode}]\n" if done.returncode else ""
        return normalised(text, self.ids) + status

    def play(self, name: str) -> tuple[str, str]:
        """What the file says, and what is said now."""
        file = DIRECTORY / f"{name}.txt"
        expected, found, columns = file.read_text(), list[str](), 80
        for line in expected.splitlines(keepends=True):
            if section := re.match(r"== (\d+) columns$", line.strip()):
                columns = int(section[1])
            if line.startswith("$ "):
                found += [line, self.run(line[2:].strip(), columns)]
            elif line.startswith(("#", "==")) or (line == "\n" and not found):
                found.append(line)
        said = "".join(found).replace("\n== ", "\n\n== ")
        said = re.sub(r"\n(\$ )", r"\n\n\1", said).replace(" columns\n\n$", " columns\n$")
        if os.environ.get("PINGMON_WRITE_TRANSCRIPTS"):
            file.write_text(said)
        return expected, said


@pytest.mark.long
@pytest.mark.timeout(300)
def test_what_people_see_is_as_the_transcripts_say(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    libraries = list(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not libraries:
        pytest.fail("needs Debian's package faketime, to set the clock of one process")
    config = tmp_path / "pingmon.toml"
    config.write_text("uplink = []\n")
    pingmon.start(f"--config={config}")
    session = Session(pingmon, libraries[0])
    for address, (name, more) in DEVICES.items():
        session.ids.append(pingmon.add(address, "--name", name, *FAST, *more))
    pingmon.wait_state("up", *DEVICES)
    lab.unplug("10.0.0.5", "10.0.0.6")
    pingmon.wait_state("down", "10.0.0.5")
    pingmon.wait_state("unknown", "10.0.0.6")
    until(lambda: pingmon.status()["outbox"]["waiting"] == 0, what="all to be told")
    until(lambda: bool(pingmon.status()["unseen"]), what="health to name what can't be seen")
    different = []
    for name in WELL:
        if name in FILES:
            write_files(pingmon, FILES[name])
        if not _same(*session.play(name), name):
            different.append(name)
        if name == "apply":
            pingmon.ctl("del-mon", *ADDED)
    lab.plug("10.0.0.6")
    pingmon.wait_state("up", "10.0.0.6")
    until(lambda: pingmon.status()["outbox"]["waiting"] == 0, what="that to be told")
    assert pingmon.api is not None
    pingmon.api.kill()
    pingmon.api.wait()
    lab.unplug("10.0.0.2", "10.0.0.6")
    pingmon.wait_state("down", "10.0.0.2", "10.0.0.6")
    until(lambda: pingmon.status()["outbox"]["waiting"] == 2, what="both to wait")
    until(lambda: "Telegram" in pingmon.status()["health"], what="Telegram to be missed")
    different += [name for name in AWAY if not _same(*session.play(name), name)]
    assert not different, "see above; PINGMON_WRITE_TRANSCRIPTS=1 writes them anew"


def _same(expected: str, said: str, name: str) -> bool:
    if expected != said:
        import difflib

        lines = difflib.unified_diff(expected.splitlines(), said.splitlines(), name, "now", lineterm="")
        print("\n".join(lines))
    return expected == said


def test_every_transcript_is_played() -> None:
    assert {file.stem for file in DIRECTORY.glob("*.txt")} == {*WELL, *AWAY}


def test_no_line_is_wider_than_its_section_allows() -> None:
    """But for words that are no table: sentences of errors, IDs."""
    for name in ("list-mon", "outbox"):
        columns = 0
        for line in (DIRECTORY / f"{name}.txt").read_text().splitlines():
            if section := re.match(r"== (\d+) columns$", line):
                columns = int(section[1])
            is_wide = "--columns" in line or "-o wide" in line
            assert line.startswith("$") or is_wide or len(line) <= columns or not columns, line


def test_examples_of_the_readme_come_from_transcripts() -> None:
    known = "\n".join(file.read_text() for file in DIRECTORY.glob("*.txt"))
    text = (ROOT / "README.md").read_text()
    (example,) = re.findall(r"```\n(\$ pingmonctl add-mon.*?)```", text, re.S)
    lines = [line for line in example.splitlines() if line and not line.startswith(("    ", "$"))]
    assert len(lines) > 4
    assert [line for line in lines if line not in known] == []
