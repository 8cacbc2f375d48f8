"""The sender, unchanged, against a Bot API implementation that others wrote."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon, until
from tests.support.paths import ROOT

PACKAGE = "telegram-test-api@4.2.1"  # newer ones may need a newer node than Debian 12 has


@pytest.fixture
def package() -> Path:
    """From npm, kept in .cache by name and version."""
    if not shutil.which("npm"):
        reason = "needs npm, to install an independent Bot API implementation"
        if os.environ.get("CI"):
            pytest.fail(f"CI must not skip this: {reason}")
        pytest.skip(reason)
    folder = ROOT / ".cache" / PACKAGE.replace("@", "-")
    made = folder / "node_modules" / "telegram-test-api"
    if not made.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
        subprocess.run([*command, PACKAGE], check=True, timeout=100)
    return made


def test_an_independent_server_takes_our_messages(lab: Lab, pingmon: Pingmon, package: Path) -> None:
    script = ROOT / "tests" / "support" / "independent_bot_api.cjs"
    inside = ["ip", "netns", "exec", lab.here, "node", str(script)]
    pingmon.api = subprocess.Popen([*inside, str(package), "8081", str(pingmon.api_log)])
    pingmon.start()

    def added() -> bool:
        """The server needs a moment to listen."""
        fast = ("--interval", "1", "--timeout", "1")
        done = pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", "10.0.0.1", *fast, check=False)
        return done.returncode == 0

    until(added, what="the independent server to know the bot")
    assert pingmon.monitors()["10.0.0.1"]["bot"] == "TestNameBot"
    pingmon.wait_state("up", "10.0.0.1")
    lab.unplug("10.0.0.1")
    (message,) = pingmon.wait_messages(1)
    assert (message["chat_id"], message["parse_mode"]) == (1001, "HTML")
    assert "<b>10.0.0.1</b> is down" in message["text"]
    until(lambda: pingmon.monitors()["10.0.0.1"]["delivery"] == "ok", what="the delivery to be ok")
    assert TOKEN.split(":")[1] not in pingmon.log.read_text()
