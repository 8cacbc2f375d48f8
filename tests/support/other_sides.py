"""Other sides of channels as programs in the daemon's network."""

import json
import socket
import subprocess
import sys
from typing import Any

from tests.support.lab import Pingmon, until
from tests.support.paths import ROOT
from tests.support.raw_server import in_namespace


class Receiver:
    """A module of tests/support that `http_receiver.serve` runs."""

    def __init__(
        self, pingmon: Pingmon, module: str, port: int, *moods: str, host: str = "127.0.0.1"
    ) -> None:
        """moods: as the program takes them."""
        self.port, self.host, self._module, self._pingmon = port, host, module, pingmon
        self.log = pingmon.directory / f"{module}-{host}-{port}.jsonl"
        self.log.touch()
        self._process: subprocess.Popen[bytes] | None = None
        pingmon.others.append(self)
        self.restart(*moods)

    def restart(self, *moods: str) -> None:
        self.stop()
        inside = ["ip", "netns", "exec", self._pingmon.lab.here]
        program = [sys.executable, "-m", f"tests.support.{self._module}", str(self.port), str(self.log)]
        command = [*inside, *program, f"host={self.host}", *moods]
        self._process = subprocess.Popen(command, cwd=ROOT)
        until(self._listens, what=f"{self._module} to listen")

    def _listens(self) -> bool:
        def connects() -> bool:
            with socket.socket() as sock:
                return sock.connect_ex((self.host, self.port)) == 0

        return bool(in_namespace(self._pingmon.lab.here, connects))

    def stop(self) -> None:
        """Also at the end of the test."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def wait(self, count: int) -> list[dict[str, Any]]:
        until(lambda: len(self.messages()) >= count, what=f"{count} messages")
        return self.messages()
