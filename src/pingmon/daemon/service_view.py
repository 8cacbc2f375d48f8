"""`pingmond --check-config` by root: judged as pingmon.service would see it.

Root reads every file, and the service does not: it has another user, its sandbox hides directories, and
its credentials exist only while it runs. So the check runs as a transient service that has the
settings of pingmon.service, drop-ins included, on which the view depends.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from pingmon.daemon.systemd import say_error

UNIT = "pingmon.service"
FLAG = "--check-config"
INSIDE = "PINGMON_CHECK_INSIDE"  # set in the transient service, so that it does not make another one
TIMEOUT = 30.0  # s
# Settings of [Service] that decide what its processes see.
# fmt: off
_VIEW = frozenset((
    "User", "Group", "SupplementaryGroups", "Environment",
    "EnvironmentFile", "PassEnvironment", "UnsetEnvironment", "LoadCredential",
    "LoadCredentialEncrypted", "SetCredential", "SetCredentialEncrypted", "ImportCredential",
    "ProtectHome", "ProtectSystem", "PrivateTmp", "PrivateUsers",
    "PrivateDevices", "TemporaryFileSystem", "BindPaths", "BindReadOnlyPaths",
    "InaccessiblePaths", "ReadOnlyPaths", "ReadWritePaths", "RootDirectory",
    "WorkingDirectory", "CapabilityBoundingSet", "AmbientCapabilities",
))
# fmt: on
_SHOWN = ("User", "ProtectHome", "PrivateTmp")  # what explains most differences
_CREDENTIALS = 243  # EXIT_CREDENTIALS of systemd.exec(5)


def service_settings(text: str) -> list[tuple[str, str]]:
    """Key and value of each line of [Service] in what `systemctl cat` prints, in order of force."""
    found, section = [], ""
    for line in text.replace("\\\n", " ").splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            found.append((key.strip(), value.strip()))
    return found


def service_command(settings: list[tuple[str, str]]) -> list[str]:
    """Program and arguments of the unit's ExecStart=, the last that is set; empty if none is."""
    commands = [value for key, value in settings if key == "ExecStart" and value]
    return shlex.split(commands[-1].lstrip("@-:+!")) if commands else []


def check_as_service(arguments: list[str]) -> int | None:
    """The exit status of the check inside; None if it can't be made that way, or need not be."""
    if FLAG not in arguments or os.geteuid() or INSIDE in os.environ:
        return None
    if not Path("/run/systemd/system").is_dir():
        return None
    try:
        shown = subprocess.run(
            ["systemctl", "cat", UNIT], capture_output=True, text=True, timeout=TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    settings = service_settings(shown.stdout)
    command = service_command(settings)
    if not command or Path(command[0]).resolve() != Path(sys.argv[0]).resolve():
        return None  # another pingmond, for example that of a checkout
    return _run_inside(settings, [*command, *arguments])


def _run_inside(settings: list[tuple[str, str]], command: list[str]) -> int:
    view = [f"--property={key}={value}" for key, value in settings if key in _VIEW]
    options = ["--quiet", "--wait", "--pipe", "--collect", "--service-type=exec", f"--setenv={INSIDE}=1"]
    try:
        done = subprocess.run(
            ["systemd-run", *options, *view, "--", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
    except (OSError, subprocess.SubprocessError) as error:
        say_error(f"pingmond: could not look as the service does: {error}")
        return 1
    print(done.stdout, end="", flush=True)
    if done.returncode == 0:
        if done.stderr:
            print(done.stderr, end="", file=sys.stderr)
        return 0
    last = dict(settings)
    if done.returncode == _CREDENTIALS:
        names = [value for key, value in settings if key.startswith("LoadCredential") and value]
        say_error(f"pingmond: systemd can't load a credential of {UNIT}: {', '.join(names)}")
        return 1
    if done.returncode not in (1, 2):
        say_error(f"pingmond: {UNIT} would not start: exit status {done.returncode}, see systemd.exec(5)")
    if done.stderr:
        say_error(done.stderr)
    seen = ", ".join(f"{key}={last[key]}" for key in _SHOWN if last.get(key))
    say_error(f"pingmond: looked as {UNIT} does: {seen}")
    return 1
