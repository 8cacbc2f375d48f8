"""The package's build: by the standard command in a bare clone, its source, its version."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.container import Container
from tests.support.lab import run
from tests.support.paths import ROOT
from tests.system.conftest import build

pytestmark = pytest.mark.timeout(300)
AUTHOR = ["-c", "user.name=x", "-c", "user.email=x@x.example"]


def test_two_builds_are_identical(package: Path, tmp_path: Path) -> None:
    again = build(tmp_path)
    assert again.name == package.name
    assert again.read_bytes() == package.read_bytes()


def in_folder(folder: Path, *command: str, **variables: str) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=200, env=os.environ | variables
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_the_standard_command_builds_in_a_bare_clone(package: Path, tmp_path: Path) -> None:
    """`package` has seen to it that what builds is installed. What is not committed is not in a clone."""
    clone = tmp_path / "pingmon"
    run("git", "clone", "--quiet", str(ROOT), str(clone))
    in_folder(clone, "dpkg-buildpackage", "-us", "-uc", "-b")
    (made,) = tmp_path.glob("*.deb")
    assert made.name == f"pingmon_{in_folder(clone, 'debian/version.sh').strip()}_all.deb"
    assert in_folder(clone, "git", "status", "--porcelain") == ""
    in_folder(clone, "debian/rules", "clean")


@pytest.mark.parametrize("container", ["trixie"], indirect=True)
def test_lintian_finds_nothing_in_the_source(container: Container, tmp_path: Path) -> None:
    clone = tmp_path / "pingmon"
    run("git", "clone", "--quiet", str(ROOT), str(clone))
    in_folder(clone, "dpkg-buildpackage", "-us", "-uc", "-S", "-d")
    made = [*tmp_path.glob("*.dsc"), *tmp_path.glob("*.tar.*")]
    assert len(made) == 2
    for file in made:
        container.put(file, f"/srv/{file.name}")
    found = container.sh(f"lintian --allow-root /srv/{made[0].name} 2>&1", check=False).stdout
    assert found == ""


def test_the_version_is_the_changelogs_and_builds_between_releases_sort_by_time(tmp_path: Path) -> None:
    (tmp_path / "debian").mkdir()
    (tmp_path / "debian" / "changelog").write_text("pingmon (1.2) unstable; urgency=medium\n")
    shutil.copy(ROOT / "debian" / "version.sh", tmp_path / "debian")

    def version() -> str:
        return in_folder(tmp_path, "debian/version.sh").strip()

    def commit(when: str) -> None:
        in_folder(tmp_path, "git", "add", "-A")
        words = ["commit", "--quiet", "--allow-empty", "--message", "x"]
        in_folder(tmp_path, "git", *AUTHOR, *words, GIT_COMMITTER_DATE=when)

    assert version() == "1.2"  # a source archive has no git
    in_folder(tmp_path, "git", "init", "--quiet")
    commit("2026-11-24T23:59:59+02:00")
    older = version()
    commit("2026-11-24T23:00:00+00:00")
    newer = version()
    assert older.startswith("1.2~git20261124215959.") and newer.startswith("1.2~git20261124230000.")
    with (tmp_path / "debian" / "changelog").open("a") as file:
        file.write("\n")
    changed = version()
    assert changed.endswith("+changed")
    in_folder(tmp_path, "git", "checkout", "--quiet", "debian/changelog")
    in_folder(tmp_path, "git", "tag", "v1.2")
    assert version() == "1.2"
    for first, second in ((older, newer), (newer, changed), (changed, "1.2")):
        run("dpkg", "--compare-versions", first, "lt", second)


def test_the_version_is_written_in_one_place() -> None:
    from pingmon import __version__

    newest = (ROOT / "debian" / "changelog").read_text().split("(")[1].split(")")[0]
    assert __version__ == newest
    for file in ("setup.cfg", "pyproject.toml", "src/pingmon/__init__.py"):
        assert newest not in (ROOT / file).read_text()
