"""The settings that a probe is made with: also the name of a host, if its kind wants to know it."""

from pingmon.kinds import PROBE_KINDS
from pingmon.model.monitor import Monitor, ProbeOptions


def named_options(monitor: Monitor) -> ProbeOptions:
    """Its own, and the host's name under its kind's `name_setting`, unless that is given."""
    kind = PROBE_KINDS.get(monitor.mon_type)
    name = kind.name_setting if kind and monitor.host else ""
    if not name or name in dict(monitor.probe_options):
        return monitor.probe_options
    return tuple(sorted((*monitor.probe_options, (name, monitor.host))))
