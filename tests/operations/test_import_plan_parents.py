"""Parents of a plan are found in any order, and rows that would be behind themselves are told."""

from hypothesis import given
from hypothesis import strategies as st

from pingmon.operations.import_plan_parents import Labels, find_parents, in_loops


def rows_of(parents: dict[int, int], count: int) -> list[Labels]:
    return [
        Labels(key=f"k{index}", parent=f"k{parents[index]}" if index in parents else "")
        for index in range(count)
    ]


@given(
    st.integers(1, 30).flatmap(lambda n: st.dictionaries(st.integers(0, n - 1), st.integers(0, n - 1)))
)
def test_each_parent_is_found_and_each_row_in_a_loop_is_told(parents: dict[int, int]) -> None:
    count = 1 + max([0, *parents, *parents.values()])
    found, elsewhere, unclear = find_parents(rows_of(parents, count))
    assert found == parents and not elsewhere and not unclear
    looping = set()
    for index in parents:
        seen, at = {index}, parents.get(index)
        while at is not None and at not in seen:
            seen.add(at)
            at = parents.get(at)
        if at == index:
            looping.add(str(index))
    above: dict[str, str | None] = {str(below): str(parent) for below, parent in parents.items()}
    assert in_loops(above, map(str, range(count))) == looping


def test_a_chain_of_thousands_is_no_loop_and_its_end_makes_it_one() -> None:
    count = 50_000
    above: dict[str, str | None] = {str(index): str(index + 1) for index in range(count - 1)}
    assert in_loops(above, above) == set()
    above[str(count - 1)] = str(count - 2)
    assert in_loops(above, above) == {str(count - 1), str(count - 2)}
    above[str(count - 1)] = "0"
    assert len(in_loops(above, above)) == count


def test_names_win_over_addresses_and_what_is_not_clear_is_told() -> None:
    rows = [
        Labels(address="10.0.0.1", name="10.0.0.2"),
        Labels(address="10.0.0.2", name="b"),
        Labels(address="10.0.0.3", parent="10.0.0.2"),
        Labels(address="10.0.0.3", parent="::ffff:10.0.0.1"),
        Labels(address="10.0.0.4", parent="10.0.0.3"),
        Labels(address="10.0.0.5", parent="nobody here"),
    ]
    found, elsewhere, unclear = find_parents(rows)
    assert found == {2: 0, 3: 0} and elsewhere == [5]
    assert [one.row for one in unclear] == [4] and "2 monitors" in unclear[0].words
