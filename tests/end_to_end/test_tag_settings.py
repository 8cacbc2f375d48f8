"""Settings of tags with the real daemon: in force at once, changed by a reload, refused as a whole."""

import json
import signal
from pathlib import Path

from tests.support.lab import Lab, Pingmon, until

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def intervals(pingmon: Pingmon) -> dict[str, float]:
    return {one: row["interval"] for one, row in pingmon.monitors().items()}


def reload(pingmon: Pingmon) -> None:
    assert pingmon.daemon
    pingmon.daemon.send_signal(signal.SIGHUP)


def test_tags_give_settings_and_a_reload_changes_them(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    file = tmp_path / "pingmon.toml"
    file.write_text('[tags."site=berlin"]\ninterval = 3\ntimeout = 1\n')
    pingmon.start("--config", str(file))
    pingmon.add(A, "--tag", "site=berlin")
    pingmon.add(B, "--tag", "site=berlin", "--tag", "printer", "--interval", "2")
    pingmon.add(C)
    assert intervals(pingmon) == {A: 3, B: 2, C: 10}
    pingmon.wait_state("up", A, B)
    assert "settings   given: interval; tag site=berlin: timeout" in pingmon.ctl("explain", B).stdout
    assert json.loads(pingmon.ctl("explain", A, "-o", "json").stdout)["sources"]["interval"] == (
        "tag site=berlin"
    )
    exported = pingmon.ctl("export", "--format", "toml").stdout
    assert exported.count("interval") == 1 and "timeout" not in exported

    file.write_text('[tags."site=berlin"]\ninterval = 1\n')
    reload(pingmon)
    until(lambda: intervals(pingmon) == {A: 1, B: 2, C: 10}, what="the reload to change intervals")
    pingmon.wait_state("up", A, B)

    file.write_text('[tags."site=berlin"]\ntimeout = 1\n[tags.printer]\ntimeout = 2\n')
    reload(pingmon)
    words = "tags printer and site=berlin give timeout differently"
    until(lambda: words in str(pingmon.status()["configuration"]), what="the reload to be refused")
    assert intervals(pingmon) == {A: 1, B: 2, C: 10}
    assert pingmon.monitors()[A]["timeout"] == 2

    file.write_text('[tags."site=berlin"]\ninterval = 1\n[tags.printer]\ninterval = 5\n')
    reload(pingmon)
    until(lambda: words not in str(pingmon.status()["configuration"]), what="the reload")
    refused = pingmon.ctl("edit-mon", A, "--add_tag", "printer", check=False)
    assert refused.returncode == 1
    assert "tags printer and site=berlin give interval differently" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    pingmon.stop()
    file.write_text("[tags.site]\ninterval = 4\n")
    pingmon.start("--config", str(file))
    assert intervals(pingmon) == {A: 4, B: 2, C: 10}
