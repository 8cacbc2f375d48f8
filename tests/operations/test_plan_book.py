"""How many plans may be open, of whom, and which give way."""

from itertools import count

import pytest

from pingmon.daemon.application import Application
from pingmon.model.errors import Conflict, LimitReached
from pingmon.operations.import_plan import PlanOptions
from pingmon.operations.import_plan_commit import PlanCommit
from pingmon.operations.plan_book import MOST_OF_USER, MOST_PLANS, RESTED, PlanBook
from tests.operations.test_import_plan import Client, row

OPTIONS = PlanOptions()


class Book:
    """A book with a clock, and owners that are numbers."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.plans, self._owners = PlanBook(lambda: self.now), count()

    def begin(self, user: str) -> int:
        owner = next(self._owners)
        self.plans.begin(owner, OPTIONS, user)
        return owner


def test_one_user_leaves_room_for_others_who_are_refused_with_names_when_it_is_full() -> None:
    book = Book()
    for _ in range(MOST_OF_USER):
        book.begin("ann (uid 1000)")
    with pytest.raises(LimitReached, match=r"6 plans of yours \(ann \(uid 1000\)\) are open already"):
        book.begin("ann (uid 1000)")
    for _ in range(MOST_PLANS - MOST_OF_USER):
        book.begin("bob (uid 1001)")
    words = r"8 plans are open already, 6 of ann \(uid 1000\), 2 of bob \(uid 1001\): ask them"
    with pytest.raises(LimitReached, match=words):
        book.begin("eve (uid 1002)")


def test_the_plan_that_rested_longest_gives_way_and_its_owner_hears_to_whom() -> None:
    book = Book()
    owners = [book.begin(f"user {number // 2}") for number in range(MOST_PLANS)]
    book.now += RESTED - 1
    for owner in owners[1:]:
        book.plans.of(owner)
    book.now += 1
    late = book.begin("eve (uid 1002)")
    assert len(book.plans) == MOST_PLANS and book.plans.of(late)
    with pytest.raises(Conflict, match=r"rested for 20 s and gave way to one of eve \(uid"):
        book.plans.of(owners[0])
    with pytest.raises(LimitReached):
        book.begin("eve (uid 1002)")
    book.plans.drop(owners[0])
    with pytest.raises(Conflict, match="no plan on this connection"):
        book.plans.of(owners[0])


def test_a_plan_that_is_carried_out_gives_way_to_nobody(application: Application) -> None:
    book, client = Book(), Client(application)
    client.check(row(1))
    plan = application.context.plans.of(client.caller.connection)
    owners = [book.begin(f"user {number // 2}") for number in range(MOST_PLANS)]
    for owner in owners:
        book.plans.of(owner).commit = PlanCommit(application.context, "ann", plan)
        break
    book.now += 10 * RESTED
    book.begin("eve (uid 1002)")
    assert book.plans.of(owners[0]).commit is not None
    with pytest.raises(Conflict, match="gave way"):
        book.plans.of(owners[1])
