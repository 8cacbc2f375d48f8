"""list-mon: one line per monitor, the worst first, and a line that counts them."""

from collections.abc import Callable, Sequence
from typing import Any

from pingmon.client.output import count, target
from pingmon.client.table import NOTHING, Column, fits, lines, painter, screen_width
from pingmon.client.time_words import age, local, local_in_zone, seconds_of, zone
from pingmon.client.views.channels import named, recipient

Row = dict[str, Any]
NEVER = "since it was added"  # how the reason of a device that never answered ends
STATES = ("down", "unknown", "up")  # the worst first


def _state(row: Row) -> str:
    return str(row["state"])


def _why(row: Row) -> str:
    """Why it is not up, and what is held back, which comes first: the column may be cut."""
    held = row.get("held")
    words = [_hold(held)] if held and held["why"] != "paused" else []  # then the reason says it
    return "; ".join(one for one in (*words, *held_chats(row), _reason(row)) if one)


def _reason(row: Row) -> str:
    """Why it is not up, and whether that was told."""
    told = row.get("told", row["state"])
    is_untold = "unknown" not in (told, row["state"]) and told != row["state"]
    resolver = str(row.get("resolver") or "")
    words = ["not told" if is_untold else "", reason_with_age(row)]
    if resolver not in words[1]:
        words.append(resolver)
    return "; ".join(filter(None, words))


def _held(row: Row) -> str:
    """All that holds messages back, by whom."""
    found = row.get("holds") or ([row["held"]] if row.get("held") else [])
    words = [_hold(one) + (f" by {one['by']}" if one.get("by") else "") for one in found]
    return "; ".join((*words, *held_chats(row)))


def held_chats(row: Row) -> list[str]:
    """Of chats besides the first, if they are held otherwise than that."""
    first, why = row.get("held"), dict[str, list[Row]]()
    for one in (row.get("channels") or ())[1:]:
        held = one.get("held")
        if held and (not first or _hold(held) != _hold(first)):
            why.setdefault(_hold(held), []).append(one)
    return [f"{_several(some)} {words}" for words, some in why.items()]


def _several(channels: list[Row]) -> str:
    """ "chat 1001, 1002", "chat 1001, email noc@example.org"."""
    words = [named(one | {"thread_id": None}) for one in channels]
    return ", ".join([words[0], *(one.removeprefix("chat ") for one in words[1:])])


def _hold(hold: dict[str, Any]) -> str:
    until = f" until {local_in_zone(hold['until'])}" if hold.get("until") else ""
    if hold.get("until_up") and not until and hold["why"] != "acknowledged":
        until = " until it is up"
    return f"{hold['why'].replace('_', ' ')}{until}"


def reason_with_age(row: Row) -> str:
    """Why it is not up; of a device that never answered since when that is so."""
    reason = str(row.get("reason") or "")
    return f"{reason}, {age(row['since'])} ago" if reason.endswith(NEVER) else reason


def delivery(row: Row) -> str:
    """ "ok", or why nothing arrives; of several channels, in which."""
    channels = row.get("channels") or []
    failing = [one for one in channels if one.get("delivery", "ok") != "ok"]
    if len(channels) < 2 or not failing:
        return str(row["delivery"])
    return "; ".join(f"{recipient(one)}: {one['delivery']}" for one in failing)


def _rtt(row: Row) -> str:
    return "" if row["last_rtt_ms"] is None else f"{row['last_rtt_ms']:.2f} ms"


def _certificate_ends(row: Row) -> str:
    return str(row.get("certificate_ends") or "")


def _first_channel(row: Row) -> str:
    """And how many there are besides."""
    more = len(row.get("channels") or ()) - 1
    return recipient(row) + (f" +{more}" if more > 0 else "")


def _channels(row: Row) -> str:
    return ",".join(map(recipient, row.get("channels") or [row]))


