"""What docs/webhook.md promises to receivers is what is posted."""

import json
import re
from typing import Any

import jsonschema
import pytest

from pingmon.channels.webhook.client import body_of
from pingmon.model.alarm_state import MessageKind
from pingmon.model.delivery import OutgoingMessage
from pingmon.notify.repeated_events import PASSED
from pingmon.notify.structured_events import structured_events
from tests.support.paths import ROOT
from tests.support.webhook_receiver import SCHEMA, strict

PAGE = (ROOT / "docs" / "webhook.md").read_text()
CHANGES = {MessageKind.DOWN, MessageKind.UP}
OTHERS = (PASSED, "blind_began", "blind_ended", "blind", "operator", "test")
KINDS = (*(one for one in MessageKind if one not in CHANGES), *OTHERS)
VALIDATOR = jsonschema.Draft202012Validator(strict(SCHEMA), format_checker=jsonschema.FormatChecker())


def stored(kind: str, after: str = "down") -> dict[str, Any]:
    """An event with all that events have."""
    return {
        **{"kind": kind, "after": after, "at": 60.0, "decided_at": 61.0, "until": 120.0, "ends": 180.0},
        **{"reason": "no reply", "name": "printer", "address": "10.0.0.2", "lasted": 50.0},
        **{"times": 2, "seconds": 90.0, "elapsed": 30.0, "by": "anna", "comment": "spare part", "of": 9},
        **{"count": 3, "text": "nothing reaches chat 1001", "tags": ["site=berlin"], "quiet": True},
    }


def posted(*events: dict[str, Any]) -> Any:
    rows = [(number, "m1", one) for number, one in enumerate(events, 1)]
    told = structured_events(rows, {})
    return json.loads(body_of(OutgoingMessage("text", title="title", key="0" * 32, events=told)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_is_as_the_schema_has_it_and_named_on_the_page(kind: str) -> None:
    body = posted(stored(str(kind)))
    VALIDATOR.validate(body)
    assert re.search(rf"`{body['events'][0]['type']}`", PAGE)
    assert body["events"][0]["type"] in SCHEMA["$defs"]["event"]["properties"]["type"]["description"]


def test_changes_are_down_and_up_and_many_are_one_body() -> None:
    body = posted(stored("change"), stored("change", "up"))
    VALIDATOR.validate(body)
    assert [one["type"] for one in body["events"]] == ["down", "up"]


def test_the_example_of_the_page_is_as_the_schema_has_it() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    VALIDATOR.validate(json.loads(example))


def test_half_of_a_pair_of_surrogates_spoils_no_message() -> None:
    """Names may hold anything that some program made of them."""
    body = posted(stored("change") | {"name": "\ud83d"})
    VALIDATOR.validate(body)
