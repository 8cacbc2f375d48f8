"""The kinds of probe. A new kind is one file and one line here."""

from pingmon.probes.icmp.scheduler import PingScheduler

KINDS = {"ping": PingScheduler}
