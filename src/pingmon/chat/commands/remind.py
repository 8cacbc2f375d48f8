"""/remind: how long after "down" it is said again; the last time given repeats."""

from collections.abc import Sequence

from pingmon.chat.device_choice import choose
from pingmon.chat.permission import permit
from pingmon.chat.picking import pick
from pingmon.chat.request import ChatRequest, Command
from pingmon.chat.texts import devices
from pingmon.chat.typed_text import bare_end, folded
from pingmon.chat.typed_time import LONGEST, read_duration
from pingmon.model.chat_messages import ChatAnswer
from pingmon.model.chat_rights import Role
from pingmon.model.monitor import Monitor
from pingmon.model.when import format_duration, parse_duration, parse_durations
from pingmon.notify.marking import _
from pingmon.operations.edit_monitors import edit_monitors

OFF = frozenset({"off", "never", "no", "none", "stop", "выкл", "никогда", "не надо", "нет", "выключить"})
_EVERY = ("every ", "each ", "after ", "in ", "каждые ", "каждый ", "каждую ", "через ", "раз в ")
NEVER = "off"


def run(request: ChatRequest) -> ChatAnswer:
    """Raises PingmonError."""
    which, times = _typed(request)
    found = pick(request, "remind", which, times, may_be_many=True)
    return do_remind(request, found, times)


def do_remind(request: ChatRequest, monitors: Sequence[Monitor], rest: str) -> ChatAnswer:
    """rest: times as the setting `remind` has them, or `off`; empty: what is set is said."""
    words, ids = request.words, tuple(one.id for one in monitors)
    if not rest:
        return ChatAnswer(_as_it_is(request, monitors), about=ids)
    permit(request, Role.ADMIN, monitors, changes_all=True)
    times = "" if rest == NEVER else rest
    if times:
        parse_durations(times, "remind")
    edit_monitors(request.context, request.actor, monitors, {"remind": times})
    shown = devices(monitors, words)
    if not times:
        return ChatAnswer("⏰ " + words._("{device}: no reminders").format(device=shown), about=ids)
    text = words._("{device}: while it is down, a reminder after {times}").format(
        device=shown, times=_shown(request, times)
    )
    return ChatAnswer(f"⏰ {text}", about=ids)


def _as_it_is(request: ChatRequest, monitors: Sequence[Monitor]) -> str:
    words, given = request.words, {one.options.remind for one in monitors}
    shown = devices(monitors, words)
    if len(given) > 1:
        return "⏰ " + words._("{device}: reminders differ; /remind all 30m sets them").format(
            device=shown
        )
    times = given.pop()
    if not times:
        return "⏰ " + words._("{device}: no reminders; /remind 30m sets one").format(device=shown)
    text = words._("{device}: while it is down, a reminder after {times}")
    return "⏰ " + text.format(device=shown, times=_shown(request, times))


def _shown(request: ChatRequest, times: str) -> str:
    found = [request.words.format_duration(one) for one in parse_durations(times, "remind")]
    text = ", ".join(found)
    return request.words._("{times}, then again and again").format(times=text)


def _typed(request: ChatRequest) -> tuple[str, str]:
    """The device, and the times: the longest end of the text that is some."""
    words = request.text.split()
    if not words or choose(request.scope, request.text, is_whole=True).is_clear:
        return request.text, ""
    for count in range(min(len(words), 2 * LONGEST), 0, -1):
        if times := read_times(" ".join(words[-count:])):
            return " ".join(words[:-count]), times
    return request.text, ""


def read_times(text: str) -> str:
    """`30m, 2 часа` → `30m,2h`; `off`; empty if it is neither."""
    wanted = bare_end(folded(text))
    if wanted in OFF:
        return NEVER
    for before in _EVERY:
        wanted = wanted.removeprefix(before)
    found = []
    for part in wanted.replace(" then ", ",").replace(" потом ", ",").split(","):
        duration = read_duration(part.strip())
        if not duration:
            return ""
        found.append(format_duration(parse_duration(duration)))
    return ",".join(found)


REMIND = Command(
    "remind",
    Role.ADMIN,
    True,
    _("say again that a device is down"),
    _(
        "/remind printer 30m – every half hour while it is down\n"
        "/remind printer 30m, 2h – after half an hour, then every two hours\n"
        "/remind printer off\n"
        "/remind printer – how it is set"
    ),
    run,
)
