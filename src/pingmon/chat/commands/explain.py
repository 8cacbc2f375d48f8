"""/explain: what is known of a device and the path to it, in words for a phone."""

from collections.abc import Sequence

from pingmon.chat.open_outages import acknowledgements, named_by_outage
from pingmon.chat.picking import pick
from pingmon.chat.request import ChatRequest, Command
from pingmon.chat.texts import ICONS, clock, device, epoch, escape, holds_here, interval_words, state_word
from pingmon.model.alarm_state import HoldKind
from pingmon.model.chat_messages import Button, ChatAnswer
from pingmon.model.chat_rights import Role
from pingmon.model.detector_state import State
from pingmon.model.down_threshold import forecast, path_knowledge
from pingmon.model.errors import NotFound
from pingmon.model.monitor import Monitor
from pingmon.notify.marking import _
from pingmon.notify.reason_words import reason_words
from pingmon.operations.monitor_view import View, view

_HELD = {
    HoldKind.PAUSED: _("paused"),
    HoldKind.MUTED: _("muted"),
    HoldKind.MAINTENANCE: _("maintenance"),
    HoldKind.ACKNOWLEDGED: _("acknowledged"),
    HoldKind.EXPECTED_OFF: _("may be off now"),
    HoldKind.QUIET_HOURS: _("quiet hours"),
}


def run(request: ChatRequest) -> ChatAnswer:
    """Raises PingmonError."""
    return explain(request, pick(request, "explain", request.text))


def explain(request: ChatRequest, monitors: Sequence[Monitor], rest: str = "") -> ChatAnswer:
    """Of the first of them. Raises NotFound."""
    monitor, words = monitors[0], request.words
    seen = view(request.context, monitor)
    if seen is None:
        raise NotFound(monitor.id)
    lines = [
        f"{ICONS[seen.state.state]} {device(monitor)}: {_state(request, seen)}",
        *_resolver(request, seen),
        *_measured(request, seen),
        *_plan(request, seen),
        *_holds(request, monitor),
    ]
    parent = request.context.worker_pool.monitors.get(monitor.options.parent or "")
    if parent and request.scope.tells(parent):
        lines.append("• " + words._("it is behind {parent}").format(parent=escape(parent.label)))
    lines.append(f"• ID <code>{monitor.id}</code>")
    return ChatAnswer("\n".join(lines), _buttons(request, seen), (monitor.id,))


def _state(request: ChatRequest, seen: View) -> str:
    words = request.words
    text = state_word(seen.state.state, words)
    if seen.state.since:
        lasts = words.format_duration(request.now - seen.state.since)
        text = words._("{state} for {time}").format(state=text, time=lasts)
    reason = seen.reason
    return f"{text} – {escape(reason_words(reason, words))}" if reason else text


def _resolver(request: ChatRequest, seen: View) -> list[str]:
    """What is wrong with its name, if it is up in spite of that: else the reason says it."""
    if not seen.resolver or seen.resolver in seen.reason:
        return []
    text = request.words._("{problem}; {address} goes on being probed")
    problem = escape(reason_words(seen.resolver, request.words))
    return ["• " + text.format(problem=problem, address=escape(seen.monitor.address))]


def _measured(request: ChatRequest, seen: View) -> list[str]:
    words, found = request.words, []
    rtt = seen.group.target.last_rtt
    if rtt is not None and seen.state.state is State.UP:
        found.append("• " + words._("answers in {n} ms").format(n=f"{rtt * 1000:.3g}"))
    elif seen.seen:
        time = clock(seen.seen, request.now, request.tools.zone)
        found.append("• " + words._("the last reply came at {time}").format(time=time))
    loss = seen.state.loss_model.loss(seen.monitor.detection.interval)
    knowledge = path_knowledge(seen.state.loss_model, seen.monitor.detection, 0)
    if knowledge.probes:
        found.append("• " + words._("{share} of probes are lost").format(share=f"{100 * loss:.2g} %"))
    else:
        found.append("• " + words._("nothing was measured yet"))
    return found


def _plan(request: ChatRequest, seen: View) -> list[str]:
    words, detection = request.words, seen.monitor.detection
    prior = seen.neighbour.prior(seen.monitor.options.parent)
    plan = forecast(seen.state.loss_model, detection, prior)
    every = interval_words(detection.interval, words)
    return [
        "• "
        + words.plural(
            "probed every {time}; down after {n} loss in a row",
            "probed every {time}; down after {n} losses in a row",
            plan.waits_for,
        ).format(time=every, n=plan.waits_for),
        "• "
        + words._("a dead device is told after about {time}").format(
            time=words.format_duration(plan.delay_median_s)
        ),
        "• "
        + words._("false alarms to expect: {n} a year").format(n=f"{plan.false_alarms_per_year:.2g}"),
    ]


def _holds(request: ChatRequest, monitor: Monitor) -> list[str]:
    words, found = request.words, []
    alarms = request.context.store.alarms.of(monitor.id)
    for hold in holds_here(request.context, monitor, alarms, request.scope.channels):
        text = words._(_HELD[HoldKind(hold["why"])])
        if hold["by"]:
            text += " " + words._("by {who}").format(who=escape(hold["by"]))
        if hold["until"]:
            until = clock(epoch(hold["until"]), request.now, request.tools.zone)
            text += " " + words._("until {time}").format(time=until)
        if hold["comment"]:
            text += f": {escape(hold['comment'])}"
        found.append(f"• {text}")
    return found


def _buttons(request: ChatRequest, seen: View) -> tuple[tuple[Button, ...], ...]:
    words, monitor_id = request.words, seen.monitor.id
    if request.role < Role.OPERATE:
        return ()
    row = [Button(words._("Mute …"), "run:mute", monitor_id)]
    if seen.state.state is State.DOWN and not acknowledgements(request, [seen.monitor]):
        which = named_by_outage(request, [seen.monitor])[monitor_id]
        row.insert(0, Button(words._("Acknowledge"), "run:ack", which))
    return (tuple(row),)


EXPLAIN = Command(
    "explain",
    Role.VIEW,
    False,
    _("why a device is up or down, and what is known of it"),
    _("/explain printer – also as a reply to a message about it"),
    run,
)
