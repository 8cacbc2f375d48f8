"""log"""

import argparse
from typing import Any

from pingmon.client.commands.list_mon import time_option
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import MONITOR, examples, option
from pingmon.client.output import show
from pingmon.client.streams import say
from pingmon.client.views.journal import journal

_FILTERS = ("id", "actor", "action", "since", "until")
PAGE = 500


def configure(parser: argparse.ArgumentParser) -> None:
    which = parser.add_argument_group("which entries (default: the latest)")
    option(which, "--id", metavar="MONITOR", help=f"about {MONITOR}; deleted ones by ID")
    option(which, "--actor", metavar="USER", help="by this Unix user")
    option(which, "--action", metavar="COMMAND", help="of this command, as edit-mon")
    option(which, "--since", metavar="TIME", help="since then: 2h (before now), 18:00, 2026-12-01")
    option(which, "--until", metavar="TIME", help="until then")
    option(which, "--limit", type=int, metavar="N", default=50, help="at most so many (default 50)")
    time_option(parser)
    examples(
        parser,
        "pingmonctl log --since 1d",
        "pingmonctl log --id printer --action edit-mon",
        "pingmonctl log --actor root -o json",
    )


def run(options: argparse.Namespace) -> int:
    if options.limit < 1:
        options.refuse("--limit must be 1 or more")
    filters = {key: value for key in _FILTERS if (value := getattr(options, key)) is not None}
    entries: list[dict[str, Any]] = []
    after: int | None = None
    while len(entries) < options.limit:
        page: dict[str, Any] = {"limit": min(PAGE, options.limit - len(entries))}
        page |= {"after": after} if after else {}
        found = call(options.server_address, "log", filters | page)
        entries += found["entries"]
        after = found["next"]
        if after is None:
            break
    words = journal(entries, options.time == "absolute") if entries else ""
    show(options, {"entries": entries, "next": after}, words)
    if not entries:
        say("nothing was changed, as far as this asks")
    return DONE
