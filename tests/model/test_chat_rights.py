"""Who may do what from a chat: each cell of the table."""

from itertools import product

import pytest

from pingmon.model.chat_messages import ChatKind
from pingmon.model.chat_rights import Role, Verdict, may, parse_role, role_in

KINDS = [one for one in ChatKind if one is not ChatKind.CHANNEL]


@pytest.mark.parametrize(("needed", "here"), list(product(Role, Role)))
def test_each_cell(needed: Role, here: Role) -> None:
    for kind, is_own, changes_all, elsewhere in product(KINDS, (True, False), (True, False), Role):
        found = may(needed, kind, here, is_own, [Role.ADMIN, elsewhere], changes_all)
        is_enough = here >= needed and is_own and (elsewhere >= needed or not changes_all)
        assert (found is Verdict.ALLOWED) == is_enough
        if here is Role.NONE and needed is not Role.NONE:
            assert found is Verdict.STRANGER  # learns nothing of what there is
        elif not is_own:
            assert found is Verdict.FOREIGN


def test_nobody_commands_from_a_channel() -> None:
    for needed, here, is_own in product(Role, Role, (True, False)):
        assert may(needed, ChatKind.CHANNEL, here, is_own) is Verdict.CHANNEL
    assert role_in(ChatKind.CHANNEL, Role.ADMIN, True, Role.ADMIN) is Role.NONE


def test_a_role_is_the_most_of_what_gives_one() -> None:
    for granted, has_monitors, admin in product(Role, (True, False), Role):
        found = role_in(ChatKind.GROUP, granted, has_monitors, admin)
        assert found == max(granted, admin, Role.VIEW if has_monitors else Role.NONE)


def test_words_of_roles() -> None:
    assert [parse_role(one.word) for one in Role] == list(Role)
    with pytest.raises(ValueError, match="no role"):
        parse_role("root")
