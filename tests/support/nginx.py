"""A real nginx with the configuration that a test gives it. It runs as a process of its own."""

import os
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.lab import until

_MAIN = """
daemon off; master_process off; worker_processes 1; pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off; default_type text/plain; keepalive_timeout 5s;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
{servers}
}}
"""


def need_nginx() -> None:
    """Skips, or fails in CI, when there is none."""
    if shutil.which("nginx"):
        return
    reason = "needs nginx (Debian: nginx-light)"
    if os.environ.get("CI"):
        pytest.fail(f"CI must not skip this: {reason}")
    pytest.skip(reason)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Nginx:
    """servers: `server` blocks. port: one that is accepted on when it is ready."""

    def __init__(self, directory: Path, servers: str, port: int, *prefix: str) -> None:
        directory.mkdir(exist_ok=True)
        self.configuration = directory / "nginx.conf"
        self.configuration.write_text(_MAIN.format(directory=directory, servers=servers))
        self._command = [*prefix, "nginx", "-p", str(directory), "-c", str(self.configuration)]
        self._port, self._is_local = port, not prefix
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        if self._is_local:
            until(lambda: _is_open(self._port), what="nginx")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def _is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
