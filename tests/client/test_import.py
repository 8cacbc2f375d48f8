"""import and export with the real daemon: three formats, all or nothing, the same again."""

import subprocess
from pathlib import Path

import pytest

from tests.support.bot_api import TOKEN
from tests.support.lab import BIN, Lab, Pingmon

FILES = {
    "devices.csv": "ip_address,name,chat_id,interval\n10.0.0.1,router,1001,5\n10.0.0.2,,1001,\n",
    "devices.jsonl": (
        '{"ip_address": "10.0.0.3", "chat_id": 1001}\n\n{"ip_address": "fd00:1::4", "chat_id": 1001}\n'
    ),
    "devices.toml": (
        "[defaults]\nchat_id = -1002\ninterval = 1\n[[monitor]]\nip_address = '10.0.0.5'\n"
        "name = 'printer'\n[[monitor]]\nip_address = '10.0.0.6'\n"
    ),
}


def test_three_formats_are_idempotent_and_export_gives_what_import_takes(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    pingmon.start()
    for name, text in FILES.items():
        file = tmp_path / name
        file.write_text(text)
        dry = pingmon.ctl("import", str(file), "--dry_run").stdout
        assert dry.count("+ ") == 2 and "dry run: 2 added" in dry
        assert pingmon.ctl("import", str(file)).stdout.startswith("2 added, 0 were")
        assert pingmon.ctl("import", str(file)).stdout.startswith("0 added, 2 were")
    watched = pingmon.monitors()
    assert len(watched) == 6 and watched["10.0.0.5"]["interval"] == 1
    for kind in ("csv", "jsonl", "toml"):
        exported = pingmon.ctl("export", "--format", kind).stdout
        assert TOKEN not in exported
        file.write_text(exported)
        same = ctl_with_input(pingmon, exported, "import", "-")
        assert same.stdout.startswith("0 added, 6 were"), same.stderr
    assert pingmon.stop() == 0


def ctl_with_input(pingmon: Pingmon, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "pingmonctl"), "--server_address", str(pingmon.socket), *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PINGMON_TOKEN": TOKEN},
    )


BAD = {
    "ip_address,chat_id\n10.0.0.1,1001\n10.0.0.300,1001\nx,1001\n": ["line 3", "line 4", "10.0.0.300"],
    "ip_address,chat_id\n10.0.0.1,4242\n": ["line 2", "chat not found"],
    "ip_address,chat_id,speed\n10.0.0.1,1001,5\n": ["line 1", "speed"],
    "ip_address,chat_id,interval\n10.0.0.1,1001,often\n": ["line 2", "interval", "not a number"],
    "ip_address,chat_id\n10.0.0.1,1001,7\n": ["line 2", "columns"],
    "ip_address,chat_id,name\n10.0.0.1,1001,a\n10.0.0.1,1001,b\n": ["line 3", "line 2"],
    '{"ip_address": "10.0.0.1", "chat_id": 1001}\n{"oops\n': ["line 2"],
    "[[monitor]]\nip_address = 3\nchat_id = 1001\n": ["monitor 1", "ip_address"],
    "[[monitor]\n": ["bad"],
    "ip_address,chat_id,interval\n10.0.0.1,1001,often\n10.0.0.300,1001,1\n10.0.0.2,1001\n": [
        "line 2: interval",
        "line 3: ip_address: '10.0.0.300'",
        "line 4: another number",
    ],
    "ip_address,chat_id,interval,timeout,name,parent\n10.0.0.300,4242,often,700,a\u202eb,nobody\n": [
        "line 2: interval: 'often' is not a number",
        "line 2: timeout must be",
        "line 2: name is one line of printable text",
        "line 2: ip_address: '10.0.0.300'",
        "line 2: chat_id '4242': Telegram refused",
        "line 2: parent",
    ],
}


def test_a_bad_file_adds_nothing_and_every_bad_line_is_named(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    pingmon.start()
    for text, words in BAD.items():
        file = tmp_path / ("bad.toml" if text.startswith("[[") else "bad.csv")
        file.write_text(text)
        refused = pingmon.ctl("import", str(file), check=False)
        assert refused.returncode == 1, text
        assert all(word in refused.stderr for word in words), refused.stderr
    assert pingmon.monitors() == {}


@pytest.mark.timeout(180)
def test_3000_in_a_file_are_one_whole(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    pingmon.start()
    rows = [f"10.0.{number // 250}.{number % 250 + 1},1001" for number in range(3000)]
    file = tmp_path / "many.csv"
    file.write_text("ip_address,chat_id\n" + "\n".join([*rows[:-1], "nonsense,1001"]) + "\n")
    refused = pingmon.ctl("import", str(file), check=False)
    assert refused.returncode == 1 and "line 3001" in refused.stderr
    assert pingmon.status()["monitors"] == 0
    file.write_text("ip_address,chat_id\n" + "\n".join(rows) + "\n")
    assert pingmon.ctl("import", str(file)).stdout.startswith("3000 added")
    listed = pingmon.listed()
    assert len({one["id"] for one in listed}) == 3000


def test_apply_adds_changes_and_deletes_only_when_agreed(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    pingmon.start()
    file = tmp_path / "devices.csv"
    file.write_text("ip_address,name,chat_id\n10.0.0.1,router,1001\n10.0.0.2,,1001\n")
    assert pingmon.ctl("apply", str(file)).stdout.endswith("2 added, 0 changed, 0 deleted\n")
    assert pingmon.ctl("apply", str(file)).stdout == "0 added, 0 changed, 0 deleted\n"
    pingmon.wait_state("up", "10.0.0.1", "10.0.0.2")
    before = pingmon.monitors()
    file.write_text(
        "ip_address,name,chat_id,down_after,quiet\n10.0.0.1,gate,1001,4,yes\n10.0.0.3,,1001,,\n"
    )
    dry = pingmon.ctl("apply", str(file), "--dry_run").stdout
    assert "+ 10.0.0.3" in dry and "- 10.0.0.2" in dry and "name router -> gate" in dry
    refused = ctl_with_input(pingmon, "", "apply", str(file))
    assert refused.returncode == 1 and "--yes" in refused.stderr
    unchanged = pingmon.monitors()
    for address, one in unchanged.items():
        for name in ("last_rtt_ms", "seen"):  # measured since
            one[name] = before[address][name]
    assert unchanged == before
    done = pingmon.ctl("apply", str(file), "--yes").stdout
    assert done.endswith("1 added, 1 changed, 1 deleted\n")
    after = pingmon.monitors()
    assert set(after) == {"10.0.0.1", "10.0.0.3"} and after["10.0.0.1"]["id"] == before["10.0.0.1"]["id"]
    assert (after["10.0.0.1"]["down_after"], after["10.0.0.1"]["quiet"]) == (4, True)
    assert pingmon.ctl("apply", str(file)).stdout == "0 added, 0 changed, 0 deleted\n"
    exported = pingmon.ctl("export").stdout
    assert ctl_with_input(pingmon, exported, "apply", "-").stdout == "0 added, 0 changed, 0 deleted\n"
    file.write_text("ip_address,chat_id,max_delay\n10.0.0.1,1001,1\n10.0.0.3,1001,\n")
    wrong = pingmon.ctl("apply", str(file), "--yes", check=False)
    assert (
        wrong.returncode == 1 and "line 2" in wrong.stderr and pingmon.monitors().keys() == after.keys()
    )
