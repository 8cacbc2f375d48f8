"""What a monitor was given itself, and what is in force for it with the settings of its tags. Pure."""

import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from pingmon.kinds.declaration import NO_DEFAULTS
from pingmon.model.detection_settings import DetectionSettings, Options, interned, parse_rate
from pingmon.model.errors import Conflict, InvalidValue
from pingmon.model.tags import Setting, has_tag, resolve

Own = tuple[tuple[str, Any], ...]  # settings that were given for one monitor: (name, value), sorted
ByTag = Mapping[str, Mapping[str, Any]]  # tag → its settings, as the configuration gives them
BUDGET, FIXED = ("false_alarms", "max_delay"), ("down_after", "down_after_seconds")
_DETECTION = tuple(one.name for one in fields(DetectionSettings))
_OPTIONS = tuple(one.name for one in fields(Options) if one.name not in ("parent", "tags"))
NAMES = frozenset((*_DETECTION, *_OPTIONS))  # what may come from a tag
CHANNEL = "chat_id"  # so may the first channel: under this name, as one value


@dataclass(frozen=True, slots=True)
class InForce:
    """detection, options: own, else of the tags, else default. settings: each with where it is from.

    channel: what tags give as the first channel; None: nothing, or the monitor has its own.
    """

    detection: DetectionSettings
    options: Options
    settings: Mapping[str, Setting]
    channel: Any = None


def own_from(settings: Mapping[str, Any]) -> Own:
    """Of settings as a request gives them; empty text and null are not given. Raises InvalidValue."""
    known = {
        sys.intern(name): value.strip() if isinstance(value, str) else value  # JSON's are no constants
        for name, value in settings.items()
        if name in NAMES
    }
    found = {name: value for name, value in known.items() if value not in (None, "")}
    if isinstance(found.get("false_alarms"), str):
        found["false_alarms"] = parse_rate(found["false_alarms"])
    return tuple(sorted(found.items()))


def own_before_tags(detection: DetectionSettings, options: Options) -> Own:
    """Of a monitor from before there were tags: what equals the default counts as not given."""
    plain = DetectionSettings(detection.interval, detection.timeout)
    found: dict[str, Any] = {
        name: value
        for name in _DETECTION
        if (value := getattr(detection, name)) is not None and value != getattr(plain, name)
    }
    defaults = DetectionSettings()
    found |= {
        name: value
        for name in ("interval", "timeout")
        if (value := getattr(detection, name)) != getattr(defaults, name)
    }
    found |= {
        name: value for name in _OPTIONS if (value := getattr(options, name)) != getattr(Options(), name)
    }
    return tuple(sorted(found.items()))


def own_edited(own: Own, changes: Mapping[str, Any], unset: Collection[str] = ()) -> Own:
    """After an edit; giving one rule (budget or fixed) drops the other. Raises InvalidValue.

    unset: what is not given any more.
    """
    given = {name: value for name, value in changes.items() if name in NAMES}
    kept = _without_other_rule(dict(own), given)
    kept = {name: value for name, value in kept.items() if name not in unset and name not in given}
    return tuple(sorted((kept | dict(own_from(given))).items()))


def in_force(
    own: Own,
    tags: Iterable[str],
    by_tag: ByTag,
    parent: str | None = None,
    is_channel_own: bool = True,
    defaults: Mapping[str, Any] = NO_DEFAULTS,
) -> InForce:
    """Raises Conflict when two tags give a setting differently, InvalidValue for what can't be together.

    parent: the ID of the monitor that it is behind, which no tag gives. is_channel_own: a channel was
    given for it. defaults: that its kind of probe has instead of the usual ones.
    """
    given, tags = dict(own), tuple(tags)
    given |= {CHANNEL: None} if is_channel_own else {}
    relevant = {tag: _without_other_rule(its, given) for tag, its in by_tag.items() if has_tag(tags, tag)}
    _refuse_two_rules(relevant)
    found = resolve(given, tags, relevant, {})
    values = {**defaults, **{name: one.value for name, one in found.items()}}
    try:
        detection = interned(
            DetectionSettings, {name: values[name] for name in _DETECTION if name in values}
        )
    except InvalidValue as error:
        sources = sorted({one.tag for one in found.values() if one.tag})
        if not sources:
            raise
        raise InvalidValue(f"{error} (with what tag {', '.join(sources)} gives)", error.field) from None
    options = {name: values[name] for name in _OPTIONS if name in values}
    settings = {name: Setting(getattr(detection, name)) for name in _DETECTION}
    settings |= {name: Setting(getattr(Options(), name)) for name in _OPTIONS}
    channel = found[CHANNEL].value if CHANNEL in found else None
    return InForce(
        detection,
        interned(Options, {"parent": parent, "tags": tags} | options),
        settings | found,
        channel,
    )


def _without_other_rule(settings: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`settings` without those that the rule in `given` (budget or fixed) takes the place of."""
    found = dict(settings)
    for names, dropped in ((BUDGET, FIXED), (FIXED, BUDGET + FIXED)):
        if any(given.get(name) is not None for name in names):
            found = {name: value for name, value in found.items() if name not in dropped}
    return found


def _refuse_two_rules(by_tag: ByTag) -> None:
    rules = {
        tag: next(one for one in (*FIXED, *BUDGET) if one in its)
        for tag, its in sorted(by_tag.items())
        if not its.keys().isdisjoint(BUDGET + FIXED)
    }
    fixed = {tag: name for tag, name in rules.items() if name in FIXED}
    for tag, name in fixed.items():
        for other, its in rules.items():
            if other != tag and its != name:
                raise Conflict(
                    f"tags {tag} and {other} give {name} and {its}, which exclude each other: "
                    "give the monitor its own, or take one tag away",
                    name,
                )
