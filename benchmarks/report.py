"""Options of a run, and the generated parts of docs/performance.md between their markers."""

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.packages import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"


@dataclass(frozen=True)
class Options:
    """runs: how many of each, medians count. quick: few targets for a few seconds, nothing is written."""

    runs: int = 5
    quick: bool = False

    def targets(self, count: int) -> int:
        return min(count, 40) if self.quick else count

    def span(self, seconds: float) -> float:
        return min(seconds, 2.0) if self.quick else seconds

    @property
    def times(self) -> int:
        return 1 if self.quick else self.runs


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def goals(rows: Iterable[tuple[str, str, str]]) -> str:
    """what, goal, seen"""
    return table(("what", "goal", "seen"), rows)


def write(name: str, text: str) -> None:
    """Replaces what stands between a section's markers. Raises ValueError when it has none."""
    before = DOCUMENT.read_text()
    begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(before):
        raise ValueError(f"{DOCUMENT.name} has no {begin}")
    DOCUMENT.write_text(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", before))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie; 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median, and the least and greatest of several runs."""
    middle = statistics.median(values)
    if len(values) == 1:
        return f"{middle:.{digits}f}"
    return f"{middle:.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
