"""import and export: many monitors at once."""

import argparse
import sys
from typing import Any

from pingmon.client import files
from pingmon.client.connection import Refused, call

BATCH = 500  # monitors of one request and one transaction


def import_file(options: argparse.Namespace, token: str) -> dict[str, Any]:
    """All or nothing: every batch is tried dry before the first is added. Raises Refused."""
    return add_rows(options, read_rows(options, token))


def read_rows(options: argparse.Namespace, token: str) -> list[files.Row]:
    """The file's rows, those without a token with this one. Raises Refused."""
    rows = files.read(options.file)
    for _, params in rows:
        if "token" not in params and token:
            params["token"] = token
            params.pop("bot", None)
    _check_doubles(options.file, rows)
    return rows


def add_rows(options: argparse.Namespace, rows: list[files.Row]) -> dict[str, Any]:
    """All or nothing. Raises Refused."""
    total = {"created": 0, "existing": 0}
    passes = [True] if options.dry_run else [True, False]
    for dry in passes:
        total = {"created": 0, "existing": 0}
        problems: list[str] = []
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            params = {
                "monitors": [params for _, params in batch],
                # Telegram is asked while nothing has been changed yet.
                "verify": dry and not options.no_verify,
                "dry_run": dry,
            }
            result = call(options.server_address, "import_mon", params)
            for error in result["errors"]:
                where = batch[error["index"]][0]
                problems.append(f"{options.file}: {where}: {error['message']}")
            if options.dry_run and options.output == "table":
                for index in result["new"]:
                    new = batch[index][1]
                    print(f"+ {new['ip_address']} {new.get('name', '')}".rstrip())
            total["created"] += result["created"]
            total["existing"] += result["existing"]
            _progress("checked" if dry else "added", start + len(batch), len(rows))
        if problems:
            raise Refused("nothing was added:\n" + "\n".join(problems))
    return total


def _check_doubles(path: str, rows: list[files.Row]) -> None:
    seen: dict[tuple[Any, ...], tuple[str, dict[str, Any]]] = {}
    for where, params in rows:
        keys = ("ip_address", "mon_type", "chat_id", "thread_id", "token", "bot")
        key = tuple(str(params.get(name)) for name in keys)
        if key in seen and seen[key][1] != params:
            raise Refused(
                f"nothing was added:\n{path}: {where}: {seen[key][0]} has the same with other settings"
            )
        seen.setdefault(key, (where, params))


def _progress(words: str, done: int, total: int) -> None:
    if sys.stderr.isatty() and total > BATCH:
        end = "\n" if done == total else ""
        filled = "#" * (30 * done // total)
        print(f"\r{words} [{filled:30}] {done}/{total}", end=end, file=sys.stderr, flush=True)
