"""What the network to Telegram does keeps no thread from moving, which systemd's watchdog would end."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.container import Container
from tests.support.installation import ADD, BOT_API, CONFIGURATION, DROP_INS, INSTALL, put_bot_api
from tests.support.lab import until

pytestmark = pytest.mark.long
WATCHDOG = 8  # s; in the unit it is 60, which a test should not take
TRICKLE = """
import socket, threading, time
def serve(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nX: ")
    while True:
        connection.sendall(b"x")
        time.sleep(1)
listener = socket.create_server(("127.0.0.1", 8081))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


def serve(container: Container, command: str) -> None:
    """On the port of the Bot API; what served there before is gone, and its connections with it."""
    container.sh(
        f"systemctl stop bot-api; systemctl reset-failed bot-api; systemd-run -q --unit bot-api {command}"
    )
    until(lambda: "8081" in container.sh("ss -Hltn").stdout, what="the Bot API")


def check_well(container: Container, seconds: float, pid: str) -> None:
    """For so long it answers, and is the process that it was."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        status: dict[str, Any] = json.loads(container.sh("pingmonctl status -o json --wait 5").stdout)
        assert "has not moved" not in status["health"], status["health"]
        shown = container.sh("systemctl show -P NRestarts -P MainPID pingmon").stdout.split()
        assert sorted(shown) == sorted(["0", pid]), container.sh("journalctl -u pingmon -o cat").stdout
        time.sleep(0.5)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("container", ["bookworm"], indirect=True)
def test_trickling_answers_and_vanishing_packets_do_not_restart_the_service(
    container: Container, tmp_path: Path
) -> None:
    sh = container.sh
    sh(f"{INSTALL} /srv/pingmon.deb")
    (tmp_path / "trickle.py").write_text(TRICKLE)
    container.put(tmp_path / "trickle.py", "/srv/trickle.py")
    put_bot_api(container)
    serve(container, "python3 /srv/trickle.py")
    sh(
        f"mkdir -p {DROP_INS} && printf '[Service]\\nWatchdogSec={WATCHDOG}\\n' > {DROP_INS}/dog.conf && "
        "systemctl daemon-reload && "
        f"echo 'telegram_api_url = \"http://127.0.0.1:8081\"' > {CONFIGURATION}"
    )
    sh("systemctl restart pingmon && nft 'add table inet f; add set inet f dead { type ipv4_addr; }; "
       "add chain inet f o { type filter hook output priority 0; }; "
       "add rule inet f o icmp type echo-reply ip saddr @dead drop'")  # fmt: skip
    for address in ("127.0.0.8", "127.0.0.9"):
        sh(f"{ADD} {address} --timeout 1 --no_verify --no_wait")
    up = "test $(pingmonctl list-mon --state up -o json | grep -o '\"id\"' | wc -l) = 2"
    until(lambda: sh(up, check=False).returncode == 0, what="both to be up")
    pid = sh("systemctl show -P MainPID pingmon").stdout.strip()
    sh("nft add element inet f dead '{ 127.0.0.9 }'")
    until(lambda: "8081" in sh("ss -Htn state established dport = :8081").stdout, what="a request")
    check_well(container, 2.5 * WATCHDOG, pid)
    assert sh("cat /srv/messages").stdout == ""
    sh("nft add rule inet f o tcp dport 8081 drop")  # as a router that forgot what it routed
    serve(container, BOT_API)
    check_well(container, 1.5 * WATCHDOG, pid)
    sh("nft flush chain inet f o")
    until(lambda: "127.0.0.9" in sh("cat /srv/messages").stdout, 60, "the message to arrive at last")
    check_well(container, 0.0, pid)
