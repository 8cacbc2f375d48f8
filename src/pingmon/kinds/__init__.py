"""Declarations of the kinds of probes and channels. A new kind: one file here, and one line below."""

from pingmon.kinds.declaration import ChannelKind, ProbeKind
from pingmon.kinds.ping import PING
from pingmon.kinds.telegram import TELEGRAM

PROBE_KINDS: dict[str, ProbeKind] = {kind.name: kind for kind in (PING,)}
CHANNEL_KINDS: dict[str, ChannelKind] = {kind.name: kind for kind in (TELEGRAM,)}
