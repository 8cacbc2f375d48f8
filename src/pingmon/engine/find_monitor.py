"""Which monitor does somebody mean, by an ID, its first letters, a name, a host's name or an address?"""

from contextlib import suppress

from pingmon.engine.live_monitors import LiveMonitors
from pingmon.model.errors import InvalidValue
from pingmon.model.host_name import parse_host
from pingmon.model.id_prefix import ID_LENGTH, is_id_prefix
from pingmon.model.ip_address import parse_address
from pingmon.model.monitor import Monitor
from pingmon.text.printable import shown

SHOWN = 10  # monitors of a refusal


def find_live(monitors: LiveMonitors, text: str, field: str = "id") -> Monitor | None:
    """The live monitor that has this ID, name, host name, address or beginning of its ID; None: none has.

    Raises InvalidValue, which lists them, when it is more than one.
    """
    found = {one.id: one for one in _candidates(monitors, text.strip())}
    if len(found) <= 1:
        return next(iter(found.values()), None)
    listed = [f"{one.id[:8]} {one.label}" for one in list(found.values())[:SHOWN]]
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    raise InvalidValue(
        f"{shown(text)} names {len(found)} monitors; give the ID of one: {', '.join(listed + more)}",
        field,
    )


def _candidates(monitors: LiveMonitors, text: str) -> list[Monitor]:
    found = monitors.labelled(text)
    for parse in (parse_address, parse_host):
        with suppress(InvalidValue):
            if (target := parse(text)) != text:
                found += [one for one in monitors.labelled(target) if target in (one.host, one.address)]
    wanted = text.lower()
    if len(wanted) == ID_LENGTH:
        whole = monitors.get(wanted)
        found += [whole] if whole else []
    elif is_id_prefix(wanted):
        ids = [one for one in monitors.ids() if one.startswith(wanted)]
        found += [one for which in ids if (one := monitors.get(which))]
    return found
