"""The examples of docs/apprise.md, each from add-mon to the message, and what fails.

The services stand at their own names, by TLS, in the daemon's network: what they take is their documented
API, written down in tests/support/services.py.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.certificates import Authority
from tests.support.lab import Lab, Pingmon, until
from tests.support.other_sides import Receiver

A, B = "10.0.0.1", "10.0.0.2"
FAST = ("--interval", "1", "--timeout", "1")


class Example(NamedTuple):
    service: str
    host: str
    address: str  # where that is here
    url: str
    to: str  # what the service says of the recipient


EXAMPLES = (
    Example("Ntfy", "ntfy.sh", "127.0.0.11", "ntfys://ntfy.sh/CanaryTopic", "CanaryTopic"),
    Example(
        "Slack",
        "hooks.slack.com",
        "127.0.0.12",
        "slack://T0CANARY1/B0CANARY2/CanaryCanaryCanaryCanary",
        "/services/T0CANARY1/B0CANARY2/CanaryCanaryCanaryCanary",
    ),
    Example(
        "Discord",
        "discord.com",
        "127.0.0.13",
        f"discord://123456789012345678/{'Canary' * 11}_-",
        f"/api/webhooks/123456789012345678/{'Canary' * 11}_-",
    ),
    Example(
        "Matrix",
        "matrix.test",
        "127.0.0.14",
        "matrixs://pingmon:CanaryPassword@matrix.test/#alerts",
        "!opaque:matrix.test",
    ),
)


@pytest.fixture
def internet(pingmon: Pingmon, tmp_path: Path) -> Iterator[dict[str, Receiver]]:
    """The services at their names, with certificates that the daemon trusts."""
    etc = Path("/etc/netns") / pingmon.lab.here  # which ip-netns(8) puts over /etc
    etc.mkdir(parents=True)
    lines = [f"{one.address} {one.host}" for one in EXAMPLES]
    (etc / "hosts").write_text("\n".join(("127.0.0.1 localhost", *lines, "")))
    authority = Authority(tmp_path)
    pingmon.environment["REQUESTS_CA_BUNDLE"] = str(authority.ca_file)
    found = {}
    for one in EXAMPLES:
        files = ":".join(map(str, authority.sign(one.service, f"DNS:{one.host}")))
        found[one.service] = Receiver(
            pingmon, "services", 443, one.service, f"tls={files}", host=one.address
        )
    yield found
    shutil.rmtree(etc)


def start(pingmon: Pingmon, allow: str = "true") -> None:
    file = pingmon.directory / "pingmon.toml"
    file.write_text(f"uplink = []\n[apprise]\nallow_private = {allow}\n")
    pingmon.start(f"--config={file}", "--log-level=debug")


@pytest.mark.long
def test_the_examples_of_the_manual_arrive(
    lab: Lab, pingmon: Pingmon, internet: dict[str, Receiver]
) -> None:
    start(pingmon)
    ids = {}
    for number, one in enumerate(EXAMPLES, 1):
        line = ("--apprise", one.url, "--ip_address", f"10.0.0.{number}", "--name", one.service)
        ids[one.service] = pingmon.ctl("add-mon", *line, *FAST).stdout.strip()
    for one in EXAMPLES:
        pingmon.ctl("test-mon", "--id", ids[one.service])
        (message,) = internet[one.service].wait(1)
        assert message["to"] == one.to
        assert f"pingmon: a test for {one.service}" in message["text"]
    devices = [f"10.0.0.{number}" for number in range(1, 5)]
    pingmon.wait_state("up", *devices)
    lab.unplug(*devices)
    for one in EXAMPLES:
        message = internet[one.service].wait(2)[1]
        assert f"{one.service} (10.0.0." in message["text"] and "is down: no reply" in message["text"]
        assert "since 20" in message["text"]
    until(lambda: pingmon.status()["outbox"]["waiting"] == 0, what="all to be told")
    shown = pingmon.ctl("list-mon", "-o", "wide").stdout + pingmon.log.read_text()
    for one in EXAMPLES:
        assert f"{one.url.partition('://')[0]}://..." in shown
    assert "canary" not in shown.lower()


def test_a_password_that_is_wrong_suspends_and_a_private_address_is_refused(
    lab: Lab, pingmon: Pingmon, internet: dict[str, Receiver]
) -> None:
    start(pingmon, "false")
    url = "matrixs://pingmon:CanaryWrong@matrix.test/#alerts"
    refused = pingmon.ctl("add-mon", "--apprise", url, "--ip_address", A, check=False)
    assert refused.returncode == 1 and "this machine, which is not allowed" in refused.stderr
    pingmon.stop()
    start(pingmon)
    pingmon.ctl("add-mon", "--apprise", url, "--ip_address", A, *FAST)
    pingmon.wait_state("up", A)
    lab.unplug(A)

    def delivery() -> str:
        return str(pingmon.monitors()[A]["delivery"])

    until(lambda: delivery().startswith("suspended: "), what="it to be suspended")
    waiting: list[dict[str, Any]] = json.loads(pingmon.ctl("outbox", "list", "-o", "json").stdout)[
        "channels"
    ]
    assert len(waiting) == 1 and "error=401" in delivery()
    assert internet["Matrix"].messages() == []
    assert "Canary" not in refused.stderr + delivery() + pingmon.log.read_text()


def test_a_service_that_is_local_or_unknown_is_refused(pingmon: Pingmon) -> None:
    start(pingmon)
    for url, words in (
        ("dbus://", "tells this machine"),
        ("syslog://localhost", "tells this machine, on which nobody sees it"),
        ("nosuch://Canary", "Apprise takes no such URL"),
        ("Canary", "is no URL"),
    ):
        done = pingmon.ctl("add-mon", "--apprise", url, "--ip_address", A, check=False)
        assert done.returncode == 1 and words in done.stderr and "Canary" not in done.stderr, url
