"""The manual of pingmonctl, as it is rendered: complete, and without leavings of what made it."""

import os
import re
import shutil
import subprocess
import sys
import tarfile

import pytest

from pingmon.client.parser import build_parser, manual_parser
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


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """As the package's build makes it, rendered without line breaks in paragraphs."""
    if not shutil.which("groff"):
        pytest.skip("needs groff, to render the page")
    folder = tmp_path_factory.mktemp("manual")
    (archive,) = (ROOT / "debian" / "vendor" / "tools").glob("argparse_manpage-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (tools,) = folder.glob("argparse_manpage-*")
    body = folder / "body.1"
    command = [sys.executable, "-c", "from argparse_manpage.cli import main; main()"]
    options = ["--function", "manual_parser", "--module", "pingmon.client.parser"]
    names = ["--project-name", "pingmon", "--version", "1", "--author", "The pingmon maintainers"]
    subprocess.run(
        [*command, *options, *names, "--output", str(body)],
        check=True,
        env=os.environ | {"COLUMNS": "80", "PYTHONPATH": f"{ROOT / 'src'}:{tools}"},
    )
    source = body.read_bytes() + (ROOT / "man" / "pingmonctl.extra").read_bytes()
    done = subprocess.run(
        ["groff", "-k", "-man", "-Tutf8", "-ww", "-P-c", "-rLL=2000n"],
        input=source,
        capture_output=True,
        check=True,
    )
    assert done.stderr == b"", done.stderr.decode()
    return re.sub(r".\x08", "", done.stdout.decode())


def test_all_sections_are_there_and_nothing_is_unset(page: str) -> None:
    headings = re.findall(r"^([A-Z][A-Z ]+)$", page, re.M)
    assert [one for one in SECTIONS if one not in headings] == []
    assert "UNSET" not in page and "(default )" not in page


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
