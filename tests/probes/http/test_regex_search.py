"""Regular expressions in a process of their own."""

import asyncio
import time

import pytest

from pingmon.model.errors import InvalidValue
from pingmon.probes.http.regex_search import Searcher, check_pattern


def search(*questions: tuple[str, str]) -> list[str]:
    async def run() -> list[str]:
        searcher = Searcher()
        try:
            return [await searcher.why_not(pattern, text, "all") for pattern, text in questions]
        finally:
            searcher.stop()

    return asyncio.run(run())


def test_what_is_found() -> None:
    assert search((r"w\w+l", "all is well"), ("^é$", "é"), ("", "")) == ["", "", ""]


def test_after_each_failure_the_next_one_works() -> None:
    endless, large = ("^(a|a)+$", "a" * 40 + "!"), ("(a|b)*c", "ab" * 1_500_000)
    found = search(("a", "b"), endless, ("a", "a"), large, ("a", "a"))
    words = "the regular expression "
    assert found[:3] == [words + "was not found in all", words + "takes longer than 0.2 s on all", ""]
    # A slow machine comes to the end of its time first.
    assert found[3] in (words + "takes too much memory on all", words + "takes longer than 0.2 s on all")
    assert found[4] == ""


@pytest.mark.parametrize("turns", [1, 2, 3, 10])
def test_search_that_is_cancelled_leaves_nothing_behind(turns: int) -> None:
    async def run() -> str:
        searcher = Searcher()
        task = asyncio.create_task(searcher.why_not("^(a|a)+$", "a" * 40 + "!", "all"))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        found = await searcher.why_not("b", "b", "all")
        searcher.stop()
        return found

    assert asyncio.run(run()) == ""


def test_an_expression_that_always_takes_too_long_leaves_turns_to_others() -> None:
    async def run() -> float:
        searcher = Searcher()
        text = "a" * 40 + "!"
        bad = [asyncio.create_task(searcher.why_not("^(a|a)+$", text, "all")) for _ in range(40)]
        await asyncio.sleep(0.1)
        began = time.monotonic()
        assert await searcher.why_not("b", "b", "all") == ""
        waited = time.monotonic() - began
        for one in bad:
            one.cancel()
        await asyncio.wait(bad)
        searcher.stop()
        return waited

    assert asyncio.run(run()) < 4


@pytest.mark.parametrize("pattern", ["(", "a" * 1001, "(?P<n>a)(?P<n>b)"])
def test_wrong_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        check_pattern(pattern)
    assert caught.value.field == "expect_regex"
