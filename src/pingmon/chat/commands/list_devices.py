"""/list: the devices of a chat by state, the worst first, page by page."""

from collections.abc import Sequence
from typing import NamedTuple

from pingmon.chat.device_choice import matching
from pingmon.chat.picking import quoted
from pingmon.chat.request import Action, ChatRequest, Command
from pingmon.chat.texts import ICONS, LINE_NAME, counts, escape, hold_marks, holds_here, short
from pingmon.model.chat_messages import Button, ChatAnswer, Pressed
from pingmon.model.chat_rights import Role
from pingmon.model.detector_state import DetectorState, State
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import Monitor
from pingmon.notify.marking import _

PAGE = 15  # devices
_ORDER = (State.DOWN, State.UNKNOWN, State.UP)


class Row(NamedTuple):
    """A device and what is known of it."""

    monitor: Monitor
    state: DetectorState


def show(request: ChatRequest, text: str, page: int = 0) -> ChatAnswer:
    """Raises InvalidValue for a filter that is none."""
    words = request.words
    rows = _rows(request, matching(request.scope, text))
    if not rows:
        return ChatAnswer(_nothing(request, text))
    page = min(max(page, 0), (len(rows) - 1) // PAGE)
    shown = rows[page * PAGE : (page + 1) * PAGE]
    total = words.plural("{n} device", "{n} devices", len(rows)).format(n=len(rows))
    lines = [f"<b>{total}</b>: {counts([one.state.state for one in rows], words)}"]
    alarms = request.context.store.alarms.of_all([one.monitor.id for one in shown])
    before = None
    for row in shown:
        if row.state.state is not before:
            before = row.state.state
            lines.append(f"\n{ICONS[before]} <b>{_title(request, before)}</b>")
        holds = holds_here(
            request.context, row.monitor, alarms.get(row.monitor.id, {}), request.scope.channels
        )
        lines.append(_line(request, row, hold_marks(holds)))
    about = tuple(one.monitor.id for one in shown)
    return ChatAnswer("\n".join(lines), _turning(page, len(rows), text), about)


def _rows(request: ChatRequest, monitors: Sequence[Monitor]) -> list[Row]:
    pool = request.context.worker_pool
    rows = [Row(one, state) for one in monitors if (state := pool.state_of(one.id))]
    return sorted(rows, key=_place)


def _place(row: Row) -> tuple[int, float, str]:
    """What fell last comes first; what is up by name."""
    since = 0.0 if row.state.state is State.UP else -row.state.since
    return _ORDER.index(row.state.state), since, (row.monitor.name or row.monitor.target).casefold()


def _line(request: ChatRequest, row: Row, marks: str) -> str:
    name = escape(short(row.monitor.name, LINE_NAME))
    lasts = request.words.format_duration(request.now - row.state.since) if row.state.since else ""
    time = f" · {lasts}" if lasts and row.state.state is not State.UP else ""
    address = escape(row.monitor.target_label)
    return f"• {name} {address}{time} {marks}".replace("•  ", "• ").rstrip()


def _title(request: ChatRequest, state: State) -> str:
    titles = {State.DOWN: _("Down"), State.UNKNOWN: _("Not known"), State.UP: _("Up")}
    return request.words._(titles[state])


def _nothing(request: ChatRequest, text: str) -> str:
    if text and request.scope.monitors:
        return request.words._("None of the devices here fits {filter}.").format(filter=quoted(text))
    return request.words._("This chat has no devices yet: /add 10.0.0.2 printer adds one.")


def _turning(page: int, total: int, text: str) -> tuple[tuple[Button, ...], ...]:
    last = (total - 1) // PAGE
    if not last:
        return ()
    found = [Button("◀", "list", f"{page - 1} {text}")] if page else []
    found.append(Button(f"{page + 1}/{last + 1} 🔄", "list", f"{page} {text}"))
    found += [Button("▶", "list", f"{page + 1} {text}")] if page < last else []
    return (tuple(found),)


def turn(request: ChatRequest, argument: str) -> Pressed:
    page, _space, text = argument.partition(" ")
    try:
        return Pressed("", show(request, text, int(page)))
    except PingmonError:
        return Pressed(request.words._("That list is not there any more."))


LIST = Command(
    "list",
    Role.VIEW,
    False,
    _("the devices of this chat"),
    _(
        "/list – all, the worst first\n"
        "/list down – only those that are down\n"
        "/list printer – whose name or address has this in it\n"
        "/list 10.1.0.0/16 – of a network\n"
        "/list tag=office – with a tag"
    ),
    lambda request: show(request, request.text),
)
TURN = Action("list", Role.VIEW, turn)
