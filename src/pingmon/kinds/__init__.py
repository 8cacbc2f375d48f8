"""Declarations of the kinds of probes and channels. A new kind: one file here, and one line below."""

from collections.abc import Mapping
from typing import Any

from pingmon.kinds.apprise import APPRISE
from pingmon.kinds.declaration import NO_DEFAULTS, ChannelKind, ProbeKind
from pingmon.kinds.dns import DNS
from pingmon.kinds.email import EMAIL
from pingmon.kinds.http import HTTP
from pingmon.kinds.ping import PING
from pingmon.kinds.tcp import TCP
from pingmon.kinds.telegram import TELEGRAM
from pingmon.kinds.tls import TLS
from pingmon.kinds.webhook import WEBHOOK

PROBE_KINDS: dict[str, ProbeKind] = {kind.name: kind for kind in (PING, TCP, HTTP, DNS, TLS)}
DEFAULT_PROBE = next(iter(PROBE_KINDS))  # when nothing is said
CHANNEL_KINDS: dict[str, ChannelKind] = {kind.name: kind for kind in (TELEGRAM, EMAIL, WEBHOOK, APPRISE)}


def defaults_of(mon_type: str) -> Mapping[str, Any]:
    """Of settings that all kinds of probe have: those that this one has instead of the usual ones."""
    kind = PROBE_KINDS.get(mon_type)
    return kind.defaults if kind else NO_DEFAULTS
