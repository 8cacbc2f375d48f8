"""import: what a file has is added; what is there with other settings is refused."""

import argparse
from typing import Any

from pingmon.client.bulk.plan import Plan
from pingmon.client.connection import Refused
from pingmon.client.terminal_text import safe


def import_file(options: argparse.Namespace) -> dict[str, Any]:
    """All or nothing. Raises Refused."""
    plan = Plan(options, update=False)
    if not plan.rows:
        raise Refused(f"{options.file}: there is no monitor in it")
    new = [row for row, one in zip(plan.rows, plan.done, strict=True) if one.is_new]
    if options.dry_run:
        for row in new if options.output == "table" else ():
            print(safe(f"+ {row.params.get('ip_address')} {row.params.get('name', '')}".rstrip()))
    else:
        plan.carry_out()
    return {"created": len(new), "existing": len(plan.rows) - len(new)}
