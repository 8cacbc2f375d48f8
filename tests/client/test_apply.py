"""apply deletes only what somebody agreed to lose, and knows a monitor however it is spelled."""

import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pingmon.client.bulk.apply_file import said
from tests.client.test_import import ctl_with_input
from tests.support.bot_api import TOKEN
from tests.support.lab import BIN, Lab, Pingmon

UNCHANGED = "0 added, 0 changed, 0 deleted\n"


def on_a_terminal(pingmon: Pingmon, typed: str, *arguments: str) -> tuple[int, str]:
    """The exit status, and what the terminal shows."""
    mine, its = pty.openpty()
    with subprocess.Popen(
        [str(BIN / "pingmonctl"), "--server_address", str(pingmon.socket), *arguments],
        stdin=its,
        stdout=its,
        stderr=its,
        env={"PINGMON_TOKEN": TOKEN, "TERM": "dumb"},
    ) as process:
        os.close(its)
        os.write(mine, f"{typed}\n".encode())
        shown = b""
        try:
            while chunk := os.read(mine, 65536):
                shown += chunk
        except OSError:  # it ended
            pass
        os.close(mine)
    return process.returncode, shown.decode()


def table(*numbers: int) -> str:
    return "ip_address,chat_id\n" + "".join(f"10.0.0.{number},1001\n" for number in numbers)


NOTHING = {
    "empty.csv": "",
    "header.csv": "ip_address,chat_id\n",
    "array.json": "[]",
    "lines.jsonl": "\n\n",
    "devices.toml": "[defaults]\nchat_id = 1001\n",
}


