"""apply: make the daemon's monitors equal to a file."""

import argparse
import sys
from typing import Any

from pingmon.client.bulk.batches import show_progress
from pingmon.client.bulk.plan import Plan
from pingmon.client.connection import CannotReach, Refused, call
from pingmon.client.terminal_text import safe


def apply_file(options: argparse.Namespace, existing: list[dict[str, Any]]) -> dict[str, Any]:
    """Adds, edits and, when that was agreed to, deletes. Raises Refused before anything is changed."""
    plan = Plan(options, update=True)
    if not plan.rows and not options.delete_all:
        raise Refused(
            f"{options.file}: there is no monitor in it, nothing was changed; "
            f"--delete_all deletes all {len(existing)}"
        )
    kept = {one.id for one in plan.done if one.id}
    gone = [one for one in existing if one["id"] not in kept]
    if options.output == "table":
        _show(plan, existing, gone)
    counts = {
        "created": sum(one.is_new for one in plan.done),
        "changed": sum(bool(one.changes) for one in plan.done),
        "deleted": len(gone),
    }
    if options.dry_run:
        return counts
    _agree(options, len(gone), len(existing))
    plan.carry_out()
    _delete(options, gone)
    return counts


def _show(plan: Plan, existing: list[dict[str, Any]], gone: list[dict[str, Any]]) -> None:
    """+ added, ~ changed, - deleted."""
    known = {one["id"]: one for one in existing}
    for row, one in zip(plan.rows, plan.done, strict=True):
        params, before = row.params, known.get(one.id or "", {})
        if one.is_new:
            print(safe(f"+ {one.address} {params.get('name', '')}".rstrip()))
        elif one.changes:
            changes = (f"{name} {old} -> {new}" for name, (old, new) in one.changes.items())
            print(safe(f"~ {one.address} {before.get('name', '')}: {', '.join(changes)}"))
    for old in gone:
        print(safe(f"- {old['ip_address']} {old['name']}".rstrip()))


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


def _delete(options: argparse.Namespace, gone: list[dict[str, Any]]) -> None:
    for count, one in enumerate(gone):
        try:
            call(options.server_address, "del_mon", {"id": one["id"]})
        except (Refused, CannotReach) as error:
            words = f"{error}; {count} of {len(gone)} were deleted before, run it again for the rest"
            raise type(error)(words) from None
        show_progress("deleted", count + 1, len(gone))
