"""The service in systemd's hands: stopped, failing, reloaded, checked; and its files by the shell."""

import time

import pytest

from tests.support.bot_api import TOKEN
from tests.support.container import Container
from tests.support.installation import ADD, CONFIGURATION, DROP_INS, INSTALL, states
from tests.support.lab import until
from tests.support.paths import ROOT
from tests.system.completion import check_completion

pytestmark = pytest.mark.long
BREAK = f"cp {CONFIGURATION} /srv/kept && echo 'nonsense = 1' >> {CONFIGURATION}"
MEND = f"cp /srv/kept {CONFIGURATION}"


@pytest.mark.timeout(600)
def test_the_service_does_what_its_admin_means(container: Container) -> None:
    sh = container.sh
    sh(f"{INSTALL} /srv/pingmon.deb")
    check_stopped_stays_stopped(container)
    check_reload_of_a_broken_file_fails(container)
    check_wrong_configuration_is_said_and_not_retried(container)
    check_other_failures_are_said_and_retried(container)
    check_a_frozen_service_is_said(container)
    check_a_missing_credential_is_said_and_not_retried(container)
    check_configuration_is_judged_as_the_service_sees_it(container)
    check_root_by_hand_harms_nothing(container)
    check_plugin(container)
    sh(f"{ADD} 127.0.0.9 --name loop --no_verify && {ADD} 127.0.0.8 --no_verify --name 'my printer'")
    check_completion(container)
    sh("systemctl disable --now pingmon")
    enabled = sh("systemctl is-enabled pingmon.service pingmon.socket", check=False).stdout.split()
    assert enabled == ["disabled", "disabled"]
    until(lambda: states(container) == ["inactive", "inactive"], what="the socket to be stopped too")


def check_stopped_stays_stopped(container: Container) -> None:
    """A question does not start what was stopped; a restart, and a crash, keep the socket."""
    sh = container.sh
    sh("systemctl stop pingmon")
    until(lambda: states(container) == ["inactive", "inactive"], what="the socket to be stopped too")
    refused = sh("pingmonctl status", check=False)
    assert refused.returncode == 3
    assert "pingmond is stopped (systemctl start pingmon)" in refused.stderr
    assert states(container) == ["inactive", "inactive"]
    assert sh("test -e /run/pingmon.sock", check=False).returncode == 1
    sh("systemctl start pingmon && pingmonctl status")
    sh("systemctl restart pingmon & for n in 1 2 3 4 5 6; do pingmonctl status || exit 1; done; wait")
    assert states(container) == ["active", "active"]
    pauses = sh("systemctl show -P RestartUSec -P RestartSteps pingmon").stdout.split()
    assert pauses in (["5s"], ["5s", "0"])  # the same pause after every crash


def check_reload_of_a_broken_file_fails(container: Container) -> None:
    sh = container.sh
    sh(BREAK)
    assert sh("systemctl reload pingmon", check=False).returncode == 1
    said = sh("journalctl -u pingmon -p err -o cat").stdout
    assert f"pingmond: {CONFIGURATION}: nonsense: no such setting" in said
    sh("pingmonctl status")
    assert states(container) == ["active", "active"]
    sh(f"{MEND} && systemctl reload pingmon")


def check_wrong_configuration_is_said_and_not_retried(container: Container) -> None:
    sh = container.sh
    sh(BREAK)
    assert sh("systemctl restart pingmon", check=False).returncode == 1
    began = time.monotonic()
    refused = sh("pingmonctl status", check=False)
    assert time.monotonic() - began < 10 and refused.returncode == 3
    assert "nonsense: no such setting" in refused.stderr
    until(lambda: states(container) == ["failed", "active"], what="the failed state")
    shown = sh("systemctl show -p ExecMainStatus,NRestarts,SubState pingmon").stdout.split()
    assert sorted(shown) == ["ExecMainStatus=78", "NRestarts=0", "SubState=failed"]
    waiting = sh("ss -xlH src /run/pingmon.sock").stdout.split()[2]
    assert waiting == "0"  # else systemd would start the service for it
    assert "nonsense" in sh("journalctl -u pingmon -p warning -o cat").stdout
    sh(f"{MEND} && pingmonctl status")  # the question starts it


def check_other_failures_are_said_and_retried(container: Container) -> None:
    sh = container.sh
    sh("systemctl stop pingmon && cp /var/lib/pingmon/pingmon.db /srv/db")
    sh("cd /var/lib/pingmon && rm -f pingmon.db-* && head -c 10000 /dev/urandom > pingmon.db")
    assert sh("systemctl start pingmon", check=False).returncode == 1
    began = time.monotonic()
    refused = sh("pingmonctl status", check=False)
    assert time.monotonic() - began < 10 and "is damaged" in refused.stderr
    sh("cp /srv/db /var/lib/pingmon/pingmon.db")
    until(lambda: states(container) == ["active", "active"], what="a start without anybody's help")


def check_a_frozen_service_is_said(container: Container) -> None:
    sh = container.sh
    sh("kill -STOP $(systemctl show -P MainPID pingmon)")
    began = time.monotonic()
    refused = sh("pingmonctl status", check=False)
    assert time.monotonic() - began < 10 and refused.returncode == 3
    assert "is frozen" in refused.stderr and "journalctl -u pingmon" in refused.stderr
    sh("kill -CONT $(systemctl show -P MainPID pingmon) && pingmonctl status")


