"""show-mon: all of one monitor, as sentences."""

from typing import Any

from pingmon.client.output import device
from pingmon.client.terminal_text import safe_lines
from pingmon.client.time_words import age, local, local_in_zone, zone
from pingmon.client.views.channels import named
from pingmon.client.views.monitors import held_chats, reason_with_age
from pingmon.kinds import PROBE_KINDS


def monitor(row: dict[str, Any], parent: dict[str, Any] | None) -> str:
    """row: as list_mon has it. parent: the one that it is behind, None if there is none."""
    why = f": {reason_with_age(row)}" if row.get("reason") else ""
    since = f"for {age(row['since'])}, since {local(row['since'])} {zone()}"
    lines = [
        f"{device(row)} is {row['state']} {since}{why}",
        *_untold(row),
        f"id        {row['id']}",
        f"probed    {_probes(row)}",
        *([f"name      {row['resolver']}{goes_on(row)}"] if row.get("resolver") else []),
        *_settings_of_kind(row),
        f"down      {_rule(row)}",
        f"up        after {row['up_after']} replies in a row",
        *_certificate(row),
        f"tells     {_channel((row.get('channels') or [row])[0])}",
        *_others(row),
        f"messages  {_messages(row)}",
    ]
    if parent is not None or row.get("parent"):
        lines.append(f"behind    {device(parent) if parent else row['parent']}")
    if row.get("tags"):
        lines.append(f"tags      {', '.join(row['tags'])}")
    lines += [f"held      {_hold(one)}" for one in row.get("holds") or []]
    lines += [f"held      {one}" for one in held_chats(row)]
    return safe_lines("\n".join(lines))


def _hold(hold: dict[str, Any]) -> str:
    until = f" until {local_in_zone(hold['until'])}" if hold.get("until") else ""
    until = " until it is up" if hold.get("until_up") and not until else until
    by = f", by {hold['by']}" if hold.get("by") else ""
    comment = f": {hold['comment']}" if hold.get("comment") else ""
    return f"{hold['why'].replace('_', ' ')}{until}{by}{comment}"


def _untold(row: dict[str, Any]) -> list[str]:
    told = row.get("told", row["state"])
    if "unknown" in (told, row["state"]) or told == row["state"]:
        return []
    return [f"that was not told: people think that it is {told}"]


def _probes(row: dict[str, Any]) -> str:
    rtt = row["last_rtt_ms"]
    answer = "no reply yet" if rtt is None else f"the last reply took {rtt:.2f} ms"
    seen = f", {age(row['seen'])} ago" if row.get("seen") else ""
    how = f"by {row['mon_type']} every {row['interval']:g} s, timeout {row['timeout']:g} s"
    return f"{how}; {answer}{seen}, {row['loss']:.0%} lost lately"


def _settings_of_kind(row: dict[str, Any]) -> list[str]:
    """Of its kind of probe: those that differ from the default, and that its target does not show."""
    kind, words = PROBE_KINDS.get(row["mon_type"]), list[str]()
    for one in kind.settings if kind else ():
        value, default = row.get(one.name), one.schema.get("default")
        if value in (None, "", [], default) or f"{{{one.name}}}" in (kind.label if kind else ""):
            continue
        if isinstance(value, bool):
            words.append(one.name if value else f"no_{one.name}")
        else:
            words.append(f"{one.name} {'; '.join(map(str, value)) if isinstance(value, list) else value}")
    return [f"settings  {', '.join(words)}"] if words else []


def _certificate(row: dict[str, Any]) -> list[str]:
    ends = row.get("certificate_ends")
    return [f"ends      its certificate, on {ends[:10]}"] if ends else []


def goes_on(row: dict[str, Any]) -> str:
    """What is probed though its name does not resolve now."""
    return f"; {row['ip_address']} goes on being probed" if row.get("ip_address") else ""


def _rule(row: dict[str, Any]) -> str:
    if row["down_after"]:
        return f"after {row['down_after']} losses in a row"
    if row["down_after_seconds"]:
        return f"after {row['down_after_seconds']:g} s of silence"
    return f"as soon as {row['false_alarms']} false alarms allow, at most {row['max_delay']:g} s"


def _channel(row: dict[str, Any]) -> str:
    delivery = "well delivered" if row["delivery"] == "ok" else row["delivery"]
    if not row.get("chat_id"):
        return f"{named(row)}: {delivery}"
    topic = f", topic {row['thread_id']}" if row["thread_id"] else ""
    return f"chat {row['chat_id']}{topic} by {row['bot'] or '-'}: {delivery}"


def _others(row: dict[str, Any]) -> list[str]:
    return [f"and       {_channel(one)}" for one in (row.get("channels") or [])[1:]]


def _messages(row: dict[str, Any]) -> str:
    words = [row["language"] or "in the daemon's language"]
    words += ["recoveries without a sound"] if row["quiet"] else []
    words += ["slow replies are told"] if row["tell_slow"] else []
    words += ["changes of its address are told"] if row.get("tell_address_change") else []
    words += [f"reminders after {row['remind']}"] if row.get("remind") else []
    if row.get("quiet_hours"):
        how = "held" if row.get("quiet_hold") else "without a sound"
        words.append(f"{how} {row['quiet_hours']}")
    words += [f"escalation {row['escalation']}"] if row.get("escalation") else []
    words += ["critical"] if row.get("critical") else []
    words += ["may be off"] if row.get("may_be_off") else []
    words += [f"expected up {row['expect_up']}"] if row.get("expect_up") else []
    return ", ".join(words)
