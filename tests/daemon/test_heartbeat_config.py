"""The table [heartbeat]: where its URL may come from, what is refused, and that no word repeats it."""

from pathlib import Path

import pytest

from pingmon.daemon import config
from pingmon.engine.heartbeat import HeartbeatSettings

URL = "https://heartbeat.example/ping/5f3canary"


def load(tmp_path: Path, text: str, *flags: str) -> config.Config:
    file = tmp_path / "pingmon.toml"
    file.write_text(text)
    file.chmod(0o640)
    return config.load([f"--config={file}", *flags])


@pytest.mark.parametrize("source", ["url", "url_file", "url_credential"])
def test_the_url_comes_from_the_file_another_file_or_a_credential(
    tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "heartbeat"
    secret.write_text(f"{URL}\n")
    secret.chmod(0o600)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    value = {"url": URL, "url_file": str(secret), "url_credential": "heartbeat"}[source]
    found = load(tmp_path, f'[heartbeat]\n{source} = "{value}"\nevery = 30\nmethod = "POST"\n')
    assert found.heartbeat == HeartbeatSettings(URL, 30.0, "POST")
    assert found.warnings == () and "canary" not in repr(found)
    found = load(tmp_path, f'[heartbeat]\n{source} = "{value}"\n')
    assert found.heartbeat == HeartbeatSettings(URL, 60.0, "GET")
    assert load(tmp_path, "").heartbeat is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'heartbeat = "{URL}"', "heartbeat: needs one of url"),
        ("[heartbeat]\nevery = 60", "heartbeat: needs one of url, url_file, url_credential"),
        (f'[heartbeat]\nurl = "{URL}"\nurl_file = "x"', "heartbeat: needs one of"),
        (f'[heartbeat]\nurl = ["{URL}"]', "heartbeat.url: must be text"),
        ('[heartbeat]\nurl = "ftp://canary"', "heartbeat.url: is no URL"),
        ('[heartbeat]\nurl = "https://canary:port/"', "heartbeat.url: is no URL"),
        (f'[heartbeat]\nurl_file = "{URL}"', "heartbeat.url_file: is a URL; that is the setting url"),
        ('[heartbeat]\nurl_file = "/none"', "heartbeat.url_file: /none: No such file"),
        ('[heartbeat]\nurl_credential = "x"', "heartbeat.url_credential: systemd passed no credentials"),
        (f'[heartbeat]\nurl = "{URL}"\nevery = 5', "heartbeat.every: must be 10 to 86400"),
        (f'[heartbeat]\nurl = "{URL}"\nevery = true', "heartbeat.every: must be 10 to 86400"),
        (f'[heartbeat]\nurl = "{URL}"\nmethod = "PUT"', "heartbeat.method: 'PUT' is none of GET, POST"),
        (f'[heartbeat]\nurl = "{URL}"\nevry = 60', "heartbeat.evry: no such setting"),
    ],
)
def test_what_is_wrong_is_named_and_the_url_is_not_repeated(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(config.ConfigError) as caught:
        load(tmp_path, text)
    assert words in str(caught.value)
    assert "canary" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_check_that_is_not_passed_credentials_says_what_it_left_out(tmp_path: Path) -> None:
    found = load(tmp_path, '[heartbeat]\nurl_credential = "x"\n', "--check-config")
    assert found.unchecked == ("heartbeat.url_credential",)


def test_a_url_that_every_user_can_read_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "pingmon.toml"
    file.write_text(f'[heartbeat]\nurl = "{URL}"\n')
    file.chmod(0o644)
    (words,) = config.load([f"--config={file}"]).warnings
    assert "heartbeat.url: every user can read the URL" in words and "canary" not in words
