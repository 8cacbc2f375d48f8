"""The peers' programs, from Debian's packages: downloaded by apt, unpacked under .cache, not installed.

Nothing of the machine changes, and no service starts, as no package script runs.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache" / "bench"
UNPACKED = CACHE / "root"


def unpack(*packages: str) -> None:
    """Fetches what is missing. Raises RuntimeError with what apt said."""
    CACHE.mkdir(parents=True, exist_ok=True)
    missing = [name for name in packages if not list(CACHE.glob(f"{name}_*.deb"))]
    if not missing:
        return
    for command in (["apt-get", "download"], ["apt-get", "-qq", "update"], ["apt-get", "download"]):
        words = missing if command[-1] == "download" else []
        done = subprocess.run([*command, *words], cwd=CACHE, capture_output=True, text=True)
        if done.returncode == 0 and words:
            break
    else:
        raise RuntimeError(f"apt-get download {' '.join(missing)}: {done.stderr.strip()}")
    for name in missing:
        (deb,) = CACHE.glob(f"{name}_*.deb")
        subprocess.run(["dpkg-deb", "-x", str(deb), str(UNPACKED)], check=True)


def program(package: str, name: str = "") -> str:
    """Path of a package's program."""
    unpack(package)
    return str(UNPACKED / "usr" / "bin" / (name or package))


def version(package: str) -> str:
    """Debian's version of a package that was unpacked, or else of the installed one."""
    for deb in CACHE.glob(f"{package}_*.deb"):
        return deb.name.split("_")[1].replace("%3a", ":")
    query = ["dpkg-query", "-W", "-f", "${Version}", package]
    return subprocess.run(query, capture_output=True, text=True).stdout or "unknown"


def python_programs() -> dict[str, str]:
    """The environment in which Debian's own Python finds the unpacked modules."""
    return os.environ | {"PYTHONPATH": str(UNPACKED / "usr/lib/python3/dist-packages")}


def machine() -> str:
    """CPU, cores, memory, kernel, distribution and Python in one line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if "model name" in line), "unknown")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1048576
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return (
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, Linux {platform.release()}, "
        f"{release}, Python {sys.version.split()[0]}"
    )
