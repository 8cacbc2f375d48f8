"""The seam of channel kinds: what is declared has behaviour, and nothing else names a kind."""

import ast

from pingmon.channels.registry import CHANNELS, channel_services
from pingmon.daemon.config_schema import SETTINGS
from pingmon.kinds import CHANNEL_KINDS
from tests.support.paths import ROOT


def test_every_declared_kind_has_its_behaviour() -> None:
    assert set(CHANNELS) == set(CHANNEL_KINDS)
    services = channel_services({one.name: one.default for one in SETTINGS})
    for kind in services.values():
        limits = kind.limits
        assert 0 < limits.least_length <= limits.message_length
        assert limits.refused_pause > 0 and limits.address_spacing("1") >= limits.account_spacing


def test_what_a_kind_requires_and_names_its_account_with_is_declared() -> None:
    for kind in CHANNEL_KINDS.values():
        names = {one.name for one in kind.settings}
        assert set(kind.required) <= names and set(kind.account) <= names
        assert {one.name for one in kind.settings if one.is_secret} <= set(kind.account)


def test_nothing_but_declarations_and_behaviour_names_a_kind() -> None:
    rooms = ROOT / "src" / "pingmon"
    behaviour, naming = tuple(f"pingmon.channels.{kind}" for kind in CHANNEL_KINDS), set()
    for path in rooms.rglob("*.py"):
        if path.relative_to(rooms).parts[0] in ("kinds", "channels") or "versions" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (isinstance(node, ast.Constant) and node.value in CHANNEL_KINDS) or (
                isinstance(node, ast.ImportFrom) and (node.module or "").startswith(behaviour)
            ):
                naming.add(str(path.relative_to(rooms)))
    assert naming == set()
