"""The tables of docs/detection.md say what the code does."""

import re

from pingmon.engine import visibility
from pingmon.engine.evidence_watch import LOGGED_AFTER
from pingmon.model import blindness, evidence
from pingmon.model.mass_silence import MASS, REQUEST_TIMEOUT
from tests.support.paths import ROOT

TEXT = (ROOT / "docs" / "detection.md").read_text()


def rows(title: str) -> dict[str, str]:
    """Of the table below a line: first cell → the line."""
    table = TEXT.partition(title)[2].partition("| --- |")[2].partition("\n\n")[0]
    return {line.split("|")[1].strip(): line for line in table.splitlines() if line.startswith("| ")}


def test_the_limits_of_all_holds_are_those_of_the_code() -> None:
    holds = rows("What may hold an alarm back:")
    assert len(holds) >= 13
    found = {name.split(" (")[0]: line for name, line in holds.items()}
    assert f"{REQUEST_TIMEOUT:g} s" in found["mass silence"]
    assert f"({MASS} addresses" in next(name for name in holds if name.startswith("mass silence"))
    assert f"{REQUEST_TIMEOUT:g} s" in found["question to a channel's service"]
    comes_and_goes = found["blindness that comes and goes"]
    assert f"{blindness.COMES_AND_GOES + 1}th time" in comes_and_goes
    assert f"{blindness.PATIENCE / 60:g} min" in comes_and_goes
    gathered = found["messages that wait to become one"]
    for seconds in (visibility.GATHER, blindness.GATHER, visibility.REGAIN):
        assert f"{seconds:g} s" in gathered
    assert f"bound + {evidence.TOLD_WITHIN:g} s" in TEXT
    assert f"{LOGGED_AFTER:g} s" in found["the kernel refuses to send"]


def test_every_hold_has_a_limit_a_place_and_somebody_who_is_told() -> None:
    for line in rows("What may hold an alarm back:").values():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert len(cells) == 4 and all(cells), line


def test_every_verdict_of_the_code_is_in_its_table() -> None:
    source = (ROOT / "src/pingmon/model/visibility.py").read_text()
    marks = set(re.findall(r"\((\w)\)", source[source.index("def silence_verdict") :]))
    assert marks == {"a", "b", "c", "d"} == set(rows("## When is silence believed?"))
