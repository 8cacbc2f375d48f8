"""del-mon"""

import argparse
from typing import Any

from pingmon.client.confirmation import is_agreed
from pingmon.client.connection import Refused, call
from pingmon.client.exit_status import DONE, REFUSED
from pingmon.client.monitor_list import all_monitors
from pingmon.client.options import examples
from pingmon.client.output import count, device, show
from pingmon.client.selection import (
    confirmation_options,
    needed_selectors,
    selector_options,
    summary,
)
from pingmon.client.streams import say


def configure(parser: argparse.ArgumentParser) -> None:
    selector_options(parser)
    confirmation_options(parser)
    examples(
        parser,
        "pingmonctl del-mon printer",
        "pingmonctl del-mon 036bc24f 10.0.0.2",
        "pingmonctl del-mon --ip_address 10.1.0.0/16 --dry_run",
    )


def run(options: argparse.Namespace) -> int:
    """Each is deleted for itself; one that can't be does not keep the others."""
    status = DONE
    for which in _which(options):
        try:
            result = call(options.server_address, "del_mon", {"id": which})
        except Refused as error:
            say(f"pingmonctl: {error}")
            status = REFUSED
            continue
        show(options, result, result["id"])
        say(_words(result))
    return status


def _which(options: argparse.Namespace) -> list[str]:
    """Those that were named, else those that were selected and agreed to. Raises Refused."""
    selectors = needed_selectors(options)
    if set(selectors) == {"id"} and not options.dry_run:
        return list(dict.fromkeys(selectors["id"]))
    found = all_monitors(options, selectors)
    if not found:
        raise Refused("no monitor is so: nothing was deleted")
    if options.dry_run:
        rows = [{name: one[name] for name in ("id", "name", "ip_address")} for one in found]
        show(options, {"monitors": rows}, f"would delete {summary(found)}")
        return []
    if not (options.yes or is_agreed(f"delete {summary(found)}?")):
        raise Refused(f"nothing was deleted; --yes does it without asking: delete {summary(found)}")
    return [str(one["id"]) for one in found]


def _words(result: dict[str, Any]) -> str:
    if not result["deleted"]:
        return "this was deleted before"
    words = f"deleted {device(result)}"
    if result["children"]:
        were = "was" if result["children"] == 1 else "were"
        words += f"; {count(result['children'], 'monitor')} {were} behind it"
    if result["dropped"]:
        words += f"; dropped {count(result['dropped'], 'message')} that nothing could deliver"
    return words
