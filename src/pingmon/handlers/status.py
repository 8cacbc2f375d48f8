"""status: the daemon's health."""

from typing import Any

from pingmon.api.method import Caller, method
from pingmon.operations import status as operation
from pingmon.operations.context import Context


@method("The daemon's health.", {}, {"type": "object"})
def status(context: Context, caller: Caller) -> dict[str, Any]:
    return operation.status(context)
