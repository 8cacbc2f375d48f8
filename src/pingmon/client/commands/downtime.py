"""downtime"""

import argparse
from typing import Any

from pingmon.client.commands.list_mon import time_option
from pingmon.client.confirmation import is_agreed
from pingmon.client.connection import Refused, call
from pingmon.client.exit_status import DONE, REFUSED
from pingmon.client.options import examples, option
from pingmon.client.output import count, show
from pingmon.client.selection import (
    confirmation_options,
    needed_selectors,
    selector_options,
    selectors_of,
    summary,
)
from pingmon.client.streams import say
from pingmon.client.time_words import local_in_zone
from pingmon.client.views.downtimes import downtimes

ACTIONS = ("add", "list", "delete")
_PLAN = ("start", "end", "rrule", "time_zone", "comment")


def configure(parser: argparse.ArgumentParser) -> None:
    text = "plan one, list those that are planned, forget one (--id, its ID)"
    parser.add_argument("action", choices=ACTIONS, metavar="|".join(ACTIONS), help=text)
    selector_options(parser, title="which monitors, seen when it begins; of delete --id is the downtime")
    when = parser.add_argument_group("when")
    text = "when it begins, as 22:00, sun 01:00 or 2026-12-01 22:00 (default now)"
    option(when, "--start", metavar="TIME", help=text)
    option(when, "--end", metavar="TIME", help="when it ends")
    option(when, "--for", dest="lasts", metavar="TIME", help="how long it is instead, as 2h")
    text = "it repeats, as FREQ=WEEKLY;BYDAY=SU or FREQ=MONTHLY;BYDAY=1SA (RFC 5545)"
    option(when, "--rrule", metavar="RULE", help=text)
    option(when, "--time_zone", metavar="ZONE", help="as Europe/Berlin (default: the daemon's)")
    option(parser, "--comment", metavar="TEXT", help="why, for people")
    confirmation_options(parser)
    time_option(parser)
    examples(
        parser,
        "pingmonctl downtime add --id router --for 2h --comment update",
        "pingmonctl downtime add --tag berlin --start 'sun 01:00' --for 4h --rrule FREQ=WEEKLY --yes",
        "pingmonctl downtime list",
        "pingmonctl downtime delete --id 036bc24f",
    )


def run(options: argparse.Namespace) -> int:
    return {"add": _add, "list": _list, "delete": _delete}[options.action](options)


def _add(options: argparse.Namespace) -> int:
    which = needed_selectors(options)
    plan: dict[str, Any] = {name: value for name in _PLAN if (value := getattr(options, name))}
    if options.lasts:
        plan["for"] = options.lasts
    if ("end" in plan) is ("for" in plan):
        options.refuse("say when it ends, once: --for 2h or --end 06:00")
    dry_run = bool(options.dry_run)
    if not (dry_run or options.yes or set(which) == {"id"}):
        found = call(options.server_address, "downtime_add", which | plan | {"dry_run": True})
        question = f"plan downtime for {_of(found['monitors'])}"
        if not is_agreed(f"{question}?"):
            raise Refused(f"nothing was planned; --yes does it without asking: {question}")
    result = call(options.server_address, "downtime_add", which | plan | {"dry_run": dry_run})
    monitors, window = result["monitors"], result["downtime"]
    words = _span(window)
    of = _of(monitors)
    show(options, result, result["id"] or f"would plan {words} for {of}")
    if not options.dry_run:
        say(f"planned {words}{', repeating' if window['rrule'] else ''}, for {of}")
    for one in result["overlaps"]:
        say(f"it overlaps {one['id'][:8]}, first from {_span(one)}")
    return DONE


def _span(window: dict[str, Any]) -> str:
    return f"{local_in_zone(window['start'])} to {local_in_zone(window['end'])}"


def _of(monitors: list[dict[str, Any]]) -> str:
    return summary(monitors) if monitors else "no monitor, as it is now"


def _list(options: argparse.Namespace) -> int:
    if selectors_of(options):
        options.refuse("list shows all downtimes; which monitors one is for stands in its line")
    result = call(options.server_address, "downtime_list", {})
    found = result["downtimes"]
    show(options, result, downtimes(found, options.time == "absolute") if found else "")
    if not found:
        say("no downtime is planned")
    return DONE


def _delete(options: argparse.Namespace) -> int:
    ids = getattr(options, "id", None) or []
    if not ids:
        options.refuse("say which downtime: --id, as downtime list shows it")
    status = DONE
    for one in ids:
        try:
            result = call(options.server_address, "downtime_delete", {"id": one})
        except Refused as error:
            say(f"pingmonctl: {error}")
            status = REFUSED
            continue
        show(options, result, result["id"])
    if len(ids) > 1:
        say(f"{count(len(ids), 'downtime')} named")
    return status
