"""The documents name files that exist."""

import re

import pytest

from tests.support.paths import ROOT

SOURCE = ROOT / "src" / "pingmon"
DOCUMENTS = (
    "docs/architecture.md",
    "CONTRIBUTING.md",
    "docs/adding-a-kind.md",
    *sorted(str(one.relative_to(ROOT)) for one in (ROOT / "docs" / "decisions").glob("*.md")),
)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    named = re.findall(r"`([a-z_]+(?:/[\w.]+)+\.\w+)`", text)
    named = [one for one in named if "NAME" not in one]
    missing = [one for one in named if not any((root / one).exists() for root in (ROOT, SOURCE))]
    assert not missing


def test_where_is_has_thirty_rows_and_each_names_its_file() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text.partition("## Where is")[2].partition("\n## ")[0]
    files = re.findall(r"\| `(src/[\w/.]+)` \|", table)
    assert len(files) >= 30 and len(set(files)) == len(files)
    assert all((ROOT / one).is_file() for one in files)


def test_every_relative_link_leads_somewhere() -> None:
    for document in (*DOCUMENTS, "README.md", "docs/detection.md", "docs/performance.md"):
        path = ROOT / document
        links = re.findall(r"\]\(([^)#:]+)\)", path.read_text())
        assert not [link for link in links if not (path.parent / link).exists()], document


def test_no_life_enters_a_room_twice() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    lives = text.partition("## Four lives")[2].partition("\n## ")[0].split("\n### ")[1:]
    assert len(lives) == 4
    for life in lives:
        steps = re.findall(r"^\d\. `(\w+)/`: (.*?)(?=^\d\. |\Z)", life, re.MULTILINE | re.DOTALL)
        rooms = [room for room, _ in steps]
        assert len(rooms) >= 2 and len(set(rooms)) == len(rooms), life
        for room, words in steps:
            passed = re.findall(r"`([a-z]+)/", re.sub(r"\([^)]*\)", "", words))
            assert set(passed) <= {room}, (room, passed)
