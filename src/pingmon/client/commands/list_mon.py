"""list-mon"""

import argparse
from typing import Any

from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.monitor_list import all_monitors
from pingmon.client.options import examples, option
from pingmon.client.output import count, show
from pingmon.client.selection import selector_options, selectors_of
from pingmon.client.streams import say
from pingmon.client.views.monitors import CELLS, SORTS, counted, monitors
from pingmon.text.printable import shown

# For what nothing fits.
_WORDS = {
    "state": "is",
    "name": "is called",
    "tag": "has the tag",
    "ip_address": "has the address",
    "host": "has the host name",
    "parent": "is behind",
    "bot": "is told by",
    "chat_id": "tells chat",
    "where": "has",
}


def configure(parser: argparse.ArgumentParser) -> None:
    selector_options(parser, has_ids=False)
    how = parser.add_argument_group("how")
    text = f"what to show, with commas, of: {', '.join(CELLS)} (default: what fits the screen)"
    option(how, "--columns", metavar="NAMES", help=text)
    text = f"by what: {', '.join(SORTS)} (default: the worst first)"
    option(how, "--sort", choices=tuple(SORTS), metavar="NAME", help=text)
    time_option(how)
    examples(
        parser,
        "pingmonctl list-mon --state down",
        "pingmonctl list-mon --columns state,name,since,why --sort since",
        "pingmonctl list-mon -o json",
    )


def time_option(parser: Any) -> None:
    text = "ages, or times of the local zone, which TZ says (default age)"
    choices = ("age", "absolute")
    option(parser, "--time", choices=choices, metavar="|".join(choices), default="age", help=text)


def run(options: argparse.Namespace) -> int:
    filters = selectors_of(options)
    columns = _columns(options)
    rows = all_monitors(options, filters)
    words = ""
    if rows and options.output == "table":
        table = monitors(rows, columns, options.sort, options.time == "absolute", options.wide)
        words = f"{table}\n{counted(rows)}"
    show(options, {"monitors": rows, "next": None}, words)
    if not rows and options.output == "table":
        say(_nothing(options, filters))
    return DONE


def _columns(options: argparse.Namespace) -> list[str]:
    found = [one.strip().lower() for one in (options.columns or "").split(",") if one.strip()]
    for one in found:
        if one not in CELLS:
            options.refuse(f"--columns: there is no column {shown(one)}; there are {', '.join(CELLS)}")
    return found


def _nothing(options: argparse.Namespace, filters: dict[str, Any]) -> str:
    total = call(options.server_address, "status", {})["monitors"] if filters else 0
    if not total:
        return "no monitors; add-mon adds one"
    words = [f"{_WORDS[key]} {_listed(filters[key])}" for key in _WORDS if key in filters]
    return f"none of {count(total, 'monitor')} {' and '.join(words)}"


def _listed(value: Any) -> str:
    return " or ".join(value) if isinstance(value, list) else str(value)
