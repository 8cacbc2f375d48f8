"""Tags of monitors, and the settings that all monitors with a tag have."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pingmon.model.errors import Conflict, InvalidValue
from pingmon.model.text_values import refuse_token
from pingmon.text.printable import shown

LONGEST = 100  # characters
MOST = 50  # of one monitor

_TAG = re.compile(r"[^\W_][\w.:/@+-]*(?:=[\w.:/@+-]+)?")


class Setting(NamedTuple):
    """A setting and where it comes from. tag: whose it is; empty for the monitor's own or the default.

    is_own: it was given for the monitor itself.
    """

    value: Any
    tag: str = ""
    is_own: bool = False

    @property
    def source(self) -> str:
        """In words: `given`, `tag site=berlin` or `default`."""
        if self.is_own:
            return "given"
        return f"tag {self.tag}" if self.tag else "default"


def parse_tag(text: str) -> str:
    """`printer` or `site=berlin`: letters, digits and `_.:/@+-`. Raises InvalidValue."""
    tag = unicodedata.normalize("NFC", text.strip())
    if len(tag) > LONGEST or not _TAG.fullmatch(tag):
        raise InvalidValue(f"{shown(text)} is not a tag: give a word, or key=value", "tag")
    refuse_token(tag, "tag")
    return tag


def parse_tags(texts: Iterable[str]) -> tuple[str, ...]:
    """Sorted, each once. Raises InvalidValue."""
    found = tuple(sorted({parse_tag(one) for one in texts}))
    if len(found) > MOST:
        raise InvalidValue(f"a monitor has at most {MOST} tags", "tag")
    return found


def changed(tags: Iterable[str], add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
    """`edit-mon --add_tag --remove_tag`; what is both is there afterwards. Raises InvalidValue."""
    left = {one for one in tags if not any(has_tag([one], parse_tag(gone)) for gone in remove)}
    return parse_tags([*left, *add])


def has_tag(tags: Iterable[str], wanted: str) -> bool:
    """A key alone stands for all its values: `site` is had by what has `site=berlin`."""
    return any(tag == wanted or ("=" not in wanted and tag.startswith(wanted + "=")) for tag in tags)


def settings_by_tags(tags: Iterable[str], by_tag: Mapping[str, Mapping[str, Any]]) -> dict[str, Setting]:
    """What a monitor has from its tags. by_tag: settings of each tag, as the configuration gives them.

    Raises Conflict when two tags give one setting differently; it names both.
    """
    tags = list(tags)
    found: dict[str, Setting] = {}
    for tag in sorted(by_tag):
        if not has_tag(tags, tag):
            continue
        for name, value in by_tag[tag].items():
            before = found.get(name)
            if before is not None and before.value != value:
                raise Conflict(
                    f"tags {before.tag} and {tag} give {name} differently ({before.value} and {value}): "
                    "give the monitor its own, or take one tag away",
                    name,
                )
            found.setdefault(name, Setting(value, tag))
    return found


def resolve(
    own: Mapping[str, Any],
    tags: Iterable[str],
    by_tag: Mapping[str, Mapping[str, Any]],
    defaults: Mapping[str, Any],
) -> dict[str, Setting]:
    """All settings of a monitor: its own, else those of its tags, else the defaults. Raises Conflict.

    own: those that were given. Tags may differ in what is given.
    """
    relevant = {tag: {k: v for k, v in its.items() if k not in own} for tag, its in by_tag.items()}
    found = {name: Setting(value) for name, value in defaults.items()}
    found |= settings_by_tags(tags, relevant)
    return found | {name: Setting(value, is_own=True) for name, value in own.items()}


def given(settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Of a monitor from before there were tags: what equals the default counts as not given."""
    return {
        name: value for name, value in settings.items() if name not in defaults or value != defaults[name]
    }
