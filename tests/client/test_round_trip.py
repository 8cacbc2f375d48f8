"""export → import on an empty daemon → export is equal, over all kinds of settings and ways of writing.

What a file can't hold (tokens) is given beside it.
"""

import csv
import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pingmon.model.host_name import is_address
from tests.support.bot_api import BOT_ID, TOKEN
from tests.support.lab import BIN, Lab, Pingmon

LAB_TOKEN = f"{BOT_ID + 1}:{TOKEN.partition(':')[2]}"
SPARE_TOKEN = f"{BOT_ID + 2}:{TOKEN.partition(':')[2]}"
BOTS = [{"bot": "office"}, {"bot": "lab bot"}, {"token": SPARE_TOKEN}]
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le")
SEPARATORS = (",", ";", "\t")

NAMES = st.one_of(
    st.just(""),
    st.sampled_from(
        ["router", "Маршрутизатор", "a,b;c\td".replace("\t", " "), '"x"', "#1", "10.0.0.1", "=1+1"]
    ),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "M", "Zs"]), max_size=30),
)
RULES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"down_after": st.integers(2, 1000)}),
    st.fixed_dictionaries({"down_after_seconds": st.floats(1, 86400, allow_subnormal=False)}),
    st.fixed_dictionaries(
        {
            "false_alarms": st.tuples(
                st.floats(0.1, 90), st.sampled_from(["day", "week", "month", "year"])
            ).map(lambda one: f"{one[0]!r}/{one[1]}"),
            "max_delay": st.floats(4000, 86400),
        }
    ),
)
TAGS = ["printer", "site=berlin", "site=bonn", "Büro", "a.b:c/d@e=1"]
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "interval": st.floats(0.2, 3600),
        "timeout": st.floats(0.05, 60),
        "up_after": st.integers(1, 1000),
        "thread_id": st.integers(1, 2**31 - 1),
        "quiet": st.booleans(),
        "tell_slow": st.booleans(),
        "tell_address_change": st.booleans(),
        "language": st.sampled_from(["", "en", "ru"]),
        "name": NAMES,
        "tags": st.lists(st.sampled_from(TAGS), max_size=3),
    },
)
CHATS = st.sampled_from(["1001", "-1002", "@some_channel", "-1001234567890"])
ADDRESSES = st.sampled_from(
    ["10.0.0.1", "10.0.0.2", "fd00:1::3", "fe80::1%v0", "nas.example.net", "nas.example.net/6", "gate"]
)
MONITORS = st.lists(
    st.tuples(ADDRESSES, CHATS, st.integers(0, 2), SETTINGS, RULES, st.integers(0, 10)),
    min_size=1,
    max_size=12,
    unique_by=lambda one: (one[0], one[1], one[2], one[3].get("thread_id")),
)


