"""The daemon with the kinds that only tests have: `python -m tests.support.extra_kinds.pingmond`."""

import sys

from pingmon.channels.registry import CHANNELS
from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from pingmon.probes.registry import PROBERS
from tests.support.extra_kinds.directory_channel import DirectoryService
from tests.support.extra_kinds.directory_declaration import DIRECTORY
from tests.support.extra_kinds.file_declaration import FILE
from tests.support.extra_kinds.file_prober import FileProber

PROBE_KINDS[FILE.name] = FILE  # the line in kinds/__init__.py
CHANNEL_KINDS[DIRECTORY.name] = DIRECTORY  # likewise
PROBERS[FILE.name] = FileProber  # the line in probes/registry.py
CHANNELS[DIRECTORY.name] = DirectoryService  # the line in channels/registry.py

if __name__ == "__main__":
    from pingmon.daemon.main import main  # only now, as schemas are built from what is registered

    sys.exit(main())
