"""The manual, as it is rendered: complete, and without leavings of what made it."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from pingmon.client.commands import COMMANDS
from pingmon.client.files import toml_rows
from pingmon.client.files.columns import KNOWN
from pingmon.client.files.row import Row
from pingmon.client.parser import build_parser, manual_parser
from pingmon.daemon.config_docs import toml
from pingmon.daemon.config_schema import SETTINGS
from pingmon.handlers import METHODS
from tests.support.paths import ROOT

SECTIONS = (
    "WHICH MONITOR",
    "STATES",
    "HEALTH",
    "FILE FORMAT",
    "JSON",
    "EXIT STATUS",
    "ENVIRONMENT",
    "FILES",
    "EXAMPLES",
    "SEE ALSO",
)


OTHER_SECTIONS = {
    "pingmond.8": ("EXIT STATUS", "ENVIRONMENT", "FILES", "SIGNALS", "EXAMPLES", "SEE ALSO"),
    "pingmon.toml.5": ("OPTIONS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"),
    "pingmon.7": ("FIRST STEPS", "WHEN SOMETHING IS WRONG", "FILES", "SEE ALSO"),
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as the package's build and `make man` make them."""
    folder = tmp_path_factory.mktemp("manual")
    (archive,) = (ROOT / "debian" / "vendor" / "tools").glob("argparse_manpage-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder / "tools", filter="data")
    (tools,) = (folder / "tools").iterdir()
    made = folder / "pages"
    subprocess.run(
        [ROOT / "man" / "build.sh", sys.executable, made, "1"],
        check=True,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{tools}"},
    )
    shutil.copy(ROOT / "man" / "pingmon.7", made)
    return made


def rendered(source: bytes) -> str:
    """As text without line breaks in paragraphs."""
    done = subprocess.run(
        ["groff", "-k", "-man", "-Tutf8", "-ww", "-P-c", "-rLL=2000n"],
        input=source,
        capture_output=True,
        check=True,
    )
    assert done.stderr == b"", done.stderr.decode()
    return re.sub(r".\x08", "", done.stdout.decode())


@pytest.fixture(scope="module")
def pages(sources: Path) -> dict[str, str]:
    if not shutil.which("groff"):
        pytest.skip("needs groff, to render the page")
    return {one.name: rendered(one.read_bytes()) for one in sources.iterdir()}


@pytest.fixture(scope="module")
def page(pages: dict[str, str]) -> str:
    return pages["pingmonctl.1"]


def test_all_sections_are_there_and_nothing_is_unset(page: str) -> None:
    headings = re.findall(r"^([A-Z][A-Z ]+)$", page, re.M)
    assert [one for one in SECTIONS if one not in headings] == []
    assert "UNSET" not in page and "(default )" not in page


def test_man_finds_the_pages_in_a_folder_as_make_man_lays_them(sources: Path, tmp_path: Path) -> None:
    if not shutil.which("man"):
        pytest.skip("needs man-db")
    recipe = (ROOT / "Makefile").read_text().partition("\nman: ")[2].partition("\n\n")[0]
    assert "man/build.sh" in recipe and "man -M build/man" in recipe
    assert "man -M build/man pingmonctl" in (ROOT / "README.md").read_text()
    for page in sources.iterdir():
        section = tmp_path / f"man{page.suffix[1:]}"
        section.mkdir(exist_ok=True)
        shutil.copy(page, section)
    for name in ("pingmon", "pingmonctl", "pingmond", "pingmon.toml"):
        shown = subprocess.run(["man", "-M", tmp_path, name], capture_output=True, text=True, check=True)
        assert "NAME" in shown.stdout and name in shown.stdout


@pytest.mark.parametrize("name", OTHER_SECTIONS)
def test_the_other_pages_have_their_sections_and_no_leavings(pages: dict[str, str], name: str) -> None:
    headings = re.findall(r"^([A-Z][A-Z ]+)$", pages[name], re.M)
    assert [one for one in OTHER_SECTIONS[name] if one not in headings] == []
    for leaving in ("UNSET", "(default )", "default .", "default ;"):
        assert leaving not in pages[name], leaving
    assert not re.search(r"[^.:\s] SIGHUP applies", pages[name])


def test_every_variable_and_option_of_the_daemon_is_named(pages: dict[str, str]) -> None:
    for setting in SETTINGS:
        assert f"--{setting.name.replace('_', '-')} " in pages["pingmond.8"]
        for name in ("pingmond.8", "pingmon.toml.5"):
            assert f"PINGMON_{setting.name.upper()}" in pages[name]
    source = "".join(path.read_text() for path in (ROOT / "src/pingmon/daemon").rglob("*.py"))
    named = set(re.findall(r"environ(?:\.get\(|\[)\"(\w+)\"", source))
    assert sorted(one for one in named if one not in pages["pingmond.8"]) == []


def test_what_needs_a_restart_is_said_for_every_setting(pages: dict[str, str]) -> None:
    options = pages["pingmon.toml.5"].partition("\nOPTIONS\n")[2].partition("\nENVIRONMENT\n")[0]
    entries = re.split(r"\n\n+", options)
    for setting in SETTINGS:
        (entry,) = [one for one in entries if one.split()[0] == setting.name]
        assert ("SIGHUP applies it." if setting.live else "It needs a restart.") in entry
    parts = [one for one in toml().split("\n\n")[1:] if one.strip()]
    assert len(parts) >= len(SETTINGS) + 3
    assert [one for one in parts if "Applies a" not in one.replace("\n# ", " ")] == []


def test_every_column_of_files_is_named_and_the_example_is_read(page: str) -> None:
    text = page[page.index("\nFILE FORMAT\n") : page.index("\nJSON\n")]
    assert sorted(one for one in KNOWN if not re.search(rf"\b{one}\b", text)) == []
    example = re.sub(r"^ +", "", text[text.index("[defaults]\n") :], flags=re.M)
    found = list(toml_rows.rows("example", example))
    assert [one.params["name"] for one in found if isinstance(one, Row)] == ["router", "printer"]


def test_every_field_of_status_is_named(page: str) -> None:
    source = (ROOT / "src/pingmon/operations/status.py").read_text()
    fields = set(re.findall(r'^ +"(\w+)":', source, re.M))
    text = page[page.index("\nJSON\n") : page.index("\nEXIT STATUS\n")]
    assert len(fields) > 15 and sorted(one for one in fields if one not in text) == []


def test_every_command_that_prints_data_has_its_fields(page: str) -> None:
    text = page[page.index("\nJSON\n") : page.index("\nEXIT STATUS\n")]
    heads = " ".join(re.findall(r"^ {7}(\S.*)$", text, re.M))
    shown = re.findall(r"[a-z]+(?:-[a-z]+)?", heads)
    assert sorted(one for one in COMMANDS if one not in shown) == []


def test_every_command_and_every_option_is_there_in_one_spelling(page: str) -> None:
    parser = build_parser()
    for command, one in parser.commands.items():
        assert f"pingmonctl {command}" in page
        for action in one._actions:
            long = [name for name in action.option_strings if name.startswith("--")]
            assert not long or long[0] in page
            assert all(name not in page for name in long[1:] if "-" in name[2:])
    shown = [action for one in manual_parser().commands.values() for action in one._actions]
    assert all(len(action.option_strings) <= 2 for action in shown)


def test_every_field_of_json_and_every_variable_is_named(page: str) -> None:
    methods = {one.name: one for one in METHODS}
    fields = set(methods["list_mon"].result["properties"]["monitors"]["items"]["properties"])
    for name in ("add_mon", "edit_mon", "del_mon", "explain", "find_chat", "test_mon"):
        fields |= set(methods[name].result["properties"])
    json = page[page.index("\nJSON\n") : page.index("\nEXIT STATUS\n")]
    assert sorted(one for one in fields if not re.search(rf"\b{one}\b", json)) == []
    source = "".join(path.read_text() for path in (ROOT / "src/pingmon/client").rglob("*.py"))
    variables = set(re.findall(r"environ(?:\.get\(|\[)\"(\w+)\"", source)) | {"NO_COLOR", "TZ"}
    environment = page[page.index("\nENVIRONMENT\n") : page.index("\nFILES\n")]
    assert sorted(one for one in variables if one not in environment) == []


def test_every_condition_of_health_is_in_its_table(page: str) -> None:
    source = (ROOT / "src/pingmon/operations/conditions.py").read_text()
    kinds = set(re.findall(r'Condition\("(\w+)"', source)) | {"watching"}
    table = page[page.index("\nHEALTH\n") : page.index("\nFILE FORMAT\n")]
    assert len(kinds) >= 6 and [one for one in kinds if not re.search(rf"^ +{one}\b", table, re.M)] == []
