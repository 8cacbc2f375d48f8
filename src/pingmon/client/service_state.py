"""What systemd knows of pingmon.service, in words for somebody whose question got no answer."""

import subprocess

UNIT = "pingmon.service"
PROPERTIES = "LoadState,ActiveState,SubState,Result,ExecMainStatus,NRestarts"
TIMEOUT = 2.0  # s
LOOK = "see journalctl -u pingmon -p warning"
RUNS = f"pingmond runs, but does not answer; {LOOK}"
STARTING, STOPPING = "pingmond is starting", "pingmond is being stopped"
PASSING = frozenset((STARTING, STOPPING))  # an answer may come yet: a restart passes both
# Exit statuses of pingmond after which systemd does not start it again, see pingmond(8).
_WRONG_SETTINGS = {"2": "its unit has wrong options", "78": "its configuration is wrong"}


def service_state() -> str | None:
    """`describe` of the service on this machine; None where systemd does not know it."""
    command = ["systemctl", "show", UNIT, f"--property={PROPERTIES}"]
    try:
        shown = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return describe(shown.stdout) if shown.returncode == 0 else None


def describe(shown: str) -> str | None:
    """One sentence from the output of `systemctl show` with PROPERTIES; None if there is no such unit."""
    of = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if of.get("LoadState") not in ("loaded", "masked"):
        return None
    active, status = of.get("ActiveState"), of.get("ExecMainStatus", "")
    if of["LoadState"] == "masked":
        return "pingmond is disabled: its unit is masked (systemctl unmask pingmon)"
    if active == "inactive":
        return "pingmond is stopped (systemctl start pingmon)"
    if active == "deactivating":
        return STOPPING
    if active == "failed" and status in _WRONG_SETTINGS:
        return f"pingmond does not start: {_WRONG_SETTINGS[status]} (pingmond --check-config); {LOOK}"
    if active == "failed":
        return f"pingmond has failed ({of.get('Result')}) and is not started again; {LOOK}"
    if of.get("SubState", "").startswith("auto-restart"):
        return f"pingmond does not start: it ended with status {status} and is tried again; {LOOK}"
    if active == "activating" and of.get("NRestarts", "0") != "0":
        return f"pingmond is being started again, for the {of['NRestarts']}. time; {LOOK}"
    if active == "activating":
        return STARTING
    return RUNS
