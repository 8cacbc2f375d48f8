"""What a file would do here is found out first; then it is done, all or nothing.

Parents are the reason for two looks: they may be rows further down, spelled as people spell addresses.
The first look tells what each row is (its canonical form, and whether it exists), the second tells what
rows with a parent would change. Nothing is changed before all rows are known to be right.
"""

import argparse
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pingmon.client.bulk.batches import Done, batches, send, show_progress
from pingmon.client.bulk.parents import PARENT, find_parents, parents_first
from pingmon.client.bulk.problems import refused, with_field
from pingmon.client.bulk.tokens import Tokens, choose
from pingmon.client.connection import CannotReach, Refused, call
from pingmon.client.files.columns import KEY
from pingmon.client.files.read import read
from pingmon.client.files.row import Problem, Row

PARENT_KEY = f"{PARENT}_{KEY}"


class Plan:
    """The rows of a file, checked: `done` by index, and which rows are behind which others."""

    def __init__(self, options: argparse.Namespace, update: bool) -> None:
        """update: rows that exist get the file's settings. Raises Refused with what is wrong."""
        self._options, self._update = options, update
        self._checked = self._changed = 0  # rows
        self.rows, self._problems = read(options.file)
        self._tokens: Tokens = choose(options, self.rows)
        behind = [index for index, row in enumerate(self.rows) if row.params.get(PARENT)]
        plain = [index for index, row in enumerate(self.rows) if not row.params.get(PARENT)]
        self.done = [Done()] * len(self.rows)
        self.parents: dict[int, int] = {}
        self._look(plain, update)
        # Without its parent a row that exists differs; whether it really does is seen with it.
        self._look(behind, True)
        self._find_doubles()
        self.parents, unclear = find_parents(
            self.rows, [one.address for one in self.done], [one.id for one in self.done]
        )
        self._above = set(self.parents.values())
        self._problems += unclear + self._parents_elsewhere()
        if not self._problems:
            self._look(behind, update, with_parents=True)
        if self._problems:
            raise refused(options.file, self._problems)

    def carry_out(self) -> None:
        """What was added is taken back when a later part is refused. Raises Refused, CannotReach."""
        ids: list[str | None] = [one.id for one in self.done]
        created: list[str] = []
        order = parents_first(len(self.rows), self.parents)
        order = [index for index in order if self.done[index].is_new or self.done[index].changes]
        params = [self._params(index, ids) for index in order]
        count = 0
        for part in batches(params):
            indexes = [order[at] for at in part]
            try:
                done = self._add(indexes, ids)
            except (Refused, CannotReach) as error:
                raise self._taken_back(error, created) from None
            for index, one in zip(indexes, done, strict=True):
                ids[index] = one.id
                if one.is_new and one.id:
                    created.append(one.id)
            self._changed += sum(bool(one.changes) for one in done)
            count += len(indexes)
            show_progress("changed", count, len(order))

    def _add(self, indexes: Sequence[int], ids: list[str | None]) -> list[Done]:
        params = [self._params(index, ids) for index in indexes]
        done = send(self._options, params, self._tokens, verify=False, dry_run=False, update=self._update)
        problems = self._problems_of(indexes, done)
        if problems:
            raise refused(self._options.file, problems, "refused")
        return done

    def _taken_back(self, error: Exception, created: list[str]) -> Exception:
        left = 0
        for monitor_id in created:
            with suppress(Refused, CannotReach):
                call(self._options.server_address, "del_mon", {"id": monitor_id})
                continue
            left += 1
        if left:
            return type(error)(f"{error}; {left} monitors were added before and are still there")
        if self._changed:
            return type(error)(f"{error}; {self._changed} monitors were changed before")
        return type(error)(f"nothing was changed: {error}")

    def _look(self, indexes: Sequence[int], update: bool, with_parents: bool = False) -> None:
        """A dry run. Telegram is asked now, while nothing has been changed yet, and once."""
        ids = [one.id for one in self.done]
        params = [
            self._params(index, ids) if with_parents else _alone(self.rows[index]) for index in indexes
        ]
        for part in batches(params):
            rows, which = [params[at] for at in part], [indexes[at] for at in part]
            own = {row[KEY] for row in rows if KEY in row}
            later = sorted({row[PARENT_KEY] for row in rows if PARENT_KEY in row} - own)
            done = send(
                self._options,
                rows,
                self._tokens,
                verify=not self._options.no_verify and not with_parents,
                dry_run=True,
                update=update,
                later=later,
            )
            self._problems += self._problems_of(which, done)
            for index, one in zip(which, done, strict=True):
                self.done[index] = one
            self._checked += len(rows)
            show_progress("checked", min(self._checked, len(self.rows)), len(self.rows))

    def _params(self, index: int, ids: Sequence[str | None]) -> dict[str, Any]:
        """ids: of rows that are there already."""
        params, parent = _alone(self.rows[index]), self.parents.get(index)
        if index in self._above:
            params[KEY] = self._key(index)
        if parent is None:
            given = self.rows[index].params.get(PARENT)
            return params | ({PARENT: given} if given else {})
        if known := ids[parent]:
            return params | {PARENT: known}
        return params | {PARENT_KEY: self._key(parent)}

    def _key(self, index: int) -> str:
        row = self.rows[index]
        label = row.params.get("name") or row.params.get("ip_address", "")
        return f"{label} ({row.place.words})"

    def _find_doubles(self) -> None:
        seen: dict[str, int] = {}
        for index, one in enumerate(self.done):
            if one.identity is None:
                continue
            first = self.rows[seen.setdefault(one.identity, index)]
            row = self.rows[index]
            if _settings(first) != _settings(row):
                words = f"{first.place.words} has the same with other settings"
                self._problems.append(Problem(row.place, words))

    def _parents_elsewhere(self) -> list[Problem]:
        """What a file that says all there is does not hold would be deleted."""
        return [
            Problem(row.place, f"{PARENT}: {row.params[PARENT]!r} is not in the file")
            for index, row in enumerate(self.rows)
            if self._update and row.params.get(PARENT) and index not in self.parents
        ]

    def _problems_of(self, indexes: Sequence[int], done: Sequence[Done]) -> list[Problem]:
        return [
            Problem(self.rows[index].place, with_field(error["field"], error["message"]))
            for index, one in zip(indexes, done, strict=True)
            for error in one.errors
        ]


def _alone(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.params.items() if name not in (KEY, PARENT)}


def _settings(row: Row) -> dict[str, Any]:
    """Without what says which monitor it is: that was compared in the daemon's spelling."""
    which = ("ip_address", "chat_id", "bot", "token", KEY)
    return {name: value for name, value in row.params.items() if name not in which}
