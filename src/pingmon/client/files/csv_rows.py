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
    told: set[str] = set()  # columns that are wrong, each told once
    for number, cells in records:
        if isinstance(cells, Bad):
            yield Problem(line(number), str(cells))
        elif header is None:
            header = [columns.column(one) for one in cells]
            if problem := _header_problem(header, cells):
                yield Problem(line(number), problem)
                return
        elif _is_header(cells):  # files that were joined
            if [columns.column(one) for one in cells] != header:
                yield Problem(line(number), "a header again, with other columns; give two files")
                return
        else:
            yield from _row(line(number), header, cells, told)
    for name in header or ():
        if name and name not in columns.KNOWN and name not in told:
            yield Problem(line(1 + skipped), columns.unknown(name))


def _row(place: Place, header: list[str], cells: list[str], told: set[str]) -> Found:
    more = [one for one in cells[len(header) :] if one]
    if more or len(cells) < len(header):
        yield Problem(
            place, f"another number of columns ({len(cells)}) than the header has ({len(header)})"
        )
        return
    params = {}
    for at, (name, value) in enumerate(zip(header, cells, strict=False), 1):
        if not value or name in told:
            continue
        if name not in columns.KNOWN:
            told.add(name)
            what = columns.unknown(name) if name else f"column {at} has no name"
            yield Problem(place, f"{name or at}: {columns.shown(value)}: {what}")
            continue
        try:
            params[name] = columns.typed(name, value)
        except Bad as error:
            yield Problem(place, str(error))
            return
    yield Row(place, params)


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
    return columns.ADDRESS in named and named <= set(columns.KNOWN)


def _header_problem(header: list[str], cells: list[str]) -> str:
    """What makes the first line unfit as a header, empty when it is one."""
    named = [one for one in header if one]
    if not set(named) & set(columns.KNOWN):
        return f"{columns.shown(cells[0])}: no header; name the columns first, as in ip_address,chat_id"
    twice = next((one for one in named if named.count(one) > 1), None)
    if twice:
        return f"{twice}: the column is there twice"
    if columns.ADDRESS not in named and columns.KIND not in named:
        return f"there is no column {columns.ADDRESS}{_renamed(named)}"
    return ""


def _renamed(named: list[str]) -> str:
    """Which column may be meant."""
    alike = next((one for one in named if columns.ALIKE.get(one) == columns.ADDRESS), None)
    return f"; call {alike!r} so" if alike else ""
