"""The benchmarks still run: a few targets for a few seconds, figures that can be, and their places."""

import importlib
from pathlib import Path

import pytest
from benchmarks import report, scale
from benchmarks.__main__ import SECTIONS
from benchmarks.competitors import Fping, Pingmond
from benchmarks.growth import one
from benchmarks.report import Options

from tests.support.lab import Lab

pytestmark = pytest.mark.alone


@pytest.mark.parametrize("kind", [Pingmond, Fping])
def test_a_peer_is_measured(lab: Lab, kind: type[Pingmond] | type[Fping]) -> None:
    result = one(kind, 20, 3.0, Options(quick=True))
    assert result.told.lost == 0
    assert 0.8 < result.sent < 1.2
    assert 5 < result.cpu_us < 5000
    assert result.told.rtt_p50 is not None
    assert result.memory


def test_the_parts_about_many_targets_run_with_few(lab: Lab) -> None:
    """lab: so that it is skipped where nothing can be measured."""
    seen = scale.load(Options(quick=True))
    assert "unanswered | 0, 0 | 0, 0 |" in seen
    assert "| ok | ok |" in seen


def test_every_part_has_its_function_and_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "performance.md"
    copy.write_text(report.DOCUMENT.read_text())
    monkeypatch.setattr(report, "DOCUMENT", copy)
    for name, (module, function) in SECTIONS.items():
        assert callable(getattr(importlib.import_module(module), function))
        report.write(name, f"figures of {name}")
        report.write(name, f"figures of {name}")
    assert all(copy.read_text().count(f"figures of {name}\n<!-- /") == 1 for name in SECTIONS)
