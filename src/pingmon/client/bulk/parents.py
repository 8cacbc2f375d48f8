"""Parents that are rows of the same file, be they further down, and the order that this asks for."""

from collections.abc import Mapping, Sequence

from pingmon.client.files.columns import KEY
from pingmon.client.files.row import Problem, Row

PARENT, NAME = "parent", "name"


def find_parents(
    rows: Sequence[Row], addresses: Sequence[str | None], ids: Sequence[str | None]
) -> tuple[dict[int, int], list[Problem]]:
    """Index of a row → index of its parent, for parents of this file; and what is not clear.

    By key, then name, then address, each as written or as the daemon spells it; then the ID of a row
    that exists. addresses, ids: of the rows, as the daemon says.
    """
    by_key = _indexes([str(row.params.get(KEY, "")).strip() for row in rows])
    by_name = _indexes([str(row.params.get(NAME, "")).strip() for row in rows])
    by_address = _indexes([one or "" for one in addresses])
    as_written = _indexes([str(row.params.get("ip_address", "")).strip() for row in rows])
    by_id = _indexes([one or "" for one in ids])
    found: dict[int, int] = {}
    problems = [
        Problem(rows[index].place, f"{KEY}: {key!r} is the key of another line, too")
        for key, indexes in by_key.items()
        for index in indexes[1:]
    ]
    for index, row in enumerate(rows):
        wanted = str(row.params.get(PARENT) or "").strip()
        if not wanted:
            continue
        ways = (by_key, by_name, by_address, as_written, by_id)
        candidates = next((way[wanted] for way in ways if wanted in way), None)
        if candidates is None:
            candidates = by_address.get(_other_spelling(wanted), [])
        if len(candidates) > 1:
            words = f"{PARENT}: {wanted!r} is the name or address of {len(candidates)} monitors here"
            problems.append(Problem(row.place, f"{words}; give the right one a `{KEY}`, and name that"))
        elif candidates:
            found[index] = candidates[0]
    return found, problems + _loops(rows, found)


def parents_first(count: int, parents: Mapping[int, int]) -> list[int]:
    """Indexes of rows so that each comes after its parent, else as in the file. Needs: no loops."""
    ordered: dict[int, None] = {}
    for index in range(count):
        line = [index]
        while (above := parents.get(line[-1])) is not None and above not in ordered:
            line.append(above)
        ordered |= dict.fromkeys(reversed(line))
    return list(ordered)


def _other_spelling(address: str) -> str:
    """As the daemon writes it, to find what it wrote; empty if this is no address."""
    from ipaddress import ip_address

    try:
        found = ip_address(address.strip("[]"))
    except ValueError:
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)


def _indexes(values: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, value in enumerate(values):
        if value:
            found.setdefault(value, []).append(index)
    return found


def _loops(rows: Sequence[Row], parents: Mapping[int, int]) -> list[Problem]:
    found, well = [], set[int]()
    for index in parents:
        line: dict[int, None] = {}
        at: int | None = index
        while at is not None and at not in line and at not in well:
            line[at] = None
            at = parents.get(at)
        if at == index and line:
            found.append(Problem(rows[index].place, f"{PARENT}: a monitor can't be behind itself"))
        elif at is None or at in well:
            well |= set(line)
    return found
