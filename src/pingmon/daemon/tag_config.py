"""Tables [tags.TAG] of the configuration: settings of all monitors that have the tag."""

from collections.abc import Collection, Mapping
from typing import Any

from pingmon.kinds.common_settings import DETECTION, OPTIONS, UP_AFTER, schemas
from pingmon.model.alarm_rules import rules_of
from pingmon.model.errors import InvalidValue
from pingmon.model.tag_settings import in_force, own_from
from pingmon.model.tags import parse_tag

Schema = dict[str, Any]
# A parent is a device's own, and tags don't come from tags.
GIVEN_BY_TAGS = tuple(one for one in (*DETECTION, UP_AFTER, *OPTIONS) if one.name != "parent")
TAG: Schema = {
    "type": "object",
    "properties": schemas(GIVEN_BY_TAGS),
    "additionalProperties": False,
    "minProperties": 1,
}


def read_tag_config(
    tables: Mapping[str, Mapping[str, Any]], escalations: Collection[str]
) -> tuple[dict[str, dict[str, Any]], list[tuple[str, object]]]:
    """Settings by tag, as monitors take them; and what is wrong: key and words.

    tables: of the right form. escalations: that are declared.
    """
    found: dict[str, dict[str, Any]] = {}
    problems = list[tuple[str, object]]()
    for name, table in tables.items():
        key = f"tags.{name}"
        try:
            tag = parse_tag(name)
            if tag in found:
                raise InvalidValue(f"the tag {tag} is there twice")
            found[tag] = dict(own_from(table))
            options = in_force(own_from(table), (), {}).options
            rules_of(options)
            if options.escalation and options.escalation not in escalations:
                raise InvalidValue(f"there is no [escalation.{options.escalation}]", "escalation")
        except InvalidValue as error:
            problems.append((f"{key}.{error.field}" if error.field in table else key, error))
    return found, problems
