"""Monitors as another daemon can take them: without IDs and what tags give, bots as people name them."""

from collections import Counter
from typing import Any

from pingmon.client.files.columns import KEY
from pingmon.kinds import CHANNEL_KINDS


def portable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Parents by name or address where only one monitor has it, else by a key; declared bots by name.

    rows: as list_mon returns them.
    """
    names = Counter(row[field] for row in rows for field in ("name", "ip_address") if row[field])
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
        if label is not None and label not in (row["name"], row["ip_address"]):
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


def _label(row: dict[str, Any], names: Counter[str], labels: dict[str, str]) -> str:
    """What names this monitor and no other one of the file."""
    for text in (row["name"], row["ip_address"]):
        if text and names[text] == 1:
            return str(text)
    base, number = row["name"] or row["ip_address"], 1
    taken = set(labels.values())
    while (label := f"{base} #{number}") in taken or names[label]:
        number += 1
    return label
