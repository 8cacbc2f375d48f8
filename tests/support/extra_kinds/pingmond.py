"""The daemon with the kinds that only tests have: `python -m tests.support.extra_kinds.pingmond`."""

import sys

from pingmon.kinds import PROBE_KINDS
from pingmon.probes.registry import PROBERS
from tests.support.extra_kinds.file_declaration import FILE
from tests.support.extra_kinds.file_prober import FileProber

PROBE_KINDS[FILE.name] = FILE  # the line in kinds/__init__.py
PROBERS[FILE.name] = FileProber  # the line in probes/registry.py

if __name__ == "__main__":
    from pingmon.daemon.main import main  # only now, as schemas are built from what is registered

    sys.exit(main())
