"""A booted systemd of a Debian release in a container, with nothing but the package's dependencies."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.lab import run, until
from tests.support.paths import ROOT

# What the package depends on, so that it installs with no network, and what the tests need.
_DEPENDS = re.findall(
    r"\bpython3-[a-z0-9-]+", (ROOT / "debian" / "control").read_text().split("\nDepends:")[1]
)
PACKAGES = (
    "systemd,systemd-sysv,dbus,netbase,iproute2,iputils-ping,procps,nftables,man-db,lintian,python3,"
    "bash-completion,zsh,fish,apprise," + ",".join(_DEPENDS)
)
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Held by one process at a time: tests run side by side, and share what they build."""
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def base(release: str) -> Path:
    """The unpacked root file system of a release, made once and cached by its recipe."""
    with only_one(release):
        return _base(release)


def _base(release: str) -> Path:
    key = hashlib.sha256(f"{release} {PACKAGES}".encode()).hexdigest()[:12]
    target = ROOT / ".cache" / f"root-{release}-{key}"
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=target.parent))
        tar = made / "root.tar"
        options = ["--variant=minbase", f"--include={PACKAGES}", release, str(tar)]
        run("mmdebstrap", "--quiet", *options, timeout=600)
        (made / "root").mkdir()
        run(
            "tar",
            "-xf",
            str(tar),
            "--xattrs",
            "--xattrs-include=*",
            "-C",
            str(made / "root"),
            timeout=300,
        )
        (made / "root").rename(target)
        shutil.rmtree(made)
    return target


class Container:
    """Booted on entry, gone on exit. What happens inside is thrown away."""

    def __init__(self, release: str) -> None:
        self.release = release
        self.name = f"pm{os.getpid()}{release}"
        self.leader = 0

    def __enter__(self) -> "Container":
        self._upper = tempfile.mkdtemp()
        self._log = Path(self._upper + ".log").open("wb")
        self._boot()
        return self

    def _boot(self) -> None:
        script = Path(__file__).with_name("container.sh")
        self._process = subprocess.Popen(
            [str(script), str(base(self.release)), self._upper, self.name],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self.wait_booted()

    def wait_booted(self) -> None:
        until(self._find_leader, 30, f"{self.release} to boot")
        until(lambda: self.sh("test -S /run/systemd/private", check=False).returncode == 0)
        self.sh("systemctl is-system-running --wait || true")

    def reboot(self) -> None:
        """A clean shutdown, then a boot on the same disk."""
        self.sh("systemctl reboot", check=False)
        self._process.wait(30)
        self._boot()

    def _find_leader(self) -> bool:
        assert self._process.poll() is None, Path(self._log.name).read_text()
        for status in Path("/proc").glob("[0-9]*/status"):
            with suppress(OSError, StopIteration):
                lines = dict(
                    line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line
                )
                ours = int(lines["PPid"]) == self._process.pid
                if ours and lines["Name"] == "systemd" and lines["NSpid"].split()[-1] == "1":
                    self.leader = int(status.parent.name)
                    return True
        return False

    def sh(self, script: str, check: bool = True, user: str = "") -> subprocess.CompletedProcess[str]:
        """Run a shell script inside; an error shows what it said."""
        inside = self.inside()
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        done = subprocess.run(
            [*inside, *become, "sh", "-c", script], capture_output=True, text=True, timeout=120
        )
        if check and done.returncode:
            raise RuntimeError(f"{script}: {done.stdout}{done.stderr}")
        return done

    def inside(self, *variables: str) -> list[str]:
        """The start of a command that runs inside, with a clean environment."""
        enter = ["nsenter", "-t", str(self.leader), "-a", "--"]
        return [*enter, "env", "-i", _PATH, "LANG=C.UTF-8", *variables]

    def put(self, file: Path, path: str) -> None:
        with file.open("rb") as content:
            inside = ["nsenter", "-t", str(self.leader), "-a", "--", "sh", "-c", f"cat > {path}"]
            subprocess.run(inside, stdin=content, check=True, timeout=60)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        for tree in ("systemd", "unified", "."):
            top = Path("/sys/fs/cgroup") / tree / self.name
            for folder in sorted(top.glob("**/"), reverse=True):
                with suppress(OSError):
                    folder.rmdir()
        shutil.rmtree(self._upper, ignore_errors=True)
        Path(self._log.name).unlink()
