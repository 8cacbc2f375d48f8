"""A file becomes a plan that the daemon keeps for this connection, checks, and carries out."""

import argparse
from collections.abc import Iterator
from typing import Any

from pingmon.client.bulk.batches import BATCH, batches
from pingmon.client.bulk.interrupts import Interrupts
from pingmon.client.bulk.problems import problems_of, refused
from pingmon.client.bulk.tokens import choose
from pingmon.client.connection import MAYBE, CannotReach, Interrupted, Refused, Session
from pingmon.client.files.columns import KEY
from pingmon.client.files.read import read
from pingmon.client.files.row import Row
from pingmon.client.progress import Progress

PARENT = "parent"
NOTHING = "nothing was changed"


class Plan:
    """`with Plan(options) as plan`: a file is read and checked; `carry_out` changes what it says."""

    def __init__(self, options: argparse.Namespace, is_all: bool = False) -> None:
        """is_all: the file says all that there shall be; others are deleted, other settings changed."""
        self._options, self._is_all = options, is_all
        self._session = Session(options.server_address)
        self._is_sent = False  # to be carried out
        self.counts: dict[str, int] = {}  # as plan_check says
        self.rows: list[Row] = []

    def __enter__(self) -> "Plan":
        try:
            self._check()
        except BaseException as error:
            self.__exit__(type(error), error)
            raise
        return self

    def __exit__(
        self, _kind: object = None, error: BaseException | None = None, _at: object = None
    ) -> None:
        self._session.__exit__()
        if isinstance(error, KeyboardInterrupt) and not self._is_sent:
            raise Interrupted(NOTHING) from None
        if isinstance(error, Refused | CannotReach) and not self._is_sent and NOTHING not in str(error):
            raise type(error)(f"{NOTHING}: {_sure(error)}") from None

    def changes(self) -> Iterator[dict[str, Any]]:
        """What plan_show says."""
        after: int | None = 0
        while after is not None:
            page = self._session.call("plan_show", {"after": after, "limit": BATCH})
            yield from page["changes"]
            after = page["next"]

    def carry_out(self) -> dict[str, Any]:
        """What plan_commit says. Raises Refused, CannotReach, Interrupted."""
        with Interrupts() as interrupts:
            try:
                result = self._commit()
            except KeyboardInterrupt:
                raise Interrupted(
                    "it was begun, and is done whole or not at all: pingmonctl list-mon shows which"
                ) from None
        if interrupts.seen:
            done = ", ".join(f"{result[one]} {one}" for one in ("created", "changed", "deleted"))
            raise Interrupted(f"it could not be stopped any more and is done: {done}")
        return result

    def _commit(self) -> dict[str, Any]:
        total = sum(self.counts[one] for one in ("created", "changed", "deleted"))
        with Progress("changed", total) as progress:
            self._is_sent = True
            try:
                while not (result := self._session.call("plan_commit", {}))["done"]:
                    progress.show(result["carried_out"])
            except CannotReach as error:
                raise CannotReach(
                    f"{_sure(error)}; it was begun, and is done whole or not at all: "
                    "pingmonctl list-mon shows which"
                ) from None
            except Refused as error:
                raise Refused(f"{NOTHING}: {error}") from None
            progress.show(result["carried_out"])
        if result["errors"]:
            unnamed = result["errors_total"] - len(result["errors"])
            raise refused(self._options.file, problems_of(self.rows, result["errors"]), unnamed)
        return dict(result)

    def _check(self) -> None:
        """Raises Refused with all that is wrong, CannotReach."""
        self.rows, problems = read(self._options.file)
        tokens = choose(self._options, self.rows)
        begin = {"verify": not self._options.no_verify, "update": self._is_all}
        self._session.call("plan_begin", begin | {"delete_others": self._is_all} | tokens.params())
        for part in batches([_sent(row) for row in self.rows]):
            self._session.call("plan_add", {"monitors": part})
        with Progress("checked", len(self.rows)) as progress:
            while not (result := self._session.call("plan_check", {}))["done"]:
                waits = result["waits_s"]
                note = f" Telegram asks us to wait {waits:.0f} s" if waits else ""
                progress.show(result["checked"], note)
            progress.show(result["checked"])
        problems += problems_of(self.rows, result["errors"])
        if problems:
            raise refused(self._options.file, problems, result["errors_total"] - len(result["errors"]))
        names = ("created", "changed", "deleted", "existing", "monitors")
        self.counts = {name: result[name] for name in names}


def _sure(error: Exception) -> str:
    """Without what is said of other calls: here it is known, or said otherwise."""
    return str(error).removesuffix(MAYBE)


def _sent(row: Row) -> dict[str, Any]:
    """What names rows is text, also where a file has a number."""
    texts = {one: str(row.params[one]) for one in (KEY, PARENT) if row.params.get(one) is not None}
    return row.params | texts
