"""import and export: many monitors at once."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from pingmon.client import files
from pingmon.client.connection import Refused, call

BATCH = 500  # monitors of one request and one transaction


def import_file(options: argparse.Namespace, token: str) -> dict[str, Any]:
    """All or nothing: every batch is tried dry before the first is added. Raises Refused."""
    return add_rows(options, *read_rows(options, token))


def read_rows(options: argparse.Namespace, token: str) -> tuple[list[files.Row], list[files.Problem]]:
    """The file's rows, those of a chat without a token with this one, and what is wrong with others."""
    rows, problems = files.read(options.file)
    for _, params in rows:
        if token and "chat_id" in params and "token" not in params:
            params["token"] = token
            params.pop("bot", None)
    return rows, problems + list(_doubles(rows))


def add_rows(
    options: argparse.Namespace, rows: list[files.Row], problems: list[files.Problem]
) -> dict[str, Any]:
    """All or nothing. Raises Refused with every bad row, also those that were bad before."""
    total = _pass(options, rows, problems, dry=True)
    if problems:
        raise refused(options, problems)
    if not options.dry_run:
        total = _pass(options, rows, problems, dry=False)
        if problems:
            raise refused(options, problems)
    return total


def refused(options: argparse.Namespace, problems: list[files.Problem]) -> Refused:
    """In the order of the file."""
    ordered = sorted(problems, key=lambda one: int(one[0].split()[-1]))
    lines = (f"{options.file}: {where}: {words}" for where, words in ordered)
    return Refused("nothing was changed:\n" + "\n".join(lines))


def _pass(
    options: argparse.Namespace, rows: list[files.Row], problems: list[files.Problem], dry: bool
) -> dict[str, Any]:
    total = {"created": 0, "existing": 0}
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        params = {
            "monitors": [params for _, params in batch],
            # Telegram is asked while nothing has been changed yet.
            "verify": dry and not options.no_verify,
            "dry_run": dry,
        }
        result = call(options.server_address, "import_mon", params)
        problems += [(batch[error["index"]][0], error["message"]) for error in result["errors"]]
        if options.dry_run and options.output == "table":
            for index in result["new"]:
                new = batch[index][1]
                print(f"+ {new['ip_address']} {new.get('name', '')}".rstrip())
        total["created"] += result["created"]
        total["existing"] += result["existing"]
        _progress("checked" if dry else "added", start + len(batch), len(rows))
    return total


def _doubles(rows: list[files.Row]) -> Iterator[files.Problem]:
    seen: dict[tuple[Any, ...], tuple[str, dict[str, Any]]] = {}
    for where, params in rows:
        keys = (*files.TARGET, *files.RECIPIENT, *files.ACCOUNT)
        key = tuple(str(params.get(name)) for name in keys)
        if key in seen and seen[key][1] != params:
            yield where, f"{seen[key][0]} has the same with other settings"
        seen.setdefault(key, (where, params))


def _progress(words: str, done: int, total: int) -> None:
    if sys.stderr.isatty() and total > BATCH:
        end = "\n" if done == total else ""
        filled = "#" * (30 * done // total)
        print(f"\r{words} [{filled:30}] {done}/{total}", end=end, file=sys.stderr, flush=True)
