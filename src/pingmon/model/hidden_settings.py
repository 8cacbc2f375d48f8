"""Secret settings of probes: how they are shown, and what a value means that was shown. Pure.

Of a header the name is shown, and the value is a mark. Files that are exported hold such marks; who reads
one back means the value that is there already.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from pingmon.kinds import PROBE_KINDS
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import Monitor, ProbeOptions

HIDDEN = "…"
SECRETS = frozenset(one.name for kind in PROBE_KINDS.values() for one in kind.settings if one.is_secret)


def masked(value: Any) -> Any:
    """Of a secret, what is shown: the mark, after "NAME: " if it is such a line."""
    if isinstance(value, tuple | list):
        return tuple(map(masked, value))
    name, colon, _ = str(value).partition(": ") if value else ("", "", "")
    if value in (None, ""):
        return value
    return f"{name}: {HIDDEN}" if colon and name.replace("-", "").isalnum() else HIDDEN


def masked_options(options: ProbeOptions) -> ProbeOptions:
    if not any(name in SECRETS for name, _ in options):
        return options
    return tuple((name, masked(value) if name in SECRETS else value) for name, value in options)


def hidden_names(options: ProbeOptions) -> list[str]:
    """Of settings whose value, or a part of it, is the mark."""
    return [name for name, value in options if name in SECRETS and _is_hidden(value)]


def filled_from(before: ProbeOptions, options: ProbeOptions) -> ProbeOptions:
    """After an edit: what is given as it was shown stays as it is. Raises InvalidValue."""
    known = dict(before)
    found = tuple(
        (name, _filled(value, known.get(name)) if name in SECRETS else value) for name, value in options
    )
    for name in hidden_names(found):
        raise _unknown(name, "which value it stands for is not known")
    return found


def filled_from_any(
    monitors: Iterable[Monitor], mon_type: str, at: tuple[str, str], options: ProbeOptions
) -> ProbeOptions:
    """Of a new one: the secrets of those monitors of which the same is shown, if they have one between
    them. at: host, and host or address: secrets are for that place. Raises InvalidValue.
    """
    hidden = hidden_names(options)
    if not hidden:
        return options
    found = {
        one.probe_options
        for one in monitors
        if one.mon_type == mon_type
        and (one.host, one.target) == at
        and hidden_names(one.probe_options) == []
        and masked_options(one.probe_options) == masked_options(options)
    }
    if len(found) == 1:
        return found.pop()
    why = "several monitors have that" if found else "no monitor has that, and what it was is not in here"
    raise _unknown(hidden[0], why)


def refuse_elsewhere(old: Monitor, new: Monitor, given: Mapping[str, Any]) -> None:
    """Secrets that were given for one place are not sent to another one: who may edit may not see them.

    given: by the edit, as it was given. Raises InvalidValue.
    """
    if _place(old) == _place(new):
        return
    for name, value in new.probe_options:
        is_given = given.get(name) is not None and not _is_hidden(given[name])
        if name in SECRETS and value and not is_given:
            words = f"{name} is a secret, given for {old.target_label}: give it again, or unset it"
            raise InvalidValue(words, name)


def _place(monitor: Monitor) -> tuple[str, str, str]:
    """To which service probes go."""
    kind = PROBE_KINDS.get(monitor.mon_type)
    url = str(dict(monitor.probe_options).get(kind.target, "")) if kind and kind.target else ""
    parts = urlsplit(url)
    # The address of a name comes from the resolver.
    return parts.scheme, parts.netloc, monitor.host or monitor.address


def _filled(value: Any, known: Any) -> Any:
    """known: the value before. Of a list each line may be one of before."""
    if value == masked(known):
        return known
    if not (isinstance(value, tuple) and isinstance(known, tuple)):
        return value
    shown = [masked(one) for one in known]
    # Of two headers with one name either could be meant.
    lines = {mark: one for mark, one in zip(shown, known, strict=True) if shown.count(mark) == 1}
    return tuple(lines.get(one, one) if _is_hidden(one) else one for one in value)


def _is_hidden(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_is_hidden, value))
    return isinstance(value, str) and (value == HIDDEN or value.endswith(f": {HIDDEN}"))


def _unknown(name: str, why: str) -> InvalidValue:
    return InvalidValue(f"{name}: {HIDDEN} stands for a value that is not shown: {why}; give it", name)