def check_a_missing_credential_is_said_and_not_retried(container: Container) -> None:
    """Nothing of pingmond runs then: systemd ends with EXIT_CREDENTIALS before that."""
    sh = container.sh
    sh(
        f"mkdir -p {DROP_INS} && printf '[Service]\\nLoadCredential=home:/etc/pingmon/none\\n' > "
        f"{DROP_INS}/bot.conf && systemctl daemon-reload"
    )
    assert sh("systemctl restart pingmon", check=False).returncode == 1
    until(lambda: states(container) == ["failed", "inactive"], what="the failed state")
    for _ in range(2):
        began = time.monotonic()
        refused = sh("pingmonctl status", check=False)
        assert time.monotonic() - began < 10 and refused.returncode == 3
        assert "a credential of its unit can't be loaded" in refused.stderr
    assert sh("systemctl show -P NRestarts pingmon").stdout.strip() == "0"
    # Of systemd itself: the line of its child, which names the file, may come without the unit's
    # name, as the child may have ended before journald reads its cgroup.
    until(
        lambda: "status=243/CREDENTIALS" in sh("journalctl -u pingmon -o cat").stdout,
        what="the reason in the journal",
    )
    sh("systemctl start pingmon.socket")  # whoever asks now is told, too, and starts no loop
    refused = sh("pingmonctl status", check=False)
    assert refused.returncode == 3 and "credential" in refused.stderr, refused
    until(lambda: states(container) == ["failed", "inactive"], what="the failed state")
    sh(f"rm -r {DROP_INS} && systemctl daemon-reload && systemctl start pingmon && pingmonctl status")


def check_configuration_is_judged_as_the_service_sees_it(container: Container) -> None:
    """Root can read all; the service has its user, its sandbox and its credentials."""
    sh = container.sh
    sh(
        f"printf '{TOKEN}\\n' > /etc/pingmon/home.token && chmod 600 /etc/pingmon/home.token && "
        f"mkdir -p {DROP_INS} /home/admin && cp /etc/pingmon/home.token /home/admin/ && "
        f"chmod 644 /home/admin/home.token && cp {CONFIGURATION} /srv/kept && "
        f"printf '[Service]\\nLoadCredential=home:/etc/pingmon/home.token\\n' > {DROP_INS}/bot.conf && "
        f"systemctl daemon-reload"
    )
    for setting, words in (
        ('token_credential = "home"', ""),
        ('token_credential = "other"', "other: No such file"),
        ('token_file = "/home/admin/home.token"', "Permission denied"),  # ProtectHome
        ('token_file = "/etc/pingmon/home.token"', "Permission denied"),  # of root alone
    ):
        sh(f"cp /srv/kept {CONFIGURATION} && printf '[bots.home]\\n{setting}\\n' >> {CONFIGURATION}")
        checked = sh("pingmond --check-config", check=False)
        assert checked.returncode == bool(words), checked.stderr
        assert words in checked.stderr and ("User=pingmon" in checked.stderr) == bool(words)
        assert sh("systemctl restart pingmon", check=False).returncode == bool(words)
    sh(f"cp /srv/kept {CONFIGURATION} && rm /etc/pingmon/home.token")
    missing = sh("pingmond --check-config", check=False)
    assert missing.returncode == 1 and "can't load a credential" in missing.stderr
    sh(f"rm -r {DROP_INS} && systemctl daemon-reload && systemctl restart pingmon")


def check_root_by_hand_harms_nothing(container: Container) -> None:
    sh = container.sh
    sh("systemctl stop pingmon")
    refused = sh("pingmond", check=False)
    assert refused.returncode == 1 and "systemctl start pingmon" in refused.stderr
    sh("pingmond --backup /srv/copy-by-root.db")
    assert sh("find /var/lib/pingmon -not -user pingmon").stdout == ""
    by_hand = "setpriv --reuid=pingmon --regid=pingmon --init-groups --inh-caps=+net_raw"
    done = sh(f"timeout 8 {by_hand} --ambient-caps=+net_raw pingmond --socket /tmp/x.sock", check=False)
    assert "watches 0 monitors" in done.stderr and "<6>" not in done.stderr
    sh("systemctl start pingmon && pingmonctl status")


def check_plugin(container: Container) -> None:
    """The example of a plugin for Nagios and its kin."""
    sh, plugin = container.sh, "/usr/share/doc/pingmon/examples/check_pingmon"
    well = sh(plugin)
    assert well.stdout.startswith("PINGMON OK - 0 up, 0 down, 0 unknown | up=0 ")
    sh("systemctl stop pingmon")
    ill = sh(plugin, check=False)
    assert ill.returncode == 2 and ill.stdout.startswith("PINGMON CRITICAL - ")
    sh("systemctl start pingmon")
    for file in ("README.md", "NEWS.gz", "docs/detection.md", "examples/pingmon.toml"):
        sh(f"test -s /usr/share/doc/pingmon/{file}")
    pages = sh(
        "for page in pingmon pingmonctl pingmond pingmon.toml; do man $page || exit 1; done"
    ).stdout
    assert "UNSET" not in pages and "(default )" not in pages
    shown = sh("pingmonctl --version").stdout.split()[1]
    assert sh("dpkg-query -W -f '${Version}' pingmon").stdout == shown
    assert (ROOT / "debian" / "changelog").read_text().startswith(f"pingmon ({shown.split('~')[0]})")
