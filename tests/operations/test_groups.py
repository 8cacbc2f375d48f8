"""Groups of chats, and chats that tags give: what is told, what a reload changes, what it refuses."""

from pathlib import Path
from typing import Any

import pytest

from pingmon.client.files.portable import portable
from pingmon.client.files.write import settings_of
from pingmon.daemon import config as configuration
from pingmon.daemon.application import Application
from pingmon.model.errors import Conflict, InvalidValue, PingmonError, Refused
from pingmon.operations.tag_settings import setting_sources
from tests.operations.test_edit_in_place import OTHER_BOT
from tests.operations.test_import_plan import Client, row
from tests.support.bot_api import TOKEN, BotApi

BERLIN, PRINTER = "site=berlin", "printer"
A, B = "10.0.0.1", "10.0.0.2"
CHAT = 'bot = "home"\nchat_id = {}\n'
TAG = '[tags."site=berlin"]\n' + CHAT.format(1005)
NIGHT = "[[groups.night]]\n" + CHAT.format(1006) + "[[groups.night]]\n" + CHAT.format(1007)


class Configuration:
    """What SIGHUP does with a file that says `text`, and a bot called home."""

    def __init__(self, application: Application, folder: Path) -> None:
        self._application, self._file = application, folder / "pingmon.toml"
        self._token = folder / "token"
        self._token.write_text(TOKEN)

    def __call__(self, text: str) -> None:
        self._file.write_text(f'[bots.home]\ntoken_file = "{self._token}"\n{text}')
        self._application.use_configuration(configuration.load([f"--config={self._file}"]))


@pytest.fixture
def reload(application: Application, tmp_path: Path) -> Configuration:
    return Configuration(application, tmp_path)


def chats(client: Client, address: str = A) -> list[tuple[str, str | None]]:
    """Of each channel the chat, and the group that gives it."""
    (found,) = client("list_mon", ip_address=address)["monitors"]
    return [(one["chat_id"], one["group"]) for one in found["channels"]]


def without_chat(number: int, **more: Any) -> dict[str, Any]:
    return {"ip_address": f"10.0.0.{number}"} | more


def test_a_group_is_told_besides_and_a_reload_changes_whom(
    application: Application, reload: Configuration
) -> None:
    client = Client(application)
    with pytest.raises(InvalidValue, match=r"there is no \[groups\.night\] .* there is none"):
        client("add_mon", verify=False, **row(1, group="night"))
    reload(NIGHT)
    client("add_mon", verify=False, **row(1, group="night"))
    assert chats(client) == [("1001", None), ("1006", "night"), ("1007", "night")]
    reload("[[groups.night]]\n" + CHAT.format(1008))
    assert chats(client) == [("1001", None), ("1008", "night")]
    client("edit_mon", id=A, unset=["group"])
    assert chats(client) == [("1001", None)]


def test_a_chat_that_the_group_has_too_is_told_once(
    application: Application, reload: Configuration
) -> None:
    client = Client(application)
    reload(NIGHT)
    client("add_mon", verify=False, **row(1, group="night") | {"chat_id": [1006, 1009]})
    assert chats(client) == [("1006", None), ("1009", None), ("1007", "night")]


def test_a_tag_gives_the_first_chat_unless_one_was_given(
    application: Application, reload: Configuration
) -> None:
    client = Client(application)
    with pytest.raises(InvalidValue, match="chat_id, email, webhook or apprise is missing: neither tags"):
        client("add_mon", verify=False, **without_chat(1, tags=[BERLIN]))
    reload(TAG)
    first = client("add_mon", verify=False, **without_chat(1, tags=[BERLIN]))
    assert client("add_mon", verify=False, **without_chat(1, tags=[BERLIN])) == first | {"created": False}
    client("add_mon", verify=False, **row(2, tags=[BERLIN]))
    assert (chats(client), chats(client, B)) == ([("1005", None)], [("1001", None)])
    (monitor,) = application.worker_pool.monitors.labelled(A)
    assert setting_sources(application.context, monitor)["chat_id"] == f"tag {BERLIN}"
    reload(TAG.replace("1005", "1009"))
    assert (chats(client), chats(client, B)) == ([("1009", None)], [("1001", None)])
    with pytest.raises(InvalidValue, match="chat_id, email, webhook or apprise is missing: neither tags"):
        client("edit_mon", id=A, remove_tag=["site"])
    with pytest.raises(InvalidValue, match=rf"^{A}: chat_id, email, webhook or apprise is missing"):
        reload("")
    with pytest.raises(Conflict, match="given by its tags or its group"):
        client("edit_mon", id=A, add_chat_id=[1010])
    assert chats(client) == [("1009", None)]


