"""apply: make the daemon's monitors equal to a file."""

import argparse
import sys
from typing import Any

from pingmon.client import files
from pingmon.client.bulk import BATCH, add_rows, read_rows, refused
from pingmon.client.connection import Refused, call
from pingmon.kinds import PROBE_KINDS
from pingmon.kinds.monitor_settings import NAME, SETTINGS

_DEFAULT: dict[str, Any] = {"mon_type": next(iter(PROBE_KINDS))} | {
    one.name: one.schema["default"]
    for kind in PROBE_KINDS.values()
    for one in kind.settings
    if "default" in one.schema
}
_RULES = ("false_alarms", "max_delay", "down_after", "down_after_seconds")
# What a file that does not say gets; as add-mon.
_DEFAULTS: dict[str, Any] = {
    one.name: one.schema.get("default") for one in (NAME, *SETTINGS) if one.name not in _RULES
}


def apply_file(options: argparse.Namespace, token: str, existing: list[dict[str, Any]]) -> dict[str, Any]:
    """Adds, edits and, when that was agreed to, deletes. Raises Refused before anything is changed."""
    rows, problems = read_rows(options, token)
    known = {_key(one): one for one in existing}
    wanted = {_key(params): (where, params) for where, params in rows}
    fresh = [row for key, row in wanted.items() if key not in known]
    edits = [(known[key], _settings(row[1])) for key, row in wanted.items() if key in known]
    edits = [(one, want) for one, want in edits if _differs(one, want)]
    gone = [one for key, one in known.items() if key not in wanted]
    problems += _problems(options, [row for key, row in wanted.items() if key in known])
    if problems:
        raise refused(options, problems)
    if options.output == "table":
        _show(fresh, edits, gone)
    done = {"created": len(fresh), "changed": len(edits), "deleted": len(gone)}
    if options.dry_run:
        return done
    if gone and not options.yes and not _agreed(len(gone)):
        raise Refused("nothing was changed; --yes deletes without asking")
    if fresh:
        add_rows(options, fresh, [])
    for one, want in edits:
        call(options.server_address, "edit_mon", {"id": one["id"]} | want)
    for one in gone:
        call(options.server_address, "del_mon", {"id": one["id"]})
    return done


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    """What makes it another monitor: the target and the channel."""
    target = (str((_DEFAULT | row).get(name, "")) for name in files.TARGET)
    return (*target, *(str(row.get(name) or "") for name in files.RECIPIENT))


def _settings(row: dict[str, Any]) -> dict[str, Any]:
    """All settings of a row, said outright."""
    found = {key: row.get(key, default) for key, default in _DEFAULTS.items()}
    rules = {key: row[key] for key in _RULES if row.get(key) is not None}
    if not {"down_after", "down_after_seconds"} & set(rules):
        least = found["interval"] + found["timeout"] + 2
        rules = {"false_alarms": "1/year", "max_delay": max(120.0, least)} | rules
    return found | rules


def _differs(one: dict[str, Any], want: dict[str, Any]) -> bool:
    return any(one.get(key) != value for key, value in want.items())


def _problems(options: argparse.Namespace, rows: list[files.Row]) -> list[files.Problem]:
    """Rows that exist already, tried dry: a conflict is an edit, anything else is a problem."""
    found: list[files.Problem] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        params = {"monitors": [row for _, row in batch], "verify": False, "dry_run": True}
        errors = call(options.server_address, "import_mon", params)["errors"]
        bad = [error for error in errors if error["kind"] != "conflict"]
        found += [(batch[error["index"]][0], error["message"]) for error in bad]
    return found


def _show(
    fresh: list[files.Row],
    edits: list[tuple[dict[str, Any], dict[str, Any]]],
    gone: list[dict[str, Any]],
) -> None:
    for _, row in fresh:
        print(f"+ {row.get('ip_address')} {row.get('name', '')}".rstrip())
    for one, want in edits:
        changes = [f"{key} {one.get(key)} -> {new}" for key, new in want.items() if one.get(key) != new]
        print(f"~ {one['ip_address']} {one['name']}: {', '.join(changes)}")
    for one in gone:
        print(f"- {one['ip_address']} {one['name']}".rstrip())


def _agreed(count: int) -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"delete {count} monitors? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
