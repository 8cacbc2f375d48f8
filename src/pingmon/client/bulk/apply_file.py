"""apply: make the daemon's monitors equal to a file."""

import argparse
import sys
from typing import Any

from pingmon.client.bulk.plan import Plan
from pingmon.client.connection import Refused
from pingmon.client.output import target
from pingmon.client.terminal_text import safe

ID_SHOWN = 8  # letters; list-mon shows as many


def apply_file(options: argparse.Namespace) -> dict[str, Any]:
    """Adds, edits and, when that was agreed to, deletes, all or nothing.

    Raises Refused, CannotReach, Interrupted.
    """
    with Plan(options, is_all=True) as plan:
        existing = plan.counts["monitors"]
        if not plan.rows and not options.delete_all:
            raise Refused(
                f"{options.file}: there is no monitor in it, nothing was changed; "
                f"--delete_all deletes all {existing}"
            )
        if options.output == "table":
            _show(plan)
        if not options.dry_run:
            _agree(options, plan.counts["deleted"], existing)
            plan.carry_out()
        return {name: plan.counts[name] for name in ("created", "changed", "deleted")}


def _show(plan: Plan) -> None:
    """+ added, ~ changed, - deleted."""
    for one in plan.changes():
        sign = {"add": "+", "change": "~", "delete": "-"}[one["what"]]
        line = f"{sign} {target(one)} {one['name']}".rstrip()
        if one["what"] == "change":
            changes = one["changes"].items()
            words = (f"{name} {said(name, old)} -> {said(name, new)}" for name, (old, new) in changes)
            line += f": {', '.join(words)}"
        print(safe(line))


def said(name: str, value: Any) -> str:
    """As edit-mon says it."""
    if value in (None, "", []):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, int | float):
        return f"{value:g}"
    return str(value)[:ID_SHOWN] if name == "parent" else str(value)


def _agree(options: argparse.Namespace, deleted: int, existing: int) -> None:
    """Ask for confirmation. Raises Refused when it is not given."""
    if not deleted:
        return
    everything = deleted == existing
    what = f"all {deleted} monitors" if everything else f"{deleted} of {existing} monitors"
    if everything and not options.delete_all:
        raise Refused(f"nothing was changed; this would delete {what}: --delete_all allows that")
    if options.yes:
        print(f"deletes {what}", file=sys.stderr)
        return
    if not sys.stdin.isatty():
        raise Refused(f"nothing was changed; this would delete {what}: --yes allows that")
    if 2 * deleted > existing:
        agreed = _ask(f"this deletes {what}; type the number to go on: ") == str(deleted)
    else:
        agreed = _ask(f"delete {what}? [y/N] ").lower() in ("y", "yes")
    if not agreed:
        raise Refused("nothing was changed")


def _ask(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()