def test_a_file_without_monitors_is_refused_by_import_and_apply(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    pingmon.start()
    ctl_with_input(pingmon, table(1, 2, 3), "import", "-")
    for name, text in NOTHING.items():
        file = tmp_path / name
        file.write_text(text)
        for command in (["import"], ["apply", "--yes"], ["apply", "--yes", "--dry_run"]):
            refused = pingmon.ctl(command[0], str(file), *command[1:], check=False)
            assert refused.returncode == 1 and "there is no monitor in it" in refused.stderr
            assert name in refused.stderr and refused.stderr.count("\n") == 1
    assert len(pingmon.monitors()) == 3
    allowed = pingmon.ctl("apply", str(file), "--delete_all", check=False)
    assert allowed.returncode == 1 and "all 3 monitors" in allowed.stderr and "--yes" in allowed.stderr
    assert len(pingmon.monitors()) == 3
    done = pingmon.ctl("apply", str(file), "--delete_all", "--yes")
    assert done.stdout.endswith("3 deleted\n") and "deletes all 3 monitors" in done.stderr


def test_deleting_many_is_agreed_to_with_the_number(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    pingmon.start()
    file = tmp_path / "devices.csv"
    file.write_text(table(1, 2, 3, 4, 5))
    pingmon.ctl("apply", str(file))
    file.write_text(table(1, 2))
    for typed in ("y", "yes", "2", ""):
        status, shown = on_a_terminal(pingmon, typed, "apply", str(file))
        assert status == 1 and "3 of 5 monitors; type the number" in shown and "nothing was ch" in shown
    refused = pingmon.ctl("apply", str(file), check=False)
    assert refused.returncode == 1 and "3 of 5 monitors: --yes" in refused.stderr
    assert len(pingmon.monitors()) == 5
    status, shown = on_a_terminal(pingmon, "3", "apply", str(file))
    assert status == 0 and "3 deleted" in shown and len(pingmon.monitors()) == 2
    file.write_text(table(7))
    status, shown = on_a_terminal(pingmon, "2", "apply", str(file))
    assert status == 1 and "--delete_all" in shown and len(pingmon.monitors()) == 2
    file.write_text(table(1))
    status, _ = on_a_terminal(pingmon, "y", "apply", str(file))
    assert status == 0 and set(pingmon.monitors()) == {"10.0.0.1"}


SPELLED = {
    "2001:DB8::1,1001": "2001:0db8::0001, 1001",
    "::ffff:10.0.0.1,-1001234567890": "10.0.0.1,-1001234567890.0",
    "10.0.0.2,@Some_Name": "10.0.0.2,@some_name",
    "FE80::9%v0,+1001": "fe80::9%v0,1001",
}


def test_spelled_differently_is_the_same(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    first, second = ("ip_address,chat_id\n" + "\n".join(one) for one in (SPELLED, list(SPELLED.values())))
    assert ctl_with_input(pingmon, first, "import", "-", "--no_verify").stdout.startswith("4 added")
    before = pingmon.monitors()
    for text in (second, first, second):
        assert ctl_with_input(pingmon, text, "apply", "-", "--no_verify").stdout == UNCHANGED
        assert ctl_with_input(pingmon, text, "import", "-", "--no_verify").stdout.startswith("0 added, 4")
    assert {one["id"] for one in pingmon.monitors().values()} == {one["id"] for one in before.values()}
    assert before["10.0.0.2"]["chat_id"] == "@some_name"
    listed = pingmon.ctl("list-mon", "--chat_id", " @SOME_name", "-o", "json").stdout
    assert listed.count('"id"') == 1
    both = first + "\n" + second.partition("\n")[2]
    assert ctl_with_input(pingmon, both, "import", "-", "--no_verify").stdout.startswith("0 added, 8")
    both = "ip_address,chat_id,name\n2001:DB8::1,1001,a\n2001:db8::1,1001.0,b\n"
    refused = ctl_with_input(pingmon, both, "apply", "-", "--no_verify", "--yes")
    assert "line 3: line 2 has the same with other settings" in refused.stderr


def test_parents_are_applied_too(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    rows = "10.0.0.1,1001,a,10.0.0.3\n10.0.0.2,1001,b,a\n10.0.0.3,1001,,\n"
    text = f"ip_address,chat_id,name,parent\n{rows}"
    assert ctl_with_input(pingmon, text, "apply", "-").stdout.endswith("3 added, 0 changed, 0 deleted\n")
    assert ctl_with_input(pingmon, text, "apply", "-").stdout == UNCHANGED
    seen = pingmon.monitors()
    assert seen["10.0.0.1"]["parent"] == seen["10.0.0.3"]["id"]
    assert seen["10.0.0.2"]["parent"] == seen["10.0.0.1"]["id"]
    other = text.replace("b,a", "b,10.0.0.3") + "10.0.0.4,1001,c,b\n"
    dry = ctl_with_input(pingmon, other, "apply", "-", "--dry_run").stdout
    assert "+ 10.0.0.4 c" in dry and "~ 10.0.0.2 b: parent" in dry
    assert ctl_with_input(pingmon, other, "apply", "-").stdout.endswith("1 added, 1 changed, 0 deleted\n")
    loop = text.replace("1001,,", "1001,,b")
    refused = ctl_with_input(pingmon, loop, "apply", "-", "--yes")
    assert refused.stderr.count("can't be behind itself") == 3 and refused.returncode == 1
    lost = text.replace("10.0.0.3\n", "c\n", 1)
    refused = ctl_with_input(pingmon, lost, "apply", "-", "--yes")
    assert "line 2: parent: 'c'" in refused.stderr and refused.returncode == 1
    twice = text.replace("10.0.0.3,1001,,", "10.0.0.3,1001,b,").replace("a,10.0.0.3", "a,b")
    refused = ctl_with_input(pingmon, twice, "apply", "-", "--yes")
    assert "'b' is the name or address of 2 monitors" in refused.stderr
    assert len(pingmon.monitors()) == 4


@pytest.mark.timeout(240)
def test_parents_of_other_requests_and_all_or_nothing(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    pingmon.start()
    rows = [f"10.0.{number // 250}.{number % 250 + 1},1001,,core" for number in range(1100)]
    file = tmp_path / "many.csv"
    file.write_text("ip_address,chat_id,name,parent\n" + "\n".join(rows) + "\n10.0.9.1,1001,core,\n")
    assert pingmon.ctl("import", str(file)).stdout.startswith("1101 added")
    seen = pingmon.monitors()
    core = seen.pop("10.0.9.1")["id"]
    assert {one["parent"] for one in seen.values()} == {core}
    assert pingmon.ctl("apply", str(file)).stdout == UNCHANGED
    status, shown = on_a_terminal(pingmon, "", "import", str(file))
    assert status == 0 and "checked [####" in shown and "1101/1101" in shown


def test_at_most_twenty_problems_are_shown(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    text = "ip_address,chat_id\n" + "".join(f"10.0.0.{number},1001\n" for number in range(300, 399))
    refused = ctl_with_input(pingmon, text, "import", "-")
    assert refused.stderr.count("line ") == 20 and "… and 79 more" in refused.stderr
    assert "line 2: ip_address: '10.0.0.300' is not an IP address" in refused.stderr


@pytest.mark.timeout(180)
def test_what_was_added_is_taken_back_when_a_later_request_is_refused(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    pingmon.start(wrap=("prlimit", "--nproc=1400"))  # which leaves 900 workers; each request alone fits
    file = tmp_path / "many.csv"
    rows = [f"10.0.{number // 250}.{number % 250 + 1},1001" for number in range(1200)]
    file.write_text("ip_address,chat_id\n" + "\n".join(rows) + "\n")
    refused = pingmon.ctl("import", str(file), check=False)
    assert refused.returncode == 1 and "allows no more threads" in refused.stderr
    assert "nothing was changed" in refused.stderr
    assert pingmon.status()["monitors"] == 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("name", "", "none"),
        ("parent", None, "none"),
        ("parent", "f9f88ada-e29e-4ea3-a324-9eab3f687544", "f9f88ada"),
        ("interval", 2.0, "2"),
        ("quiet", False, "no"),
        ("email", ["a@example.org", "b@example.org"], "a@example.org b@example.org"),
    ],
)
def test_a_planned_change_is_said_as_people_write_it(name: str, value: Any, words: str) -> None:
    assert said(name, value) == words
