"""Monitors as another daemon can take them: without IDs and what tags give, bots as people name them."""

from collections import Counter
from typing import Any

from pingmon.client.files.columns import KEY
from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from pingmon.kinds.common_settings import HOST_AND_FAMILY
from pingmon.kinds.declaration import Setting

_LABELS = ("name", "host", "ip_address")
_ANY = HOST_AND_FAMILY[1].schema["default"]


def portable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Parents by name or address where only one monitor has it, else by a key; declared bots by name.

    rows: as list_mon returns them.
    """
    rows = [row | _without_defaults(row) | _target(row) for row in rows]
    names = Counter(row[field] for row in rows for field in _LABELS if row[field])
    by_id = {row["id"]: row for row in rows}
    labels: dict[str, str] = {}
    found = []
    for row in rows:
        parent = by_id.get(row["parent"] or "")
        if parent and parent["id"] not in labels:
            labels[parent["id"]] = _label(parent, names, labels)
        bot = row.get("bot_declared") or row.get("bot_id") or row.get("bot")
        channel: dict[str, Any] = {"bot": bot} | _addresses(row)
        if not row.get("chat_given", True):
            channel = dict.fromkeys(("thread_id", "bot", *channel))
        found.append(row | {"parent": parent and labels[parent["id"]]} | channel)
    for row in found:
        label = labels.get(row["id"])
        if label is not None and label not in [row[field] for field in _LABELS]:
            row[KEY] = label
    return found


def _addresses(row: dict[str, Any]) -> dict[str, Any]:
    """By the setting that each kind of channel has them under: all that were given for the monitor."""
    own = [one for one in row.get("channels") or () if not one.get("group")]
    found: dict[str, Any] = {}
    for kind in CHANNEL_KINDS.values():
        its = [one[kind.address] for one in own if one.get(kind.address)]
        if its:
            found[kind.address] = its if len(its) > 1 else its[0]
    return found


def _target(row: dict[str, Any]) -> dict[str, Any]:
    """What was given: of a name's addresses only the name, of a URL neither."""
    host, family = row.get("host"), row.get("family")
    of_kind = PROBE_KINDS[row["mon_type"]].target if row.get("mon_type") in PROBE_KINDS else ""
    return {
        "ip_address": None if host else row["ip_address"],
        "host": None if of_kind and row.get(of_kind) else host,
        "family": None if family == _ANY else family,
    }


def _without_defaults(row: dict[str, Any]) -> dict[str, Any]:
    """Settings of its kind of probe that are at their defaults are not written."""
    kind = PROBE_KINDS.get(row.get("mon_type", ""))
    return {one.name: None for one in kind.settings if _is_default(one, row)} if kind else {}


def _is_default(setting: Setting, row: dict[str, Any]) -> bool:
    return bool(row.get(setting.name) == setting.schema.get("default"))


def _label(row: dict[str, Any], names: Counter[str], labels: dict[str, str]) -> str:
    """What names this monitor and no other one of the file."""
    for text in [row[field] for field in _LABELS]:
        if text and names[text] == 1:
            return str(text)
    base, number = next((row[field] for field in _LABELS if row[field]), ""), 1
    taken = set(labels.values())
    while (label := f"{base} #{number}") in taken or names[label]:
        number += 1
    return label
