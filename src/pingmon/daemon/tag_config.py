"""Tables [tags.TAG] of the configuration: settings of all monitors that have the tag."""

from collections.abc import Mapping
from typing import Any

from pingmon.daemon.alarm_config import AlarmConfig
from pingmon.daemon.named_channels import DECLARED, NAME, PROPERTIES, ChannelParser
from pingmon.kinds import CHANNEL_KINDS
from pingmon.kinds.common_settings import DETECTION, OPTIONS, UP_AFTER, schemas
from pingmon.model.alarm_rules import rules_of
from pingmon.model.errors import InvalidValue
from pingmon.model.tag_settings import CHANNEL, in_force, own_from
from pingmon.model.tags import parse_tag

Schema = dict[str, Any]
# A parent is a device's own, and tags don't come from tags.
GIVEN_BY_TAGS = tuple(one for one in (*DETECTION, UP_AFTER, *OPTIONS) if one.name != "parent")
TAG: Schema = {
    "type": "object",
    "properties": schemas(GIVEN_BY_TAGS) | PROPERTIES,
    "additionalProperties": False,
    "minProperties": 1,
}


def read_tag_config(
    tables: Mapping[str, Mapping[str, Any]],
    alarms: AlarmConfig,
    parser: ChannelParser,
) -> tuple[dict[str, dict[str, Any]], list[tuple[str, object]]]:
    """Settings by tag, as monitors take them, a first channel as a NamedChat; and what is wrong: key and
    words.

    tables: of the right form.
    """
    found: dict[str, dict[str, Any]] = {}
    problems = list[tuple[str, object]]()
    for name, table in tables.items():
        key = f"tags.{name}"
        try:
            tag = parse_tag(name)
            if tag in found:
                raise InvalidValue(f"the tag {tag} is there twice")
            found[tag] = dict(own_from(table)) | _chat(table, parser)
            options = in_force(own_from(table), (), {}).options
            rules_of(options)
            if options.escalation and options.escalation not in alarms.escalations:
                raise InvalidValue(f"there is no [escalation.{options.escalation}]", "escalation")
            if options.group and options.group not in alarms.groups:
                raise InvalidValue(f"there is no [groups.{options.group}]", "group")
        except InvalidValue as error:
            problems.append((f"{key}.{error.field}" if error.field in table else key, error))
    return found, problems


def _chat(table: Mapping[str, Any], parser: ChannelParser) -> dict[str, Any]:
    given = PROPERTIES.keys() & table.keys()
    if not given:
        return {}
    needed = {NAME, DECLARED.address}
    others = {kind.address for kind in CHANNEL_KINDS.values() if kind is not DECLARED}
    if not given & others and (missing := needed - given):
        words = f"a chat is given by {DECLARED.address} and {NAME}"
        raise InvalidValue(f"{min(missing)} is missing: {words}")
    return {CHANNEL: parser.channel(table)}
