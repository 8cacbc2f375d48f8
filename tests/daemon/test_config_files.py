"""The configuration and token files as any program saves them; what can't be read is one line."""

from pathlib import Path

import pytest

from pingmon.daemon import config
from tests.support.bot_api import TOKEN

SAVED = {
    "utf-8": lambda text: text.encode(),
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16 without a mark": lambda text: text.encode("utf-16-le"),
    "cr lf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "trailing spaces": lambda text: text.replace("\n", " \t\n").encode(),
    "utf-16 and cr lf": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
}


@pytest.mark.parametrize("how", SAVED)
def test_files_saved_by_other_systems_are_read(tmp_path: Path, how: str) -> None:
    token, file = tmp_path / "office.token", tmp_path / "pingmon.toml"
    token.write_bytes(SAVED[how](f"{TOKEN}\n"))
    text = f'# настройки\nlanguage = "ru"\n[bots.office]\ntoken_file = "{token}"\n'
    file.write_bytes(SAVED[how](text))
    found = config.load(["--config", str(file)])
    assert found.language == "ru" and found.bots == {"office": TOKEN}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("token\n".encode("cp1251") + b"\xcf\xf0", "line 2: byte 0xcf is not UTF-8"),
        (b"", "BotFather"),
        (f"{TOKEN}\n{TOKEN}\n".encode(), "BotFather"),
        (b"\xff\xfe1", "UTF-16-LE"),
    ],
)
def test_a_token_file_that_is_none_is_named_in_one_line(
    tmp_path: Path, content: bytes, words: str
) -> None:
    token, file = tmp_path / "office.token", tmp_path / "pingmon.toml"
    token.write_bytes(content)
    file.write_text(f'[bots.office]\ntoken_file = "{token}"\n')
    with pytest.raises(config.ConfigError) as caught:
        config.load(["--config", str(file)])
    said = str(caught.value)
    assert str(token) in said and "bots.office" in said and words in said
    assert "\n" not in said and TOKEN not in said


@pytest.mark.parametrize(
    "content",
    [
        "# настройки\n".encode("cp1251"),
        *(b'language = "\xff"', b"language = en", b"\xff\xfea", b"a = " + b"[" * 5000),
        *(b"\x1f\x8b\x08", b"a\nb = \0", b'"a\\nb\\u001b" = 1', b'ca_file = "a\\nb"', b"#" * (2 << 20)),
    ],
)
def test_a_configuration_that_is_none_is_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "pingmon.toml"
    file.write_bytes(content)
    with pytest.raises(config.ConfigError) as caught:
        config.load(["--config", str(file)])
    assert str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_a_path_that_can_not_be_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "pingmon.toml"
    file.write_text('[bots.office]\ntoken_file = "a\\u0000b"\n')
    with pytest.raises(config.ConfigError, match=r"bots\.office"):
        config.load(["--config", str(file)])
    file.write_text('[bots.office]\ntoken_file = "/dev/zero"\n')
    with pytest.raises(config.ConfigError, match=r"bots\.office: /dev/zero: longer than"):
        config.load(["--config", str(file)])
    file.write_text('ca_file = "a\\u0000b"\n')
    with pytest.raises(config.ConfigError, match="ca_file"):
        config.load(["--config", str(file)])
