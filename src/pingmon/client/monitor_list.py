"""All monitors, page by page."""

import argparse
from typing import Any

from pingmon.client.connection import call

PAGE = 500  # monitors; a longer answer keeps the pinger waiting while it is encoded


def all_monitors(options: argparse.Namespace, filters: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after: str | None = None
    filters = filters | {"limit": PAGE}
    while True:
        page = call(options.server_address, "list_mon", filters | ({"after": after} if after else {}))
        rows += page["monitors"]
        after = page["next"]
        if not after:
            return rows
