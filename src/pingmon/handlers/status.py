"""status: the daemon's health."""

from typing import Any

from pingmon.api.method import Caller, method
from pingmon.operations.context import Context
from pingmon.operations.status import daemon_status


@method("The daemon's health.", {}, {"type": "object"})
def status(context: Context, caller: Caller) -> dict[str, Any]:
    return daemon_status(context)
