"""What the journal has of each operation. No secrets: of an account only its name."""

from typing import Any

from pingmon.kinds import CHANNEL_KINDS
from pingmon.model.monitor import Monitor, MonitorRequest
from pingmon.operations.changes import changed_values
from pingmon.storage.journal import Entry


def added_entry(actor: str, added: Monitor | MonitorRequest) -> Entry:
    """added: also one that will be there, under the ID of the request."""
    channel = added.channel
    kind = CHANNEL_KINDS.get(channel.kind)
    details: dict[str, Any] = {kind.address if kind else channel.kind: channel.address}
    if kind and kind.sender:
        details["bot"] = channel.account
    if channel.topic:
        details["thread_id"] = channel.topic
    return Entry(actor, "add_mon", added.label, added.id, details)


def deleted_entry(actor: str, deleted: Monitor) -> Entry:
    return Entry(actor, "del_mon", deleted.label, deleted.id)


def edited_entry(actor: str, before: Monitor, after: Monitor) -> Entry:
    changes = {name: list(values) for name, values in changed_values(before, after).items()}
    return Entry(actor, "edit_mon", after.label, after.id, changes)
