"""What is to be watched: an address, a host's name, or what a kind of probe takes in place of both."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pingmon.kinds import PROBE_KINDS
from pingmon.model.errors import InvalidValue
from pingmon.model.host_name import FAMILIES, host_of_url, parse_host
from pingmon.model.ip_address import parse_address
from pingmon.model.monitor import Monitor, ProbeOptions

ADDRESS, HOST, FAMILY = "ip_address", "host", "family"
NAMES = (ADDRESS, HOST, FAMILY)


class Target(NamedTuple):
    """As a monitor has them."""

    address: str = ""
    host: str = ""
    family: str = FAMILIES[0]


def parse_target(mon_type: str, probe_options: ProbeOptions, given: Mapping[str, Any]) -> Target:
    """given: parameters by name; empty is as good as none. Raises InvalidValue.

    Exactly one of ip_address and host; of a kind with a setting in their place (a URL) that, and perhaps
    the address to connect to.
    """
    address, host = given.get(ADDRESS) or "", given.get(HOST) or ""
    family, setting = given.get(FAMILY) or FAMILIES[0], PROBE_KINDS[mon_type].target
    if setting:
        _refuse_both(host, HOST, setting)
        found = _of_setting(setting, probe_options, address)
    else:
        _refuse_both(host and address, HOST, ADDRESS)
        if not (host or address):
            raise InvalidValue("say what to watch: give ip_address or host", ADDRESS)
        found = Target(host=parse_host(host)) if host else Target(parse_address(address))
    return _with_family(found, family)


def edited_target(monitor: Monitor, probe_options: ProbeOptions, changes: Mapping[str, Any]) -> Target:
    """After an edit. probe_options: as they are then. changes: as `parse_target` takes them."""
    setting = PROBE_KINDS[monitor.mon_type].target
    before = Target(monitor.address, monitor.host, monitor.family)
    if not changes and (not setting or probe_options == monitor.probe_options):
        return before
    family = changes.get(FAMILY) or (monitor.family if not changes.get(ADDRESS) else FAMILIES[0])
    if changes.get(ADDRESS) or changes.get(HOST):
        found = parse_target(monitor.mon_type, probe_options, {**changes, FAMILY: FAMILIES[0]})
    elif setting and (ADDRESS in changes or not _is_pinned(setting, monitor)):
        found = _of_setting(setting, probe_options, "")
    else:
        found = Target(monitor.address, monitor.host)
    found = _with_family(found, family if found.host or FAMILY in changes else FAMILIES[0])
    is_same = (found.host, found.family) == (monitor.host, monitor.family)
    return found._replace(address=monitor.address if is_same else "") if found.host else found


def _of_setting(setting: str, probe_options: ProbeOptions, address: str) -> Target:
    if address:
        return Target(parse_address(address))
    host, address = host_of_url(str(dict(probe_options).get(setting) or ""), setting)
    return Target(address, host)


def _is_pinned(setting: str, monitor: Monitor) -> bool:
    """Whether it is told to connect to another address than its setting says."""
    return not monitor.host and _of_setting(setting, monitor.probe_options, "").address != monitor.address


def _with_family(target: Target, family: str) -> Target:
    if family not in FAMILIES:
        raise InvalidValue(f"family is {', '.join(FAMILIES)}", FAMILY)
    if family != FAMILIES[0] and not target.host:
        raise InvalidValue("family is for names: an address is of one family", FAMILY)
    return target._replace(family=family)


def _refuse_both(value: Any, name: str, other: str) -> None:
    if value:
        raise InvalidValue(f"{name} and {other} exclude each other: give one of them", name)
