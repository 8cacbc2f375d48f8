"""What is probed, as people read it: "10.0.0.2", "10.0.0.2 port 80"; and as statistics name it."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pingmon.kinds import DEFAULT_PROBE, PROBE_KINDS


def target_label(mon_type: str, target: str, options: Mapping[str, Any]) -> str:
    """As the kind of probe declares it. target: its address or name. options: settings of the kind."""
    kind = PROBE_KINDS.get(mon_type)
    if kind is None:  # of a kind that is gone
        return target
    defaults = {one.name: one.schema.get("default", "") for one in kind.settings}
    return kind.label.format_map(defaults | dict(options) | {"target": target})


def statistics_key(mon_type: str, target: str, options: Mapping[str, Any]) -> str:
    """The address alone for a plain ping; else what makes it another target is in it, too.

    Options may hold secrets, and be long: they are there as 64 bits of their SHA-256.
    """
    if mon_type == DEFAULT_PROBE and not options:
        return target
    digest = sha256(json.dumps(dict(options), sort_keys=True).encode()).hexdigest()[:16]
    return f"{target} {mon_type} {digest}"
