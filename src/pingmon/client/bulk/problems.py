"""What is wrong with a file, in its order, and not more of it than anybody reads."""

from collections.abc import Iterable, Sequence
from typing import Any

from pingmon.client.connection import Refused
from pingmon.client.files.columns import SECRETS, shown
from pingmon.client.files.row import Place, Problem, Row
from pingmon.client.terminal_text import safe

SHOWN = 20
NOWHERE = Place(0, "")


def refused(path: str, problems: Iterable[Problem], unnamed: int = 0) -> Refused:
    """unnamed: how many more there are."""
    ordered = sorted(problems, key=lambda one: one.place.line)
    lines = [
        ": ".join(text for text in (safe(path), one.place.words, one.words) if text)
        for one in ordered[:SHOWN]
    ]
    more = len(ordered) + unnamed - len(lines)
    return Refused("\n".join(["nothing was changed:", *lines, *([f"… and {more} more"] if more else [])]))


def problems_of(rows: Sequence[Row], errors: Iterable[dict[str, Any]]) -> list[Problem]:
    """errors: as plan_check and plan_commit return them; without what follows from a row's own."""
    return [
        Problem(
            NOWHERE if error["index"] is None else rows[error["index"]].place,
            f"{rows[error['other']].place.words} has the same with other settings"
            if "other" in error
            else with_field(error["field"], error["message"], _value(rows, error)),
        )
        for error in errors
        if not _follows(rows, error)
    ]


def _follows(rows: Sequence[Row], error: dict[str, Any]) -> bool:
    """Whether it may be there only as values of the row could not be used, which is said already."""
    wrong = rows[error["index"]].wrong if error["index"] is not None else frozenset()
    is_of_others = "other" in error or "id" in error or not error["field"]
    return bool(wrong) and (is_of_others or error["field"] in wrong)


def _value(rows: Sequence[Row], error: dict[str, Any]) -> Any:
    """Of the column that it is about, None if that is not to be shown."""
    if error["index"] is None or error["field"] in SECRETS:
        return None
    return rows[error["index"]].params.get(error["field"])


def with_field(field: str | None, message: str, value: Any = None) -> str:
    """The daemon's words with the column and the value that they are about."""
    if not field or message.startswith((f"{field} ", f"{field}:")):
        return message
    is_said = value is None or str(value) in message
    return f"{field}: {message}" if is_said else f"{field} {shown(value)}: {message}"
