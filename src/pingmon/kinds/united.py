"""The settings of several kinds as one list: a name that several kinds have is there once."""

from collections.abc import Iterable, Mapping

from pingmon.kinds.declaration import ChannelKind, ProbeKind, Setting


def united(kinds: Mapping[str, ProbeKind] | Mapping[str, ChannelKind]) -> tuple[Setting, ...]:
    """Each setting once, in the order of the kinds. Where kinds differ, each has its say in the
    description, and there is no common default.

    Raises ValueError when two kinds mean different values by one name.
    """
    return tuple(_one(name, kinds, owners) for name, owners in _owners(kinds).items())


def by_owners(
    kinds: Mapping[str, ProbeKind] | Mapping[str, ChannelKind],
) -> dict[tuple[str, ...], tuple[Setting, ...]]:
    """The same settings by the names of the kinds that have them: what options are grouped by."""
    found: dict[tuple[str, ...], tuple[Setting, ...]] = {}
    for name, owners in _owners(kinds).items():
        found[owners] = (*found.get(owners, ()), _one(name, kinds, owners))
    return found


def with_defaults(settings: tuple[Setting, ...], kinds: Mapping[str, ProbeKind]) -> tuple[Setting, ...]:
    """Settings that all kinds have; their descriptions name kinds with another default."""
    return tuple(_with_defaults(one, kinds) for one in settings)


def _with_defaults(setting: Setting, kinds: Mapping[str, ProbeKind]) -> Setting:
    others = [
        f"of {one.name} {one.defaults[setting.name]}"
        for one in kinds.values()
        if setting.name in one.defaults
    ]
    if not others:
        return setting
    text = f"{setting.schema.get('description', '')}; {', '.join(others)} if not given"
    return setting._replace(schema=setting.schema | {"description": text})


def _owners(kinds: Mapping[str, ProbeKind] | Mapping[str, ChannelKind]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for kind in kinds.values():
        for one in kind.settings:
            found[one.name] = (*found.get(one.name, ()), kind.name)
    return found


def _one(
    name: str, kinds: Mapping[str, ProbeKind] | Mapping[str, ChannelKind], owners: Iterable[str]
) -> Setting:
    found = [(kind, one) for kind in owners for one in kinds[kind].settings if one.name == name]
    _, first = found[0]
    if any(_values(one) != _values(first) for _, one in found):
        raise ValueError(f"kinds mean different values by {name}")
    texts = {one.schema.get("description", ""): None for _, one in found}
    defaults = [one.schema.get("default") for _, one in found]
    if len(texts) == 1 and all(one == defaults[0] for one in defaults):
        return first
    schema = {key: value for key, value in first.schema.items() if key != "default"}
    return first._replace(schema=schema | {"description": "; ".join(map(_said, found))})


def _said(found: tuple[str, Setting]) -> str:
    kind, one = found
    default = one.schema.get("default")
    shown = "" if default in (None, "", False, []) else f" (default {default})"
    return f"{kind}: {one.schema.get('description', '')}{shown}"


def _values(one: Setting) -> tuple[object, ...]:
    schema = {key: value for key, value in one.schema.items() if key not in ("description", "default")}
    return schema, one.metavar, one.is_secret, one.is_address
