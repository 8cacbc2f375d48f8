"""What systemd gives and wants, without systemd: an inherited socket, notifications, the watchdog."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.lab import BIN, Lab

ACTIVATE = """
import os, sys
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.dup2(int(sys.argv[1]), 3)
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_inherited_socket_ready_status_watchdog_stopping(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "given.sock"
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(tmp_path / "notify"))
    notify.settimeout(20)
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(str(path))
        listener.listen()
        client.settimeout(20)
        client.connect(str(path))  # waits in the queue before there is a daemon
        client.sendall(b'{"jsonrpc":"2.0","method":"status","id":1}\n')
        activate = [sys.executable, "-c", ACTIVATE, str(listener.fileno())]
        daemon = subprocess.Popen(
            [*activate, str(BIN / "pingmond"), f"--state-dir={tmp_path}/state", f"--socket={path}"],
            env=os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")},
            pass_fds=[listener.fileno()],
            stderr=subprocess.DEVNULL,
        )
        said = [notify.recv(4096).decode()]
        assert said == ["READY=1"]
        assert b'"health":"ok"' in client.recv(65536)
        while "WATCHDOG=1" not in said or not any("STATUS=0 up" in one for one in said):
            said.append(notify.recv(4096).decode())
        daemon.terminate()
        while "STOPPING=1" not in said:
            said.append(notify.recv(4096).decode())
        assert daemon.wait(10) == 0
        assert path.exists()  # an inherited socket is never unlinked
    notify.close()
