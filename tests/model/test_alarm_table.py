"""Every cell of the table in docs/alarms.md is so."""

import re

import pytest

from pingmon.model.alarm_state import HoldKind
from tests.support.alarm_table import EVENTS, STATES, outcome
from tests.support.paths import ROOT

TEXT = (ROOT / "docs" / "alarms.md").read_text()


def cells() -> list[tuple[str, str, str]]:
    """(state, event, what the document says is told)."""
    found = []
    for table in re.split(r"\n### ", TEXT.partition("## The table")[2])[1:]:
        rows = [line.strip("| ").split("|") for line in table.splitlines() if line.startswith("| ")]
        rows = [[cell.strip() for cell in row] for row in rows]
        events = rows[0][1:]
        for row in rows[1:]:
            found += [(row[0], event, told) for event, told in zip(events, row[1:], strict=True)]
    return found


@pytest.mark.parametrize("event", EVENTS)
def test_what_the_document_says_is_told(event: str) -> None:
    column = [(state, told) for state, its_event, told in cells() if its_event == event]
    assert column == [(state, outcome(state, event)) for state in STATES]


def test_the_document_has_each_state_and_event_once() -> None:
    assert sorted((state, event) for state, event, _ in cells()) == sorted(
        (state, event) for state in STATES for event in EVENTS
    )


def test_the_document_names_every_hold() -> None:
    table = TEXT.partition("## What holds a message")[2].partition("\n## ")[0]
    assert all(f"`{kind}`" in table for kind in HoldKind)
