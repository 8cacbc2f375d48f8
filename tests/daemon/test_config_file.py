"""Everything that is wrong with the configuration is said at once, with where it comes from."""

from pathlib import Path

import pytest

from pingmon.daemon import config
from tests.support.bot_api import TOKEN


def refused(*arguments: str) -> list[str]:
    with pytest.raises(config.ConfigError) as found:
        config.load(list(arguments))
    return str(found.value).splitlines()


def test_all_errors_are_named_each_with_file_table_and_key(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("no token")
    file = tmp_path / "pingmon.toml"
    file.write_text(
        'log_leval = "info"\nlanguage = "xx"\ntime_zone = 3\nuplink = ["10.0.0.300", "gateway"]\n'
        f'[bots.a]\ntoken_file = "/none"\n[bots.b]\ntoken_file = "{tmp_path}/bad"\n'
        "[bots.c]\nfile = 1\n"
        '[operator]\nbot = "d"\nchat = 5\n'
    )
    lines = refused(f"--config={file}")
    expected = (
        "log_leval: no such setting; did you mean log_level?",
        "language: 'xx' is none of en, ru",
        "time_zone: 3 is not text",
        "uplink: '10.0.0.300' is not an IP address",
        "bots.a: /none: No such file or directory",
        f"bots.b: {tmp_path}/bad: the token does not look like one",
        "bots.c.file: no such setting; known: commands, token_credential, token_file",
        "operator.chat: no such setting; did you mean chat_id?",
        "operator.chat_id: is missing",
        "operator.bot: there is no [bots.d]; declared: a, b, c",
    )
    for words in expected:
        assert any(line.startswith(f"{file}: {words}") for line in lines), (words, lines)
    assert len(lines) == len(expected)


def test_a_value_names_the_flag_or_the_variable_that_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pingmon.toml"
    file.write_text('log_level = "loud"\n')
    assert refused(f"--config={file}")[0].startswith(f"{file}: log_level: 'loud' is none of")
    monkeypatch.setenv("PINGMON_LOG_LEVEL", "louder")
    assert refused(f"--config={file}")[0].startswith("PINGMON_LOG_LEVEL: 'louder' is none of")
    lines = refused(f"--config={file}", "--log-level=loudest", "--proxy=x")
    assert lines[0].startswith("--proxy: must start with http://")
    assert lines[1].startswith("--log-level: 'loudest' is none of")


def test_a_bot_whose_token_is_wrong_is_not_missed_by_the_operator(tmp_path: Path) -> None:
    file = tmp_path / "pingmon.toml"
    file.write_text('[bots.a]\ntoken_file = "/none"\n[operator]\nbot = "a"\nchat_id = "1"\n')
    (line,) = refused(f"--config={file}")
    assert "bots.a" in line


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True)])
def test_a_token_that_every_user_can_read_is_warned_of(tmp_path: Path, mode: int, warned: bool) -> None:
    token, file = tmp_path / "token", tmp_path / "pingmon.toml"
    token.write_text(TOKEN)
    token.chmod(mode)
    file.write_text(f'[bots.home]\ntoken_file = "{token}"\n')
    found = config.load([f"--config={file}"])
    assert [f"chmod o= {token}" in one for one in found.warnings] == [True] * warned
    assert all(TOKEN not in one for one in found.warnings)


def test_a_backup_needs_to_know_the_state_directory_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "pingmon.toml"
    file.write_text(f'state_dir = "{tmp_path}"\nlanguage = "xx"\n[bots.a]\ntoken_file = "/none"\n')
    made = config.load([f"--config={file}", "--backup=copy"])
    assert (made.state_dir, made.backup) == (str(tmp_path), "copy")
    file.write_text("= 3")
    assert "Invalid" in refused(f"--config={file}", "--backup=copy")[0]
    assert config.load([f"--config={file}", "--backup=copy", "--state-dir=/x"]).state_dir == "/x"


def test_tables_about_alarms_name_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    file = tmp_path / "pingmon.toml"
    start = f'[bots.a]\ntoken_file = "{tmp_path}/token"\n'
    step = '[[escalation.x]]\nafter = "{}"\nbot = "{}"\nchat_id = "1001"\n'
    for tables, words in {
        step.format("2h", "b"): "escalation.x: step 1: there is no [bots.b]; declared: a",
        step.format("soon", "a"): "escalation.x: step 1: 'soon' is not a duration",
        step.format("2h", "a") + step.format("1h", "a"): "escalation.x: each step must be later",
        '[chats.1001]\nquiet_hours = "25:00-07:00"\n': "chats.1001: '25:00' is not a time of day",
        "[chats.1001]\nquiet = 1\n": "chats.1001.quiet: no such setting",
    }.items():
        file.write_text(start + tables)
        lines = refused(f"--config={file}")
        assert any(line.startswith(f"{file}: {words}") for line in lines), (words, lines)
    file.write_text(f'{start}{step.format("15m", "a")}[chats.1001]\nquiet_hours = "22:00-07:00"\n')
    alarms = config.load([f"--config={file}"]).alarms
    assert alarms.escalations["x"][0].after == 900 and "1001" in alarms.quiet