def test_a_group_alone_gives_the_first_chat(application: Application, reload: Configuration) -> None:
    client = Client(application)
    reload(NIGHT + f'[tags."{BERLIN}"]\ngroup = "night"\n')
    client("add_mon", verify=False, **without_chat(1, tags=[BERLIN]))
    client("add_mon", verify=False, **without_chat(2, group="night"))
    both = [("1006", "night"), ("1007", "night")]
    assert (chats(client), chats(client, B)) == (both, both)


def test_tags_that_give_other_chats_are_refused_by_both_names(
    application: Application, reload: Configuration
) -> None:
    client = Client(application)
    other = f"[tags.{PRINTER}]\n" + CHAT.format(1009)
    words = rf"tags {PRINTER} and {BERLIN} give chat_id differently \(1009 and 1005\)"
    reload(TAG + other)
    with pytest.raises(Conflict, match=words):
        client("add_mon", verify=False, **without_chat(1, tags=[BERLIN, PRINTER]))
    client("add_mon", verify=False, **row(1, tags=[BERLIN, PRINTER]))
    client("add_mon", verify=False, **without_chat(2, tags=[BERLIN]))
    with pytest.raises(Conflict, match=words):
        client("edit_mon", id=B, add_tag=[PRINTER])
    reload(TAG)
    client("edit_mon", id=B, add_tag=[PRINTER])
    with pytest.raises(Conflict, match=f"^{B}: {words}"):
        reload(TAG + other)
    assert chats(client, B) == [("1005", None)]


def test_a_reload_asks_about_new_chats_first_and_fails_whole(
    application: Application, reload: Configuration, api: BotApi
) -> None:
    client = Client(application)
    reload(TAG + "interval = 20\n")
    client("add_mon", verify=False, **without_chat(1, tags=[BERLIN]))
    asked = api.requests
    reload(TAG + "interval = 30\n")
    assert api.requests == asked  # it knows that chat
    with pytest.raises(Refused, match=r"^groups\.day: chat 4242 by home: .*chat not found"):
        reload(TAG + "interval = 40\n[[groups.day]]\n" + CHAT.format(4242))
    api.stop()
    with pytest.raises(PingmonError, match=r"^escalation\.late: chat 1011 by home"):
        reload(TAG + 'interval = 40\n[[escalation.late]]\nafter = "5m"\n' + CHAT.format(1011))
    assert client("list_mon")["monitors"][0]["interval"] == 30
    with pytest.raises(InvalidValue, match=r"no \[groups\.day\]"):
        client("edit_mon", id=A, group="day")


def test_what_is_in_use_can_not_be_taken_out_of_the_file(
    application: Application, reload: Configuration
) -> None:
    client = Client(application)
    reload(NIGHT + '[[escalation.late]]\nafter = "5m"\n' + CHAT.format(1011))
    client("add_mon", verify=False, **row(1, group="night"))
    client("add_mon", verify=False, **row(2, escalation="late"))
    with pytest.raises(InvalidValue, match=rf"^{B}: there is no \[escalation\.late\]"):
        reload(NIGHT)
    with pytest.raises(InvalidValue, match=rf"^{A}: there is no \[groups\.night\]"):
        reload('[[escalation.late]]\nafter = "5m"\n' + CHAT.format(1011))
    assert len(chats(client)) == 3


def test_a_chat_of_a_tag_must_not_make_two_monitors_one(
    application: Application, reload: Configuration
) -> None:
    client = Client(application)
    reload(TAG)
    client("add_mon", verify=False, **without_chat(1, tags=[BERLIN]))
    client("add_mon", verify=False, **row(1))
    with pytest.raises(Conflict, match=f"^{A} would tell chat 1001 twice"):
        reload(TAG.replace("1005", "1001"))
    assert len(client("list_mon")["monitors"]) == 2


