"""Thousands of rows in one statement.

A statement for each row gives the interpreter away and takes it back each time, which under load costs
more than the row; and the transaction would be long. So the rows go in as one JSON text, which SQLite
takes apart (https://sqlite.org/json1.html), while other threads run.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Table
from sqlalchemy.engine import Connection


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows have the same columns."""
    if not rows:
        return
    names = list(rows[0])
    values = ", ".join(_value(position) for position in range(len(names)))
    columns = ", ".join(f'"{one}"' for one in names)
    statement = f'INSERT INTO "{table.name}" ({columns}) SELECT {values} FROM json_each(?) AS given'
    connection.exec_driver_sql(statement, (_packed(table, names, rows),))


def update_rows(
    connection: Connection, table: Table, key: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """All rows have the same columns. key: those by which a row is found."""
    if not rows:
        return
    names = list(rows[0])
    changed = ", ".join(f'"{one}" = {_value(names.index(one))}' for one in names if one not in key)
    found = " AND ".join(f'"{table.name}"."{one}" = {_value(names.index(one))}' for one in key)
    statement = f'UPDATE "{table.name}" SET {changed} FROM json_each(?) AS given WHERE {found}'
    connection.exec_driver_sql(statement, (_packed(table, names, rows),))


def run_for_values(connection: Connection, statement: str, values: Sequence[str]) -> None:
    """statement: in which `:given` stands for a query of the values."""
    if values:
        query = statement.replace(":given", "(SELECT value FROM json_each(?))")
        connection.exec_driver_sql(query, (json.dumps(values),))


def rows_for(connection: Connection, statement: str, values: Sequence[str]) -> Sequence[Any]:
    """statement: a query in which `:given` stands for one of the values. Columns of JSON are text."""
    if not values:
        return ()
    query = statement.replace(":given", "(SELECT value FROM json_each(?))")
    return connection.exec_driver_sql(query, (json.dumps(values),)).fetchall()


def _value(position: int) -> str:
    return f"json_extract(given.value, '$[{position}]')"


def _packed(table: Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """A text of JSON for each of the table's columns of JSON, so that it is stored as it is written."""
    is_json = [isinstance(table.c[one].type, JSON) for one in names]
    known: dict[int, str] = {}  # thousands of rows share a few settings

    def cell(value: Any, as_text: bool) -> Any:
        if not as_text:
            return value
        found = known.get(id(value))
        if found is None:
            found = known[id(value)] = json.dumps(value)
        return found

    cells = [
        [cell(row[one], as_text) for one, as_text in zip(names, is_json, strict=True)] for row in rows
    ]
    return json.dumps(cells, ensure_ascii=False)
