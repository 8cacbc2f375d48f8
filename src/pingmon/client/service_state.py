"""What systemd knows of pingmon.service, in words for somebody whose question got no answer."""

import subprocess
from enum import Enum
from typing import NamedTuple

UNIT = "pingmon.service"
PROPERTIES = "LoadState,ActiveState,SubState,Result,ExecMainStatus,NRestarts"
TIMEOUT = 1.0  # s
LOOK = "see journalctl -u pingmon -p warning"
# Exit statuses of pingmond after which systemd does not start it again, see pingmond(8).
_WRONG_SETTINGS = {
    "2": "its unit has wrong options (systemctl cat pingmon)",
    "78": "its configuration is wrong (pingmond --check-config)",
    "243": "a credential of its unit can't be loaded (LoadCredential=)",
}


class Phase(Enum):
    """Whether waiting for an answer makes sense."""

    RUNS = "it should answer"
    PASSES = "it may answer soon: a restart passes both starting and stopping"
    GONE = "it will not answer"


class ServiceState(NamedTuple):
    """words: a sentence without its full stop."""

    words: str
    phase: Phase


def service_state() -> ServiceState | None:
    """`describe` of the service on this machine; None where systemd does not know it."""
    command = ["systemctl", "show", UNIT, f"--property={PROPERTIES}"]
    try:
        shown = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return describe(shown.stdout) if shown.returncode == 0 else None


def describe(shown: str) -> ServiceState | None:
    """From the output of `systemctl show` with PROPERTIES; None if there is no such unit."""
    of = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if of.get("LoadState") not in ("loaded", "masked"):
        return None
    active, status = of.get("ActiveState"), of.get("ExecMainStatus", "")
    if of["LoadState"] == "masked":
        return _gone("pingmond is disabled: its unit is masked (systemctl unmask pingmon)")
    if active == "inactive":
        return _gone("pingmond is stopped (systemctl start pingmon)")
    if active == "failed" and status in _WRONG_SETTINGS:
        return _gone(f"pingmond does not start: {_WRONG_SETTINGS[status]}; {LOOK}")
    if active == "failed":
        return _gone(f"pingmond has failed ({of.get('Result')}) and is not started again; {LOOK}")
    if of.get("SubState", "").startswith("auto-restart"):
        return _gone(f"pingmond does not start: it ended with status {status} and is tried again; {LOOK}")
    if active == "deactivating":
        return ServiceState("pingmond is being stopped", Phase.PASSES)
    if active == "activating" and (times := of.get("NRestarts", "0")) != "0":
        words = f"pingmond is being started again, for the {times}. time; {LOOK}"
        return ServiceState(words, Phase.PASSES)
    if active == "activating":
        return ServiceState("pingmond is starting", Phase.PASSES)
    return ServiceState(f"pingmond runs, but does not answer; {LOOK}", Phase.RUNS)


def _gone(words: str) -> ServiceState:
    return ServiceState(words, Phase.GONE)
