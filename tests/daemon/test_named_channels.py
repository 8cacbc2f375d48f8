"""Tables of the configuration name channels of any kind, and what is wrong with that is said."""

from pathlib import Path

import pytest

from pingmon.daemon import config
from pingmon.model.monitor import ChannelRequest
from tests.support.bot_api import TOKEN

NOC = ChannelRequest("email", "", "e-mail", "noc@example.org")
SMTP = '[smtp]\nhost = "mail.example.org"\nfrom = "pingmon@example.org"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    return tmp_path / "pingmon.toml"


def loaded(file: Path, text: str) -> config.Config:
    file.write_text(f'{text}\n[bots.home]\ntoken_file = "{file.parent}/token"\n{SMTP}')
    return config.load([f"--config={file}"])


def test_groups_escalations_tags_and_the_operator_name_channels_of_any_kind(file: Path) -> None:
    found = loaded(
        file,
        '[operator]\nemail = "NOC@Example.org"\n'
        '[[groups.night]]\nemail = "noc@example.org"\n[[groups.night]]\nbot = "home"\nchat_id = 1001\n'
        '[[groups.night]]\nwebhook = "https://example.org/hook"\n'
        '[[escalation.late]]\nafter = "15m"\nemail = "noc@example.org"\n'
        '[tags.printer]\nemail = "noc@example.org"\ngroup = "night"\n'
        '[chats."noc@example.org"]\nquiet_hours = "22:00-07:00"\n',
    )
    mail, chat, hook = found.alarms.groups["night"]
    assert (mail.request, chat.bot, chat.address) == (NOC, "home", "1001")
    assert hook.request is not None and hook.request.secret == "https://example.org/hook"
    assert "example.org/hook" not in repr(hook)
    assert found.alarms.escalations["late"][0].chat.request == NOC
    assert found.tags["printer"]["chat_id"].request == NOC
    assert found.operator == ChannelRequest("email", "", "e-mail", "NOC@example.org")
    assert "noc@example.org" in found.alarms.quiet


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[groups.x]]\nemail = "noc"\n', "groups.x: channel 1: 'noc' is no e-mail address"),
        (
            '[[groups.x]]\nemail = "noc@example.org"\nchat_id = 1\n',
            "give one channel, not chat_id and email",
        ),
        ('[[groups.x]]\nemail = "noc@example.org"\nthread_id = 7\n', "thread_id needs chat_id"),
        ("[[groups.x]]\nchat_id = 1\n", "groups.x.0.bot: is missing"),
        ('[[groups.x]]\nemail = ["noc@example.org"]\n', "groups.x.0.email: "),
        ('[operator]\nemail = "noc"\n', "operator.email: 'noc' is no e-mail address"),
        ("[tags.a]\nthread_id = 7\n", "tags.a: bot is missing: a chat is given by chat_id and bot"),
        ('[chats.noc]\nquiet_hours = "22:00-07:00"\n', "chats.noc: 'noc' is not a chat"),
    ],
)
def test_what_is_wrong_with_a_channel_is_said(file: Path, text: str, words: str) -> None:
    with pytest.raises(config.ConfigError) as found:
        loaded(file, text)
    assert words in str(found.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("port = 70000", "smtp.port: "),
        ('security = "ssl"', "smtp.security: 'ssl' is none of starttls, tls, none"),
        ('user = "pingmon"', "smtp.password_file: password_file or password_credential is missing"),
        ('user = "a"\npassword_file = "/none"', "smtp.password_file: /none: No such file"),
        ('password_file = "/a"\npassword_credential = "b"', "give either password_file or"),
        ('password = "canary"', "smtp.password: no such setting"),
        ("timeout = 0", "smtp.timeout: "),
    ],
)
def test_what_is_wrong_with_a_section_is_said_with_its_key(file: Path, line: str, words: str) -> None:
    file.write_text(f"{SMTP}{line}\n")
    with pytest.raises(config.ConfigError) as found:
        config.load([f"--config={file}"])
    assert words in str(found.value) and "canary" not in str(found.value)


def test_a_section_needs_what_has_no_default(file: Path) -> None:
    file.write_text("[smtp]\n")
    with pytest.raises(config.ConfigError) as found:
        config.load([f"--config={file}"])
    assert {f"{file}: smtp.{one}: is missing" for one in ("host", "from")} == set(
        str(found.value).splitlines()
    )


def test_a_secret_that_every_user_can_read_is_warned_of(file: Path) -> None:
    secret = file.parent / "password"
    secret.write_text("a password")
    secret.chmod(0o644)
    file.write_text(f'{SMTP}user = "a"\npassword_file = "{secret}"\n')
    made = config.load([f"--config={file}"])
    assert made.sections["smtp"]["password"] == "a password" and "a password" not in repr(made)
    assert any("smtp.password_file: every user can read" in one for one in made.warnings)