# Name of the column → what stands in it. Their order is that of the table.
CELLS: dict[str, Callable[[Row], str]] = {
    "id": lambda row: str(row["id"][:8]),
    "state": _state,
    "device": lambda row: str(row["name"] or target(row)),
    "name": lambda row: str(row["name"]),
    "address": target,
    "since": lambda row: str(row["since"]),
    "seen": lambda row: str(row.get("seen") or ""),
    "rtt": _rtt,
    "loss": lambda row: f"{row['loss']:.0%}",
    "type": lambda row: str(row.get("mon_type", "")),
    "interval": lambda row: f"{row['interval']:g} s",
    "certificate": lambda row: _certificate_ends(row)[:10],  # the day on which it ends
    "parent": lambda row: str(row.get("parent") or "")[:8],
    "tags": lambda row: ",".join(row.get("tags") or ()),
    "chat": _first_channel,
    "channels": _channels,
    "bot": lambda row: str(row["bot"] or ""),
    "held": _held,
    "why": _why,
    "delivery": delivery,
}
TIMES = ("since", "seen")
# With --output wide.
ALL = tuple(one for one in CELLS if one not in ("device", "chat"))
# Shown only when some row has one.
RARE = ("certificate", "tags", "held")
# Shown when there is room for all of them.
ROOMY = (
    "id",
    "state",
    "name",
    "address",
    "since",
    "rtt",
    "loss",
    "chat",
    "bot",
    "tags",
    "held",
    "why",
    "delivery",
)
# What stays on the narrowest screen, and what is added while there is room. Delivery comes first when
# something is wrong with it.
NARROW = ("state", "device", "since", "why")
EXTRA = ("id", "address", "loss", "rtt", "chat", "delivery", "bot")
LEAST = {
    "name": 12,
    "device": 12,
    "held": 10,
    "why": 10,
    "delivery": 16,
}  # columns to which a cell may be cut
SORTS: dict[str, Callable[[Row], Any]] = {
    "state": lambda row: STATES.index(row["state"]),
    "name": lambda row: natural(row["name"]),
    "address": lambda row: natural(target(row)),
    "since": lambda row: -seconds_of(row["since"]),
    "loss": lambda row: -row["loss"],
    "rtt": lambda row: -(row["last_rtt_ms"] or 0.0),
    "delivery": lambda row: (delivery(row) == "ok", delivery(row)),
    "certificate": lambda row: _certificate_ends(row) or "~",  # those without one come last
}


def monitors(
    rows: Sequence[Row],
    columns: Sequence[str] = (),
    sort: str = "",
    absolute: bool = False,
    wide: bool = False,
) -> str:
    """The table.

    columns: names out of CELLS; none: what fits. sort: a name out of SORTS; none: the worst first.
    absolute: times of the local zone instead of ages. wide: all columns, however narrow the screen.
    """
    rows = sorted(rows, key=SORTS[sort] if sort else worst_first)
    limit = None if wide else screen_width()
    chosen = _chosen(rows, columns or (_useful(ALL, rows) if wide else ()), limit, absolute)
    return "\n".join(lines(chosen, limit, painter()))


def worst_first(row: Row) -> tuple[Any, ...]:
    trouble = delivery(row) == "ok" and not row.get("held")
    return STATES.index(row["state"]), trouble, natural(row["name"] or target(row))


def natural(text: str) -> list[tuple[int, int | str]]:
    """A sort key: numbers in a text count as numbers, so that 10.0.0.9 comes before 10.0.0.10."""
    parts, digits = list[tuple[int, int | str]](), ""
    for character in [*text.lower(), ""]:
        if character.isascii() and character.isdigit():
            digits += character
            continue
        if digits:
            parts.append((0, int(digits)))
            digits = ""
        if character:
            parts.append((1, character))
    return parts


def _chosen(
    rows: Sequence[Row], columns: Sequence[str], limit: int | None, absolute: bool
) -> list[Column]:
    def made(names: Sequence[str]) -> list[Column]:
        return [_column(name, rows, absolute, "held" in names) for name in names]

    if columns:
        return made(columns)
    roomy = _useful(ROOMY, rows)
    if limit is None or fits(made(roomy), limit):
        return made(roomy)
    names = set(NARROW)
    if any(delivery(row) != "ok" for row in rows):
        names.add("delivery")
    has_names = any(row["name"] for row in rows)
    for one in EXTRA:
        if one == "address" and not has_names:
            continue
        more = names | {one}
        if one == "address":
            more = (more - {"device"}) | {"name"}
        if fits(made(_ordered(more)), limit):
            names = more
    return made(_ordered(names))


def _useful(names: Sequence[str], rows: Sequence[Row]) -> list[str]:
    return [one for one in names if one not in RARE or any(CELLS[one](row) for row in rows)]


def _ordered(names: set[str]) -> list[str]:
    return [one for one in CELLS if one in names]


def _column(name: str, rows: Sequence[Row], absolute: bool, has_held: bool) -> Column:
    cell = _reason if name == "why" and has_held else CELLS[name]  # another column has what is held
    cells, head = [cell(row) for row in rows], name.upper()
    if name in TIMES:
        cells = [(local(one) if absolute else age(one)) if one else "" for one in cells]
        head = f"{head} ({zone()})" if absolute else head
    return Column(head, [one or NOTHING for one in cells], LEAST.get(name, 0))


def counted(rows: Sequence[Row]) -> str:
    """ "51 monitors: 1 down, 50 up; 2 held"."""
    found = {state: sum(row["state"] == state for row in rows) for state in STATES}
    states = ", ".join(f"{number} {state}" for state, number in found.items() if number)
    held = sum(bool(_held(row)) for row in rows)
    return f"{count(len(rows), 'monitor')}: {states}" + (f"; {held} held" if held else "")
