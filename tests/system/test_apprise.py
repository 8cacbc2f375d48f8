"""Debian's own Apprise, of each release, run by the service in its sandbox."""

import json

import pytest

from tests.support.container import Container
from tests.support.installation import CONFIGURATION, INSTALL
from tests.support.lab import until
from tests.support.paths import ROOT

pytestmark = pytest.mark.long
SERVICE = "env PYTHONPATH=/srv python3 -m tests.support.services 8090 /srv/told"
URL = "ntfy://127.0.0.1:8090/CanaryTopic"
ADD = f"pingmonctl add-mon --apprise {URL} --interval 1 --timeout 1 --ip_address 127.0.0.9"


@pytest.mark.timeout(600)
def test_the_service_tells_by_debians_apprise_and_says_when_it_is_missing(container: Container) -> None:
    sh = container.sh
    sh(f"{INSTALL} /srv/pingmon.deb")
    sh("mkdir -p /srv/tests/support && touch /srv/told")
    for name in ("http_receiver.py", "services.py"):
        container.put(ROOT / "tests" / "support" / name, f"/srv/tests/support/{name}")
    sh(f"systemd-run -q --unit service {SERVICE}")
    refused = sh(f"{ADD} 2>&1", check=False)
    assert refused.returncode == 1 and "this machine, which is not allowed" in refused.stdout
    sh(f"printf '[apprise]\\nallow_private = true\\n' > {CONFIGURATION} && systemctl reload pingmon")
    number = sh(ADD).stdout.strip()
    sh(f"pingmonctl test-mon {number}")
    (told,) = (json.loads(line) for line in sh("cat /srv/told").stdout.splitlines())
    assert (told["to"], told["text"]) == ("CanaryTopic", "pingmon: a test for 127.0.0.9")
    template = f"workflows://127.0.0.1:8090/workflow/signature?template={CONFIGURATION}"
    stolen = sh(f"{ADD.replace(URL, repr(template))} && pingmonctl test-mon 127.0.0.9 2>&1", check=False)
    assert stolen.returncode == 1 and "allow_private" not in sh("cat /srv/told").stdout
    sh("apt-get remove -y -qq apprise python3-apprise 2>&1 || dpkg --purge --force-depends apprise")
    missing = sh(f"pingmonctl test-mon {number} 2>&1", check=False)
    assert missing.returncode == 1 and "Apprise is not installed" in missing.stdout
    assert "apt install apprise" in missing.stdout
    assert "active" in sh("systemctl is-active pingmon").stdout
    until(lambda: "Canary" not in sh("journalctl -u pingmon").stdout, 1, "no URL in the journal")
