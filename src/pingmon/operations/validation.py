"""What the API's parameters ask for, validated: a plan, options, a monitor that is wanted."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from pingmon.engine.worker_pool import WorkerPool
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import ChannelRequest, Monitor, MonitorRequest
from pingmon.model.parsing import parse_address, parse_chat, parse_name, parse_token
from pingmon.model.settings import DetectionSettings, Options, format_rate, interned, parse_rate

RULES = ("false_alarms", "max_delay", "down_after", "down_after_seconds")


def monitor_request_from(
    worker_pool: WorkerPool,
    bots: Mapping[str, str],
    *,
    ip_address: str,
    chat_id: str | int,
    token: str | None = None,
    bot: str | None = None,
    mon_type: str = "ping",
    name: str = "",
    thread_id: int | None = None,
    **settings: Any,
) -> MonitorRequest:
    """Validated parameters of add_mon. Raises PingmonError."""
    address, chat, name = parse_address(ip_address), parse_chat(chat_id), parse_name(name)
    token = resolve_token(bots, token, bot)
    worker_pool.pinger(address)
    number = token.partition(":")[0]  # stands for the bot until Telegram told its name
    options, detection = options_from(worker_pool, Options(), settings), detection_settings_from(settings)
    return MonitorRequest(
        address,
        mon_type,
        ChannelRequest("telegram", token, number, chat, thread_id),
        detection,
        name,
        options,
    )


def edited_monitor(worker_pool: WorkerPool, monitor: Monitor, changes: Mapping[str, Any]) -> Monitor:
    """That monitor as edit_mon wants it. Raises PingmonError."""
    changes = dict(changes)
    name = parse_name(changes.pop("name", monitor.name))
    options = options_from(worker_pool, monitor.options, changes, monitor.id)
    return replace(
        monitor, name=name, options=options, detection=detection_settings_from(changes, monitor.detection)
    )


def options_from(
    worker_pool: WorkerPool, before: Options, changes: dict[str, Any], own: str | None = None
) -> Options:
    """Takes what belongs to options out of `changes`. Raises PingmonError."""
    found: dict[str, Any] = {
        key: changes.pop(key) for key in ("tell_slow", "language", "quiet") if key in changes
    }
    if "parent" in changes:
        parent = changes.pop("parent") or None
        found["parent"] = above = worker_pool.find_monitor(parent, "parent").id if parent else None
        while above is not None:
            if above == own:
                raise InvalidValue("a monitor can't be its own parent, nor above it", "parent")
            higher = worker_pool.monitors.get(above)
            above = higher.options.parent if higher else None
    return replace(before, **found)


def detection_settings_from(
    settings: Mapping[str, Any], before: DetectionSettings | None = None
) -> DetectionSettings:
    """A plan from parameters; another rule takes the place of the one before."""
    settings = dict(settings)
    if isinstance(settings.get("false_alarms"), str):
        settings["false_alarms"] = parse_rate(settings["false_alarms"])
    kept = {one.name: getattr(before, one.name) for one in fields(DetectionSettings)} if before else {}
    ours, theirs = RULES[:2], RULES[2:]
    for group, other in ((ours, theirs), (theirs, ours)):
        if any(settings.get(key) is not None for key in group):
            dropped = other if group is ours else RULES
            kept = {key: value for key, value in kept.items() if key not in dropped}
    return interned(DetectionSettings, kept | settings)


def resolve_token(bots: Mapping[str, str], token: str | None, bot: str | None) -> str:
    """bots: those that the configuration declares. Raises InvalidValue."""
    if (token is None) == (bot is None):
        raise InvalidValue("give either token or bot", "token")
    if token is not None:
        return parse_token(token)
    found = bots.get(bot or "")
    if found is None:
        known = ", ".join(bots) or "none"
        raise InvalidValue(f"the configuration declares no bot {bot!r}; it has: {known}", "bot")
    return found


def format_budget(detection: DetectionSettings) -> str | None:
    """As `false_alarms` is written in parameters."""
    return None if detection.false_alarms is None else format_rate(detection.false_alarms)
