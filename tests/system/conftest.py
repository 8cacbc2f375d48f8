"""The package as `make deb` builds it, and a booted system of each release to install it on."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.container import Container, only_one
from tests.support.installation import RELEASES
from tests.support.lab import run
from tests.support.paths import ROOT


def build(target: Path) -> Path:
    """The package that `make deb` leaves alone in dist/, copied to the folder `target`."""
    with only_one("package"):
        run("make", "-C", str(ROOT), "deb", timeout=300)
        (newest,) = (ROOT / "dist").glob("*.deb")  # the README's command takes it by a pattern
        return Path(shutil.copy(newest, target))


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("package"))


@pytest.fixture(params=RELEASES)
def container(request: pytest.FixtureRequest, package: Path) -> Iterator[Container]:
    if os.geteuid() != 0 or not shutil.which("systemd-nspawn") or not shutil.which("mmdebstrap"):
        reason = "needs root, systemd-container and mmdebstrap"
        if os.environ.get("CI"):
            pytest.fail(f"CI must not skip this: {reason}")
        pytest.skip(reason)
    with Container(request.param) as booted:
        booted.put(package, "/srv/pingmon.deb")
        yield booted