class Ctl:
    """pingmonctl with tokens of its own choosing: none from the environment."""

    def __init__(self, pingmon: Pingmon) -> None:
        self.pingmon = pingmon

    def __call__(self, *arguments: str, data: bytes = b"", fails: bool = False) -> str:
        done = subprocess.run(
            [str(BIN / "pingmonctl"), "--server_address", str(self.pingmon.socket), *arguments],
            input=data,
            capture_output=True,
            timeout=90,
            env={"PATH": "/usr/bin:/bin"},
        )
        assert (done.returncode != 0) == fails, done.stderr.decode()
        return (done.stderr if fails else done.stdout).decode()

    def monitors(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = json.loads(self("list-mon", "-o", "json"))["monitors"]
        return listed

    def clear(self) -> None:
        if self.monitors():
            self("apply", "-", "--delete_all", "--yes")


def configuration(directory: Path, **tokens: str) -> Path:
    """Declares bots."""
    directory.mkdir(exist_ok=True)
    text = ""
    for number, (name, token) in enumerate(tokens.items()):
        file = directory / f"{number}.token"
        file.write_text(token)
        text += f'[bots."{name.replace("_", " ")}"]\ntoken_file = "{file}"\n'
    config = directory / "pingmon.toml"
    config.write_text(text)
    return config


@pytest.fixture
def two(lab: Lab, tmp_path: Path) -> Iterator[tuple[Ctl, Ctl]]:
    """Two daemons that declare the same two bots."""
    made: list[Pingmon] = []
    for name in ("first", "second"):
        directory = tmp_path / name
        config = configuration(directory, office=TOKEN, lab_bot=LAB_TOKEN)
        pingmon = Pingmon(lab, directory)
        pingmon.api = made[0].api if made else None
        pingmon.start("--config", str(config))
        made.append(pingmon)
    yield Ctl(made[0]), Ctl(made[1])
    for one in made:
        one.close()


def file_of(monitors: list[tuple[Any, ...]]) -> bytes:
    """JSON lines; a parent is a row before or after it, never below it."""
    rows = []
    for index, (address, chat, bot, given_settings, rules, above) in enumerate(monitors):
        row = {"key": f"k{index}", "chat_id": chat} | target_of(address) | BOTS[bot]
        row |= given_settings | rules
        if rules == {} or "max_delay" in rules:
            row["max_delay"] = rules.get("max_delay", 4000.0)
        if above < index:
            row["parent"] = f"k{above}"
        rows.append(row)
    rows.reverse()  # parents come last
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def target_of(text: str) -> dict[str, str]:
    if is_address(text):
        return {"ip_address": text}
    host, slash, family = text.partition("/")
    return {"host": host} | ({"family": family} if slash else {})


def rewritten(table: str, separator: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator).writerows(csv.reader(io.StringIO(table)))
    return buffer.getvalue()


def of_bots(directory: Path) -> list[str]:
    spare = directory / "spare.token"
    spare.write_text(SPARE_TOKEN)
    return ["--token_file", f"{BOT_ID + 2}={spare}"]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_export_import_export_is_equal(two: tuple[Ctl, Ctl], tmp_path: Path) -> None:
    first, second = two
    tokens = of_bots(tmp_path)

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(MONITORS, st.sampled_from(ENCODINGS), st.sampled_from(SEPARATORS))
    def is_equal(monitors: list[tuple[Any, ...]], encoding: str, separator: str) -> None:
        first.clear()
        first("import", "-", "--no_verify", data=file_of(monitors))
        assert len(first.monitors()) == len(monitors)
        for kind in ("csv", "jsonl", "toml"):
            exported = first("export", "--format", kind)
            written = rewritten(exported, separator) if kind == "csv" else exported
            second.clear()
            second("import", "-", "--no_verify", *tokens, data=written.encode(encoding))
            again = second("export", "--format", kind)
            assert sorted(again.splitlines()) == sorted(exported.splitlines())
            assert first("import", "-", "--no_verify", data=exported.encode()).startswith("0 added")
            unchanged = "0 added, 0 changed, 0 deleted\n"
            assert first("apply", "-", "--no_verify", data=exported.encode()) == unchanged

    is_equal()


def test_an_export_names_parents_and_bots_as_people_do(two: tuple[Ctl, Ctl], tmp_path: Path) -> None:
    first, second = two
    rows = [
        {"ip_address": "10.0.0.9", "chat_id": 1001, "bot": "office", "name": "pc", "parent": "router"},
        {"ip_address": "10.0.0.1", "chat_id": 1001, "bot": "office", "name": "router"},
        {"ip_address": "10.0.0.2", "chat_id": 1001, "bot": "office", "parent": "10.0.0.3"},
        {"ip_address": "10.0.0.3", "chat_id": 1001, "bot": "lab bot", "parent": "b"},
        {"ip_address": "10.0.0.4", "chat_id": 1001, "bot": "office", "name": "twice"},
        {"ip_address": "10.0.0.4", "chat_id": -1002, "bot": "office", "name": "twice", "key": "b"},
        {"ip_address": "FD00:1::5", "chat_id": 1001, "token": SPARE_TOKEN},
        {"ip_address": "10.0.0.5", "chat_id": 1001, "token": SPARE_TOKEN, "parent": "fd00:1:0::5"},
    ]
    data = "\n".join(json.dumps(row) for row in rows).encode()
    first("import", "-", "--no_verify", data=data)
    exported = [json.loads(line) for line in first("export", "--format", "jsonl").splitlines()]
    parents = {row["ip_address"]: row.get("parent") for row in exported}
    assert (parents["10.0.0.9"], parents["10.0.0.2"]) == ("router", "10.0.0.3")
    assert parents["10.0.0.3"] == next(row["key"] for row in exported if "key" in row) == "twice #1"
    assert parents["10.0.0.5"] == "fd00:1::5"
    assert {row["bot"] for row in exported} == {"office", "lab bot", str(BOT_ID + 2)}
    assert not [row for row in exported if "token" in row or "id" in row]
    data = first("export").encode()
    said = second("import", "-", "--no_verify", data=data, fails=True)
    assert f"no bot '{BOT_ID + 2}' is known here" in said and said.count("is known here") == 2
    assert not second.monitors()
    second("import", "-", "--no_verify", *of_bots(tmp_path), data=data)
    assert second("export") == data.decode()


def test_bots_of_a_file_are_given_on_the_command_line(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    pingmon.start("--config", str(configuration(tmp_path / "c", office=TOKEN)))
    ctl = Ctl(pingmon)
    files = {name: tmp_path / name for name in ("a", "b")}
    files["a"].write_text(f"{TOKEN}\r\n")
    files["b"].write_text(f"{LAB_TOKEN}\n", encoding="utf-16")
    two_bots = b"ip_address,chat_id,bot\n10.0.0.1,1001,north\n10.0.0.2,1001,south\n"
    one_bot = b"ip_address,chat_id,bot\n10.0.0.1,1001,north\n10.0.0.3,1001,\n"
    ctl("import", "-", "--bot", "office", data=b"ip_address,chat_id\n10.0.0.6,1001\n")
    for name in ("ping_bot", "@Ping_Bot", str(BOT_ID), "office"):  # declared, username, number
        table = f"ip_address,chat_id,bot\n10.0.0.7,1001,{name}\n".encode()
        ctl("apply", "-", "--delete_all", "--yes", data=table)
        assert [one["bot_id"] for one in ctl.monitors()] == [str(BOT_ID)]
    ctl.clear()
    said = ctl("import", "-", "--token_file", str(files["a"]), data=two_bots, fails=True)
    assert "the file names 2 bots (north, south)" in said and "BOT=FILE" in said
    said = ctl("import", "-", "--bot", "office", data=two_bots, fails=True)
    assert "OLD=NEW" in said and not ctl.monitors()
    chosen = [f"--token_file={name}={files[file]}" for name, file in (("north", "a"), ("south", "b"))]
    assert ctl("import", "-", *chosen, data=two_bots).startswith("2 added")
    assert {one["bot_id"] for one in ctl.monitors()} == {str(BOT_ID), str(BOT_ID + 1)}
    ctl.clear()
    assert ctl("import", "-", "--bot", "north=office", "--bot", "office", data=one_bot).startswith(
        "2 add"
    )
    assert {one["bot_declared"] for one in ctl.monitors()} == {"office"}
    ctl.clear()
    assert ctl("import", "-", "--token_file", str(files["b"]), data=one_bot).startswith("2 added")
    assert {(one["bot_id"], one["bot_declared"]) for one in ctl.monitors()} == {(str(BOT_ID + 1), None)}
