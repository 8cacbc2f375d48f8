"""The kinds of probe. A new kind is one file and one line here."""

from pingmon.probes.pinger import Pinger

KINDS = {"ping": Pinger}
