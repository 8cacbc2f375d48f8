"""Options that say which monitors a command is about, and the question before many are changed."""

import argparse
from collections.abc import Callable
from typing import Any

from pingmon.client.argument_actions import Several
from pingmon.client.confirmation import is_agreed
from pingmon.client.connection import Refused, call
from pingmon.client.exit_status import DONE
from pingmon.client.options import MONITOR, option
from pingmon.client.output import count, device, show
from pingmon.client.streams import say

STATES = ("down", "unknown", "up")
NAMED = 10  # monitors that the question names
SELECTORS: dict[str, tuple[str, str]] = {  # option → metavar, help
    "name": ("GLOB", "those with this name; * and ? stand for any letters"),
    "tag": ("TAG", "those with this tag, as printer or site=berlin; several: with all of them"),
    "chat_id": ("ID", "those that tell this chat"),
    "bot": ("NAME", "those that this bot writes for: its name or number"),
    "parent": ("MONITOR", "all that is behind this monitor"),
    "ip_address": ("IP", "those of this address, or of a prefix as 10.1.0.0/16"),
    "host": ("GLOB", "those with this host name; * and ? stand for any letters"),
}


def selector_options(
    parser: argparse.ArgumentParser, but: tuple[str, ...] = (), has_ids: bool = True, title: str = "which"
) -> Any:
    """Adds them. but: those whose names mean something else in this command."""
    which = parser.add_argument_group(f"{title}; of several kinds of conditions all must hold")
    if has_ids:
        parser.add_argument(
            "id", nargs="*", action=Several, default=argparse.SUPPRESS, metavar="MONITOR",
            help=f"{MONITOR}; several are taken",
        )  # fmt: skip
        option(which, "--id", action=Several, metavar="MONITOR", help="the same, as an option")
    for name, (metavar, text) in SELECTORS.items():
        if name not in but:
            option(which, f"--{name}", action=Several, metavar=metavar, help=text)
    if "state" not in but:
        metavar = "|".join(STATES)
        text = "those in this state"
        option(which, "--state", choices=STATES, metavar=metavar, help=text)
    text = "as --KEY VALUE, also where that option means something else; several are taken"
    option(which, "--where", action=Several, metavar="KEY=VALUE", help=text)
    option(which, "--all", action="store_true", help="all monitors")
    return which


def confirmation_options(parser: argparse.ArgumentParser) -> None:
    option(parser, "--yes", action="store_true", help="do not ask, though many are changed")
    option(parser, "--dry_run", action="store_true", help="say which they are, change nothing")


def selectors_of(options: argparse.Namespace, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """The conditions that were given, as the API takes them."""
    names = [one for one in ("id", *SELECTORS, "state", "where") if one not in but]
    found = {name: value for name in names if (value := getattr(options, name, None))}
    return found | ({"all": True} if getattr(options, "all", False) else {})


def needed_selectors(options: argparse.Namespace, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """Exits with USAGE when nothing says which monitors."""
    found = selectors_of(options, but)
    if not found or "" in found.get("id", ()):
        options.refuse("say which monitors: by name, address or ID, or with --tag, --where … or --all")
    if found.get("all") and len(found) > 1:
        options.refuse("--all excludes all other conditions")
    return found


def change_selected(
    options: argparse.Namespace, method: str, which: dict[str, Any], more: dict[str, Any], verb: str
) -> dict[str, Any] | None:
    """What the method returned, once that was agreed to; None when it was not, or was not wanted.

    verb: for the question: "mute". Raises Refused when there is no such monitor.
    """
    if options.dry_run or not (options.yes or set(which) == {"id"}):
        found = call(options.server_address, method, which | more | {"dry_run": True})
        monitors = found["monitors"]
        if not monitors:
            raise Refused("no monitor is so: nothing was changed")
        if options.dry_run:
            show(options, found, f"would {verb} {summary(monitors)}")
            return None
        if not is_agreed(f"{verb} {summary(monitors)}?"):
            raise Refused(
                f"nothing was changed; --yes does it without asking: {verb} {summary(monitors)}"
            )
    result: dict[str, Any] = call(options.server_address, method, which | more)
    if not result["monitors"]:
        raise Refused("no monitor is so: nothing was changed")
    return result


def summary(monitors: list[dict[str, Any]]) -> str:
    """ "12 monitors: printer (10.0.0.2), … and 2 more"."""
    named = ", ".join(device(one) for one in monitors[:NAMED])
    more = len(monitors) - NAMED
    return f"{count(len(monitors), 'monitor')}: {named}" + (f" and {more} more" if more > 0 else "")


def run_on_selected(
    options: argparse.Namespace,
    method: str,
    more: dict[str, Any],
    verb: str,
    done: Callable[[dict[str, Any]], str],
    but: tuple[str, ...] = (),
) -> int:
    """A command that changes monitors: IDs to stdout, words about it to stderr.

    done: words about one that was changed, or was so already (`changed` is false).
    """
    result = change_selected(options, method, needed_selectors(options, but), more, verb)
    if result is None:
        return DONE
    monitors = result["monitors"]
    show(options, result, "\n".join(one["id"] for one in monitors))
    for one in monitors[:NAMED]:
        say(done(one))
    if len(monitors) > NAMED:
        say(f"and {len(monitors) - NAMED} more; {result['changed']} of {len(monitors)} were changed")
    return DONE
