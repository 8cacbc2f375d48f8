"""The responder's devices in a lab."""

import subprocess
import sys
from pathlib import Path

from tests.support.lab import Lab, run
from tests.support.paths import ROOT


class Devices:
    """The responder in a lab's peer namespace, with the daemon's route to it, while the block runs."""

    def __init__(self, lab: Lab, *subnets: str, log: Path | None = None) -> None:
        self.lab = lab
        for one in subnets:
            version, gateway = ("-6", "fd99::2") if ":" in one else ("-4", "10.99.0.2")
            run("ip", version, "-n", lab.here, "route", "add", one, "via", gateway)
        command = [
            "ip",
            "netns",
            "exec",
            lab.peer,
            sys.executable,
            "-m",
            "tests.support.responder",
            "tun0",
            *subnets,
        ]
        if log:
            command += ["--log", str(log)]
        pipe = subprocess.PIPE
        self.child = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        if self._line() != "ready":
            raise RuntimeError("the responder did not start")

    def tell(self, *words: object) -> str:
        """One command of tests.support.responder; what came after `ok`. Raises ValueError."""
        assert self.child.stdin is not None
        print(*words, file=self.child.stdin, flush=True)
        answer = self._line()
        if not answer.startswith("ok"):
            raise ValueError(answer)
        return answer.removeprefix("ok").strip()

    def _line(self) -> str:
        assert self.child.stdout is not None
        return self.child.stdout.readline().strip()

    def __enter__(self) -> "Devices":
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it; its log is complete then."""
        self.child.communicate(timeout=10)
