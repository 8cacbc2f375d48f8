"""The light replace does what that of dataclasses does."""

import dataclasses
from typing import Any

import pytest

from pingmon.model.detector_state import DetectorState, State
from pingmon.model.light_replace import replace
from pingmon.model.loss_model import LossModel


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (DetectorState(since=1.0, words="x", changes=(1.0, 2.0)), {"state": State.DOWN, "run": 3}),
        (DetectorState(since=1.0), {}),
        (LossModel(replies=5, lengths=(1.0,)), {"replies": 6}),
    ],
)
def test_a_copy_is_as_of_dataclasses_and_the_original_stays(value: Any, changes: dict[str, Any]) -> None:
    before = dataclasses.asdict(value)
    changed = replace(value, **changes)
    assert changed == dataclasses.replace(value, **changes)
    assert type(changed) is type(value)
    assert changed is not value
    assert dataclasses.asdict(value) == before


def test_what_is_no_field_is_refused() -> None:
    with pytest.raises(AttributeError):
        replace(DetectorState(), stat=State.UP)  # type: ignore[call-arg]
