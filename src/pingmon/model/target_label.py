"""What is probed, as people read it: "10.0.0.2", "10.0.0.2 port 80"."""

from collections.abc import Mapping
from typing import Any

from pingmon.kinds import PROBE_KINDS


def target_label(mon_type: str, target: str, options: Mapping[str, Any]) -> str:
    """As the kind of probe declares it. target: its address or name. options: settings of the kind."""
    kind = PROBE_KINDS.get(mon_type)
    if kind is None:  # of a kind that is gone
        return target
    defaults = {one.name: one.schema.get("default", "") for one in kind.settings}
    return kind.label.format_map(defaults | dict(options) | {"target": target})
