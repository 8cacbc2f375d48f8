"""Kinds are named by their own files only, and docs/adding-a-kind.md shows what is there."""

import ast
import re
from pathlib import Path

import pytest

from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from pingmon.probes.registry import PROBERS
from tests.support.paths import ROOT

SOURCE = ROOT / "src" / "pingmon"
ROOMS_OF_KINDS = {"kinds", "probes", "channels"}
# Words that are a kind's name by chance: where, which, and what they mean there.
OTHER_MEANINGS = {
    ("daemon/heartbeat_config.py", "http"): "the scheme of a URL",
    ("model/chat_service.py", "webhook"): "how Telegram hands updates to other programs",
    ("storage/migrations/versions/v0005_channel_kinds.py", "telegram"): "what all channels were then",
}


def literals(file: Path) -> set[str]:
    """Strings of a program, but for f-strings' parts."""
    tree = ast.parse(file.read_text())
    return {
        one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and type(one.value) is str
    }


@pytest.mark.parametrize("kinds", [PROBE_KINDS, CHANNEL_KINDS], ids=["probes", "channels"])
def test_no_other_file_names_a_kind(kinds: dict[str, object]) -> None:
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        path = file.relative_to(SOURCE)
        if path.parts[0] not in ROOMS_OF_KINDS:
            found += [(str(path), name) for name in sorted(literals(file) & set(kinds))]
    assert [one for one in found if one not in OTHER_MEANINGS] == []


def test_every_declared_kind_of_probe_has_its_prober_and_no_other_is_there() -> None:
    assert set(PROBERS) == set(PROBE_KINDS)
    assert all(name == kind.name for name, kind in PROBE_KINDS.items())


def test_what_the_document_shows_is_in_the_files_that_it_names() -> None:
    text = (ROOT / "docs" / "adding-a-kind.md").read_text()
    pieces = re.split(r"```python\n(.*?)```\n", text, flags=re.DOTALL)
    file = None
    assert len(pieces) > 10
    for prose, code in zip(pieces[::2], pieces[1::2], strict=False):
        for named in re.findall(r"`(src/[\w/]+\.py)`", prose):
            file = ROOT / named
        assert file is not None and code in file.read_text(), code
