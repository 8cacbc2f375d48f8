"""del-mon"""

import argparse
from typing import Any

from pingmon.client.connection import Refused, call
from pingmon.client.exit_status import DONE, REFUSED
from pingmon.client.options import examples
from pingmon.client.output import count, device, show
from pingmon.client.selection import (
    change_selected,
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
    which = needed_selectors(options)
    if set(which) == {"id"} and not options.dry_run:
        return _delete_each(options, list(dict.fromkeys(which["id"])))
    result = change_selected(options, "del_mon", which, {}, "delete")
    if result is None:
        return DONE
    monitors = result["monitors"]
    show(options, result, "\n".join(one["id"] for one in monitors))
    say(f"deleted {summary(monitors)}{_besides(result)}")
    return DONE


def _delete_each(options: argparse.Namespace, names: list[str]) -> int:
    """Those that were named, each for itself; one that can't be deleted does not keep the others."""
    status = DONE
    for which in names:
        try:
            result = call(options.server_address, "del_mon", {"id": which})
        except Refused as error:
            say(f"pingmonctl: {error}")
            status = REFUSED
            continue
        show(options, result, result["id"])
        say(_words(result))
    return status


def _words(result: dict[str, Any]) -> str:
    if not result["deleted"]:
        return "this was deleted before"
    return f"deleted {device(result)}{_besides(result)}"


def _besides(result: dict[str, Any]) -> str:
    words = ""
    if result["children"]:
        were = "was" if result["children"] == 1 else "were"
        what = "it" if "id" in result else "them"
        words += f"; {count(result['children'], 'monitor')} {were} behind {what}"
    if result["dropped"]:
        words += f"; dropped {count(result['dropped'], 'message')} that nothing could deliver"
    return words
