"""The client with the kinds that only tests have: `python -m tests.support.extra_kinds.pingmonctl`."""

import sys

from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from tests.support.extra_kinds.directory_declaration import DIRECTORY
from tests.support.extra_kinds.file_declaration import FILE

PROBE_KINDS[FILE.name] = FILE  # the line in kinds/__init__.py
CHANNEL_KINDS[DIRECTORY.name] = DIRECTORY  # likewise

if __name__ == "__main__":
    from pingmon.client.main import main  # only now, as options are built from what is registered

    sys.exit(main())
