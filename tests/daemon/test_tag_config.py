"""[tags.TAG] of the configuration: what is taken, and what is refused, each in one line."""

from pathlib import Path

import pytest

from pingmon.daemon import config
from pingmon.daemon.named_channels import NamedChat
from tests.support.bot_api import TOKEN


def load(tmp_path: Path, text: str) -> config.Config:
    file = tmp_path / "pingmon.toml"
    file.write_text(text)
    return config.load([f"--config={file}"])


def test_settings_are_taken_as_monitors_have_them(tmp_path: Path) -> None:
    text = (
        '[tags."site=berlin"]\ninterval = 30\nfalse_alarms = "1/month"\nquiet = false\n[tags.printer]\n'
    )
    found = load(tmp_path, text + 'quiet_hours = " 22:00-07:00 "\nmay_be_off = true\n').tags
    assert found == {
        "site=berlin": {"interval": 30, "false_alarms": 12.0, "quiet": False},
        "printer": {"quiet_hours": "22:00-07:00", "may_be_off": True},
    }
    assert load(tmp_path, "").tags == {}


def bot(tmp_path: Path) -> str:
    (tmp_path / "token").write_text(TOKEN)
    return f'[bots.home]\ntoken_file = "{tmp_path / "token"}"\n'


def test_a_tag_may_give_a_chat_and_a_group(tmp_path: Path) -> None:
    chat = 'bot = "home"\nchat_id = -1002\nthread_id = 7\n'
    group = '[[groups.night]]\nbot = "home"\nchat_id = "@Watch"\n'
    found = load(tmp_path, f'{bot(tmp_path)}[tags.a]\n{chat}group = "night"\n{group}')
    assert found.tags == {"a": {"chat_id": NamedChat("home", "-1002", 7), "group": "night"}}
    assert found.alarms.groups == {"night": (NamedChat("home", "@watch"),)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tags.a]\nchat_id = 1", "tags.a: bot is missing: a chat is given by chat_id and bot"),
        ("[tags.a]\nthread_id = 1\nbot = 'home'", "tags.a: chat_id is missing"),
        ("[tags.a]\nchat_id = 1\nbot = 'x'", "tags.a.bot: there is no [bots.x]; declared: home"),
        ("[tags.a]\nchat_id = 'x y'\nbot = 'home'", "tags.a.chat_id: 'x y' is not a chat"),
        ("[tags.a]\ngroup = 'day'", "tags.a.group: there is no [groups.day]"),
        ("[[groups.a]]\nbot = 'x'\nchat_id = 1", "groups.a: channel 1: there is no [bots.x]"),
        ("[[groups.a]]\nbot = 'home'", "groups.a.0.chat_id: is missing"),
        ("[groups.a]\nbot = 'home'\nchat_id = 1", "groups.a: is not a list"),
        ("[groups]\na = []", "groups.a: "),
        ("[[groups.a]]\nbot='home'\nchat_id=1\n[[groups.a]]\nbot='home'\nchat_id='1'", "is there twice"),
        ("[[groups.a]]\nbot='home'\nchat_id=1\nafter='5m'", "groups.a.0.after: no such setting"),
    ],
)
def test_what_is_wrong_with_chats_is_said_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(config.ConfigError) as refused:
        load(tmp_path, f"{bot(tmp_path)}{text}\n")
    (line,) = str(refused.value).splitlines()
    assert words in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[tags."two words"]\ninterval = 1', "tags.two words: 'two words' is not a tag"),
        ("[tags.a]\nintervall = 1", "tags.a.intervall: no such setting; did you mean interval?"),
        ('[tags.a]\nparent = "x"', "tags.a.parent: no such setting"),
        ('[tags.a]\ninterval = "1"', "tags.a.interval: '1' is not a number"),
        ("[tags.a]\ninterval = 0", "tags.a.interval: interval must be 0.2 to 3600 seconds, not 0"),
        ('[tags.a]\nlanguage = "xx"', "tags.a.language: 'xx' is none of en, ru"),
        ('[tags.a]\nfalse_alarms = "often"', "tags.a.false_alarms: 'often' is not a rate"),
        (
            "[tags.a]\ndown_after = 3\nmax_delay = 60",
            "tags.a.max_delay: down_after and max_delay exclude",
        ),
        ('[tags.a]\nquiet_hours = "late"', "tags.a.quiet_hours: "),
        ('[tags.a]\nescalation = "night"', "tags.a.escalation: there is no [escalation.night]"),
        ("[tags.a]", "tags.a: "),
        ("tags = 1", "tags: "),
        ('[tags."B\u00fcro"]\nquiet = true\n[tags."Bu\u0308ro"]\nquiet = true', "is there twice"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(config.ConfigError) as refused:
        load(tmp_path, text)
    (line,) = str(refused.value).splitlines()
    assert words in line