def test_what_tags_and_groups_give_is_not_exported_and_comes_back(
    application: Application, reload: Configuration
) -> None:
    client = Client(application)
    reload(NIGHT + TAG + "tell_tags = true\n")
    client("add_mon", verify=False, **without_chat(1, tags=[BERLIN]))
    client("add_mon", verify=False, **row(2, group="night") | {"chat_id": [1001, 1002]})
    before = {one["id"]: one for one in client("list_mon")["monitors"]}
    rows = settings_of(portable(list(before.values())))
    assert [sorted(one) for one in rows] == [
        ["ip_address", "mon_type", "tags"],
        ["bot", "chat_id", "group", "ip_address", "mon_type"],
    ]
    assert rows[1]["chat_id"] == ["1001", "1002"]
    same = client.check(*rows, update=True, delete_others=True)
    assert (same["existing"], same["changed"], same["deleted"]) == (2, 0, 0)
    for one in (A, B):
        client("del_mon", id=one)
    client.check(*rows)
    assert client.until_done("plan_commit")["created"] == 2
    for address in (A, B):
        (was,) = [one for one in before.values() if one["ip_address"] == address]
        assert chats(client, address) == [(one["chat_id"], one["group"]) for one in was["channels"]]


def test_apply_changes_chats_besides_the_first(application: Application) -> None:
    client = Client(application)
    client("add_mon", verify=False, **row(1) | {"chat_id": [1001, 1002]})
    client.check(row(1) | {"chat_id": [1001, 1003]}, update=True)
    (change,) = client("plan_show")["changes"]
    assert change["changes"] == {"chat_id": [["1001", "1002"], ["1001", "1003"]]}
    assert client.until_done("plan_commit")["changed"] == 1
    assert chats(client) == [("1001", None), ("1003", None)]


def test_an_edit_gives_a_chat_of_its_own_and_takes_it_back(
    application: Application, reload: Configuration
) -> None:
    client = Client(application)
    reload(NIGHT + TAG)
    client("add_mon", verify=False, **without_chat(1, tags=[BERLIN], group="night"))
    grouped = [("1006", "night"), ("1007", "night")]
    with pytest.raises(Conflict, match="given by its tags or its group"):
        client("edit_mon", id=A, add_chat_id=[1002])
    with pytest.raises(Conflict, match="chat 1006 is given by the group"):
        client("edit_mon", id=A, remove_chat_id=[1006])
    client("edit_mon", id=A, chat_id=1001, add_chat_id=[1002], verify=False)
    assert chats(client) == [("1001", None), ("1002", None), *grouped]
    reload(NIGHT + TAG.replace("1005", "1009"))
    assert chats(client) == [("1001", None), ("1002", None), *grouped]
    client("edit_mon", id=A, unset=["chat_id"], remove_chat_id=[1002])
    assert chats(client) == [("1009", None), *grouped]
    assert client("list_mon")["monitors"][0]["chat_given"] is False
    client("edit_mon", id=A, ip_address=B, interval=7)
    assert chats(client, B) == [("1009", None), *grouped]
    client("edit_mon", id=B, token=OTHER_BOT, verify=False)  # whose chat it is from now on
    reload(NIGHT + TAG)
    assert chats(client, B) == [("1009", None), *grouped]
    client("edit_mon", id=B, unset=["chat_id"])
    assert chats(client, B) == [("1005", None), *grouped]
    assert application.worker_pool.monitors.all() == [one for one, _ in application.context.store.load()]


def test_a_plan_that_was_checked_before_its_group_changed_is_not_carried_out(
    application: Application, reload: Configuration
) -> None:
    client = Client(application)
    reload(NIGHT + TAG)
    client.check(row(1, group="night"), without_chat(2, tags=[BERLIN]), row(3))
    reload(NIGHT.replace("1007", "1008") + TAG.replace("1005", "1009"))
    assert [one["index"] for one in client.until_done("plan_commit")["errors"]] == [0, 1]


def test_a_mute_of_a_chat_of_the_group_holds_that_chat(
    application: Application, reload: Configuration
) -> None:
    client = Client(application)
    reload(NIGHT)
    client("add_mon", verify=False, **row(1, group="night"))
    assert client("mute", chat_id=1007, **{"for": "1h"})["changed"] == 1
    (found,) = client("list_mon")["monitors"]
    assert [(one["held"] or {}).get("why") for one in found["channels"]] == [None, None, "muted"]
    assert found["held"] is None
