"""A real unbound that knows what a test tells it. It runs as a process of its own and asks nobody."""

import os
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.lab import until

_CONFIGURATION = """
server:
    interface: {address}@{port}
    interface: ::1@{port}
    port: {port}
    access-control: 0.0.0.0/0 allow
    access-control: ::/0 allow
    do-daemonize: no
    use-syslog: no
    logfile: "{directory}/log"
    pidfile: "{directory}/pid"
    directory: "{directory}"
    chroot: ""
    username: ""
    num-threads: 1
    module-config: "iterator"
{data}
remote-control:
    control-enable: no
"""


def need_unbound() -> None:
    """Skips, or fails in CI, when there is none."""
    if shutil.which("unbound"):
        return
    reason = "needs unbound"
    if os.environ.get("CI"):
        pytest.fail(f"CI must not skip this: {reason}")
    pytest.skip(reason)


class Unbound:
    """zones: each is all that is known of it. records: as "a.example. 60 IN A 192.0.2.1"."""

    def __init__(
        self,
        directory: Path,
        port: int,
        zones: list[str],
        records: list[str],
        address: str = "127.0.0.1",
        *prefix: str,
    ) -> None:
        """prefix: a command that runs it elsewhere, as in a network namespace."""
        directory.mkdir(exist_ok=True)
        lines = [f'    local-zone: "{one}" static' for one in zones]
        lines += [f"    local-data: '{one}'" for one in records]
        self.address, self.port = address, port
        self.configuration = directory / "unbound.conf"
        self.configuration.write_text(
            _CONFIGURATION.format(address=address, port=port, directory=directory, data="\n".join(lines))
        )
        self._command = [*prefix, "unbound", "-c", str(self.configuration)]
        self._is_local = not prefix
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command)
        if self._is_local:
            until(self._is_open, what="unbound")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def _is_open(self) -> bool:
        with suppress(OSError), socket.create_connection((self.address, self.port), 1):
            return True
        return False
