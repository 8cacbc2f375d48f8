"""Parents of a file are found in any order, and come first when they are added."""

from hypothesis import given
from hypothesis import strategies as st

from pingmon.client.bulk.parents import find_parents, parents_first
from pingmon.client.files.row import Row, line


def rows_of(parents: dict[int, int], count: int) -> list[Row]:
    return [
        Row(
            line(index),
            {"key": f"k{index}"} | ({"parent": f"k{parents[index]}"} if index in parents else {}),
        )
        for index in range(count)
    ]


@given(
    st.integers(1, 30).flatmap(lambda n: st.dictionaries(st.integers(0, n - 1), st.integers(0, n - 1)))
)
def test_each_row_comes_after_its_parent_or_is_told_to_be_in_a_loop(parents: dict[int, int]) -> None:
    count = 1 + max([0, *parents, *parents.values()])
    found, problems = find_parents(rows_of(parents, count), [None] * count, [None] * count)
    assert found == parents
    looping = set()
    for index in parents:
        seen, at = {index}, parents.get(index)
        while at is not None and at not in seen:
            seen.add(at)
            at = parents.get(at)
        if at == index:
            looping.add(index)
    assert {one.place.line for one in problems} == looping
    if not looping:
        order = parents_first(count, found)
        assert sorted(order) == list(range(count))
        assert all(order.index(above) < order.index(below) for below, above in found.items())


def test_a_chain_of_thousands_is_ordered() -> None:
    count = 5000
    parents = {index: index + 1 for index in range(count - 1)}
    assert parents_first(count, parents) == list(reversed(range(count)))


def test_names_win_over_addresses_and_what_is_not_clear_is_told() -> None:
    rows = [
        Row(line(1), {"ip_address": "10.0.0.1", "name": "10.0.0.2"}),
        Row(line(2), {"ip_address": "10.0.0.2", "name": "b"}),
        Row(line(3), {"ip_address": "10.0.0.3", "parent": "10.0.0.2"}),
        Row(line(4), {"ip_address": "10.0.0.3", "parent": "::ffff:10.0.0.1"}),
        Row(line(5), {"ip_address": "10.0.0.4", "parent": "10.0.0.3"}),
        Row(line(6), {"ip_address": "10.0.0.5", "parent": "nobody here"}),
    ]
    addresses = [row.params["ip_address"] for row in rows]
    found, problems = find_parents(rows, addresses, [None] * len(rows))
    assert found == {2: 0, 3: 0}
    assert [one.place.line for one in problems] == [5] and "2 monitors" in problems[0].words
