"""The life of an installation, from apt install to purge, on a booted systemd of each release."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container import ROOT, Container
from tests.lab import run, until

RELEASES = ("bookworm", "trixie")
ADD = "PINGMON_TOKEN=1:abc pingmonctl add-mon --chat_id 1 --no_verify --interval 1 --ip_address"


@pytest.fixture(scope="session")
def package() -> Path:
    run("make", "-C", str(ROOT), "deb", timeout=300)
    return next((ROOT / "dist").glob("*.deb"))


@pytest.fixture(params=RELEASES)
def container(request: pytest.FixtureRequest, package: Path) -> Iterator[Container]:
    if os.geteuid() != 0 or not shutil.which("systemd-nspawn") or not shutil.which("mmdebstrap"):
        reason = "needs root, systemd-container and mmdebstrap"
        if os.environ.get("CI"):
            pytest.fail(f"CI must not skip this: {reason}")
        pytest.skip(reason)
    with Container(request.param) as booted:
        booted.put(package, "/root/pingmon.deb")
        yield booted


@pytest.mark.timeout(900)
def test_life_of_an_installation(container: Container) -> None:
    sh = container.sh
    sh("DEBIAN_FRONTEND=noninteractive apt-get install -y -qq /root/pingmon.deb")
    assert sh("systemctl is-active pingmon").stdout.strip() == "active"
    assert sh("stat -c '%U:%G %a' /run/pingmon.sock").stdout.strip() == "root:pingmon 660"
    assert sh("stat -c '%U %a' /var/lib/pingmon/pingmon.db").stdout.strip() == "pingmon 600"
    check_users(container)
    first = sh(f"{ADD} 127.0.0.1 --name loop").stdout.strip()
    until(lambda: "up" in sh("pingmonctl list-mon --state up").stdout, what="loop to be up")
    until(lambda: "1 up" in sh("systemctl status pingmon").stdout, what="the counts in the status")
    check_reload(container)
    check_crash_and_freeze(container)
    container.put(ROOT / "debian" / "tests" / "service", "/root/service")
    sh("sh /root/service")
    check_hardening(container)
    # An upgrade keeps the data; a removed package leaves it, a purged one does not.
    sh("DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --reinstall /root/pingmon.deb")
    assert first[:8] in sh("pingmonctl list-mon").stdout
    sh("apt-get remove -y -qq pingmon")
    assert sh("test -e /var/lib/pingmon/pingmon.db", check=False).returncode == 0
    sh("apt-get purge -y -qq pingmon")
    left = sh(
        "find / -xdev -name '*pingmon*' -not -path '/proc/*' -not -path '/root/*' "
        "-not -path '/var/log/*' -not -path '/sys/*' -not -path '/var/cache/man/*'"
    ).stdout.split()
    assert left == []
    assert sh("getent passwd pingmon || getent group pingmon", check=False).returncode != 0


def check_users(container: Container) -> None:
    sh = container.sh
    sh("useradd --create-home member && usermod -aG pingmon member && useradd other")
    assert sh("pingmonctl status", user="member").returncode == 0
    refused = sh("pingmonctl status", user="other", check=False)
    assert refused.returncode == 3 and "group pingmon" in refused.stderr


def check_reload(container: Container) -> None:
    sh = container.sh
    file = "/etc/pingmon/pingmon.toml"
    assert "right" in sh("pingmond --check-config").stdout
    sh(f"cp {file} /root/kept && echo 'nonsense = 1' >> {file}")
    wrong = sh("pingmond --check-config", check=False)
    assert wrong.returncode == 1 and "nonsense" in wrong.stderr
    sh("systemctl reload pingmon")
    until(
        lambda: "kept as it was" in sh("journalctl -u pingmon").stdout, what="the refusal in the journal"
    )
    sh(f"cp /root/kept {file} && systemctl reload pingmon && pingmonctl status")


def check_crash_and_freeze(container: Container) -> None:
    sh = container.sh

    def pid() -> str:
        return sh("systemctl show -P MainPID pingmon").stdout.strip()

    before = pid()
    sh(f"kill -9 {before}")
    assert "loop" in sh("pingmonctl list-mon").stdout  # waits in the socket's queue
    until(lambda: pid() not in ("0", before), what="the restart")
    sh(
        "mkdir -p /run/systemd/system/pingmon.service.d && "
        "printf '[Service]\\nWatchdogSec=2s\\n' > /run/systemd/system/pingmon.service.d/w.conf && "
        "systemctl daemon-reload && systemctl restart pingmon"
    )
    before = pid()
    sh(f"kill -STOP {before}")
    until(lambda: pid() not in ("0", before), 40, what="the watchdog to restart it")
    assert "loop" in sh("pingmonctl list-mon").stdout
    sh("rm -r /run/systemd/system/pingmon.service.d && systemctl daemon-reload")
    sh("systemctl restart pingmon")


def check_hardening(container: Container) -> None:
    sh = container.sh
    shown = sh("systemd-analyze security --no-pager pingmon.service | tail -1").stdout
    score = float(shown.split("level for pingmon.service: ")[1].split()[0])
    assert score <= 1.4, shown
    verified = sh("systemd-analyze verify pingmon.service pingmon.socket 2>&1 | grep -i pingmon || true")
    assert verified.stdout == ""
    for page in ("1 pingmonctl", "8 pingmond"):
        assert sh(f"man --warnings {page} 2>&1 >/dev/null").stdout == ""


def test_two_builds_are_identical(package: Path) -> None:
    first = package.read_bytes()
    run("make", "-C", str(ROOT), "deb", timeout=300)
    assert package.read_bytes() == first


def test_lintian_finds_nothing(package: Path) -> None:
    shown = subprocess.run(["lintian", "--display-info", str(package)], capture_output=True, text=True)
    assert shown.stdout == "", shown.stdout
