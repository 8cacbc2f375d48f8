"""status: how the daemon is, what is wrong first."""

from typing import Any

from pingmon.client.output import count
from pingmon.client.table import NOTHING
from pingmon.client.terminal_text import safe_lines
from pingmon.client.time_words import age, span
from pingmon.kinds import CHANNEL_KINDS


def status(result: dict[str, Any]) -> str:
    states, outbox = result["states"], result["outbox"]
    word = "ok" if result["health"] == "ok" else "degraded"
    monitors = f"{result['monitors']} on {count(result['targets'], 'target')}"
    counted = ", ".join(f"{states[one]} {one}" for one in ("down", "unknown", "up") if states[one])
    lines = [
        f"pingmond {result['version']}: {word}, up for {span(result['uptime_s'])}",
        *_wrong(result),
        f"monitors   {monitors}: {counted or 'none is watched'}",
        *_held(result.get("held") or {}),
        f"uplink     {_uplink(result.get('uplink') or [])}",
        f"scheduling {_scheduling(result['scheduling'])}",
        f"outbox     {_outbox(outbox)}",
    ]
    if heartbeat := result.get("heartbeat"):
        lines.append(f"heartbeat  {_heartbeat(heartbeat)}")
    lines += [f"commands   {_commands(one)}" for one in result.get("commands") or []]
    lines += [_suspended(one) for one in outbox["suspended"]]
    return safe_lines("\n".join(lines))


def _suspended(channel: dict[str, Any]) -> str:
    kind = CHANNEL_KINDS.get(channel.get("kind", ""))
    if kind and not kind.sender:  # the address says all
        return f"{kind.address} {channel['chat_id']}: {channel['reason']}"
    return f"chat {channel['chat_id']}: {channel['reason']} (by {channel.get('bot', NOTHING)})"


def _wrong(result: dict[str, Any]) -> list[str]:
    """One line for each condition of health, with its age where that is known."""
    conditions = result.get("conditions")
    if conditions is None:  # an older daemon
        return [] if result["health"] == "ok" else [f"  ! {result['health']}"]
    return [f"  ! {one['words']}{_ago(one.get('since'))}" for one in conditions]


def _ago(since: str | None) -> str:
    return f", for {age(since)}" if since else ""


def _held(counts: dict[str, int]) -> list[str]:
    words = [f"{number} {why.replace('_', ' ')}" for why, number in counts.items()]
    return [f"held       {', '.join(words)}"] if words else []


def _uplink(ways: list[dict[str, Any]]) -> str:
    if not ways:
        return "no gateway found; uplink in pingmon.toml(5) names one"
    return ", ".join(
        f"{one['address']} {'answers' if one['answers'] else 'does not answer'}" for one in ways
    )


def _scheduling(scheduling: dict[str, Any]) -> str:
    late = f"{scheduling['late_p99_ms']:.1f} ms late (99th percentile)"
    stretch = scheduling.get("stretch", 1)
    return late if stretch <= 1 else f"{late}, intervals stretched {stretch:g} times"


def _commands(bot: dict[str, Any]) -> str:
    """Of one bot whose commands are read."""
    latest = bot["latest_update"]
    heard = f"the latest {age(latest)} ago" if latest else "nothing was heard yet"
    trouble = f"not read for {age(bot['since'])}: {bot['words']}; " if bot["trouble"] else ""
    return f"bot {bot['bot']}: {trouble}{heard}"


def _heartbeat(heartbeat: dict[str, Any]) -> str:
    given = heartbeat["sent_s_ago"]
    words = "none yet" if given is None else f"the latest {span(given)} ago"
    return f"every {span(heartbeat['every'])}, {words}" + (
        f"; {heartbeat['problem']}" if heartbeat["problem"] else ""
    )


def _outbox(outbox: dict[str, Any]) -> str:
    if outbox["waiting"] is None:
        return "not known, the database can't be read"
    if not outbox["waiting"]:
        return "nothing waits"
    return f"{count(outbox['waiting'], 'message')} waiting, the oldest for {span(outbox['oldest_s'])}"
