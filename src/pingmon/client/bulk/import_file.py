"""import: what a file has is added; what is there with other settings is refused."""

import argparse
from typing import Any

from pingmon.client.bulk.plan import Plan
from pingmon.client.connection import Refused
from pingmon.client.output import target
from pingmon.client.terminal_text import safe


def import_file(options: argparse.Namespace) -> dict[str, Any]:
    """All or nothing. Raises Refused, CannotReach, Interrupted."""
    with Plan(options) as plan:
        if not plan.rows:
            raise Refused(f"{options.file}: there is no monitor in it, nothing was changed")
        if not options.dry_run:
            plan.carry_out()
        elif options.output == "table":
            for one in plan.changes():
                print(safe(f"+ {target(one)} {one['name']}".rstrip()))
        return {"created": plan.counts["created"], "existing": plan.counts["existing"]}
