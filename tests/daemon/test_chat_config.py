"""[bots.NAME] commands and [chat] of the configuration: what is taken, and what is refused."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from pingmon.daemon import config
from pingmon.model.chat_config import EVERYONE, AllowedPerson, ChatConfig
from pingmon.model.chat_rights import ChatSettings, Role
from tests.support.bot_api import TOKEN


def load(tmp_path: Path, text: str) -> config.Config:
    (tmp_path / "token").write_text(TOKEN)
    file = tmp_path / "pingmon.toml"
    file.write_text(text.replace("TOKEN", f'token_file = "{tmp_path}/token"\n'))
    return config.load([f"--config={file}"])


def test_all_of_it_is_taken(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        "[bots.home]\ncommands = true\nTOKEN[bots.work]\nTOKEN[bots.off]\ncommands = false\nTOKEN"
        '[chat]\nchat_admins = "admin"\nallow_networks = ["10.0.0.0/8", "fd00::/8"]\n'
        "most_monitors = 5\nleast_interval = 2.5\n"
        '[[chat.allow]]\nchat_id = -1001\nuser_id = 42\nrole = "operate"\nbot = "home"\n'
        '[[chat.allow]]\nchat_id = "@Office"\nrole = "view"\n',
    )
    assert found.bots == dict.fromkeys(("home", "work", "off"), TOKEN)
    networks = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert found.chat == ChatConfig(
        ChatSettings(Role.ADMIN, networks, 5, 2.5),
        (
            AllowedPerson("-1001", 42, "operate", "home"),
            AllowedPerson("@office", EVERYONE, "view"),
        ),
        (("home", True), ("off", False)),
    )


def test_without_it_nothing_is_allowed_beyond_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "[bots.home]\nTOKEN").chat == ChatConfig()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[bots.home]\ncommands = 1\nTOKEN", "bots.home.commands: 1 is not"),
        ("[bots.home]\ncommands = true", "bots.home: needs either token_file or token_credential"),
        ('[chat]\nchat_admins = "root"', "chat.chat_admins: 'root' is none of view, operate, admin"),
        ('[chat]\nchat_admin = "view"', "chat.chat_admin: no such setting; did you mean chat_admins?"),
        ('[chat]\nallow_networks = ["10.0.0.1/8"]', "chat.allow_networks: 10.0.0.1/8 has host bits set"),
        ('[chat]\nallow_networks = ["home"]', "chat.allow_networks: 'home' does not appear to be"),
        ('[[chat.allow]]\nchat_id = "x y"\nrole = "view"', "chat.allow: entry 1: 'x y' is not a chat"),
        ('[[chat.allow]]\nchat_id = 1\nrole = "view"\nbot = "b"', "entry 1: there is no [bots.b]"),
        ("[chat]\nleast_interval = 0", "chat.least_interval: "),
        ("chat = 1", "chat: "),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(config.ConfigError) as refused:
        load(tmp_path, text)
    (line,) = str(refused.value).splitlines()
    assert words in line
