"""Tables: CSV as spreadsheets and databases write it, separated by commas, semicolons or tabs."""

import csv
import io
import re
from collections.abc import Iterator

from pingmon.client.files import columns
from pingmon.client.files.row import Bad, Found, Place, Problem, Row, line

SEPARATORS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[^\S\n]*(?:\n|$)', re.IGNORECASE)

Cells = tuple[int, list[str]]  # line, stripped


def rows(text: str) -> Found:
    r"""text: lines end with \n."""
    separator, skipped, body = _separator(text)
    records = _records(body, separator, skipped)
    header: list[str] | None = None
    nameless: set[int] = set()  # columns without a name that were told
    wrong: frozenset[str] = frozenset()  # columns that may be meant by unknown names
    for number, cells in records:
        if isinstance(cells, Bad):
            yield Problem(line(number), str(cells))
        elif header is None:
            header = [columns.column(one) for one in cells]
            if problem := _header_problem(header, cells):
                yield Problem(line(number), problem)
                return
            unknown = [one for one in dict.fromkeys(header) if one and one not in columns.KNOWN]
            yield from (Problem(line(number), columns.unknown(one)) for one in unknown)
            wrong = frozenset(map(columns.nearest, unknown)) - {"", *header}
        elif _is_header(cells):  # files that were joined
            if [columns.column(one) for one in cells] != header:
                yield Problem(line(number), "a header again, with other columns; give two files")
                return
        else:
            yield from _row(line(number), header, cells, nameless, wrong)


def _row(
    place: Place, header: list[str], cells: list[str], nameless: set[int], wrong: frozenset[str]
) -> Found:
    more = [one for one in cells[len(header) :] if one]
    if more or len(cells) < len(header):
        yield Problem(
            place, f"another number of columns ({len(cells)}) than the header has ({len(header)})"
        )
        return
    params, bad = {}, set[str]()
    for at, (name, value) in enumerate(zip(header, cells, strict=False), 1):
        if not value or (name and name not in columns.KNOWN):
            continue
        if not name:
            if at not in nameless:
                nameless.add(at)
                yield Problem(place, f"{at}: {columns.shown(value)}: column {at} has no name")
            continue
        try:
            params[name] = columns.typed(name, value)
        except Bad as error:
            bad.add(name)
            yield Problem(place, str(error))
    yield Row(place, params, wrong | bad)


def _separator(text: str) -> tuple[str, int, str]:
    """The separator, how many lines come before the table, and the table."""
    skipped = len(text) - len(text.lstrip("\n \t"))
    lines, body = text[:skipped].count("\n"), text.lstrip("\n")
    said = _SEPARATOR_LINE.match(body)
    if said:
        return said[1], lines + 1, body[said.end() :]
    head = body.partition("\n")[0]
    known = {one: _known(head.split(one)) for one in SEPARATORS}
    return max(SEPARATORS, key=lambda one: known[one]), lines, body


def _known(cells: list[str]) -> int:
    return sum(columns.column(one.strip().strip('"')) in columns.KNOWN for one in cells)


def _records(body: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str] | Bad]]:
    """Each record that is not empty, with the line where it begins."""
    reader = csv.reader(io.StringIO(body), delimiter=separator, strict=True, skipinitialspace=True)
    while True:
        number = reader.line_num + 1 + skipped
        try:
            cells = [one.strip() for one in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            words = "a quotation mark is not closed" if "end of data" in str(error) else str(error)
            yield number, Bad(f"{words}; what follows could not be read")
            return
        if any(cells):
            yield number, cells


def _is_header(cells: list[str]) -> bool:
    """Whether these cells name columns: no device has such an address."""
    named = {columns.column(one) for one in cells if one}
    return bool(named & {columns.ADDRESS, columns.HOST}) and named <= set(columns.KNOWN)


def _header_problem(header: list[str], cells: list[str]) -> str:
    """What makes the first line unfit as a header, empty when it is one."""
    named = [one for one in header if one]
    if not set(named) & set(columns.KNOWN):
        return f"{columns.shown(cells[0])}: no header; name the columns first, as in ip_address,chat_id"
    twice = next((one for one in named if named.count(one) > 1), None)
    if twice:
        return f"{twice}: the column is there twice"
    if not columns.TARGETS & set(named):
        return f"there is no column {columns.ADDRESS}{_renamed(named)}"
    return ""


def _renamed(named: list[str]) -> str:
    """Which column may be meant."""
    alike = next((one for one in named if columns.ALIKE.get(one) == columns.ADDRESS), None)
    return f"; call {alike!r} so" if alike else ""
