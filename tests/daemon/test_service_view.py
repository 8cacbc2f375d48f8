"""What of a unit decides what its processes see, read from what `systemctl cat` prints."""

from pathlib import Path

import pytest

from pingmon.daemon import config
from pingmon.daemon.service_view import check_as_service, service_command, service_settings

SHOWN = """\
# /usr/lib/systemd/system/pingmon.service
[Unit]
Description=User=nobody
[Service]
User=pingmon
ExecStart=/usr/sbin/pingmond
LoadCredential=home:/etc/pingmon/home.token \\
    other:/etc/pingmon/other.token

# /etc/systemd/system/pingmon.service.d/x.conf
[Service]
; a comment = 1
ExecStart=
ExecStart=-/usr/sbin/pingmond --config "/srv/my file"
Environment=A=B
[Install]
User=none
"""


def test_settings_of_the_service_section_are_read_in_order() -> None:
    assert service_settings(SHOWN) == [
        ("User", "pingmon"),
        ("ExecStart", "/usr/sbin/pingmond"),
        ("LoadCredential", "home:/etc/pingmon/home.token      other:/etc/pingmon/other.token"),
        ("ExecStart", ""),
        ("ExecStart", '-/usr/sbin/pingmond --config "/srv/my file"'),
        ("Environment", "A=B"),
    ]


def test_the_command_is_the_last_one_set() -> None:
    expected = ["/usr/sbin/pingmond", "--config", "/srv/my file"]
    assert service_command(service_settings(SHOWN)) == expected
    assert service_command([]) == []


def test_other_programs_and_other_flags_are_not_judged_as_the_service() -> None:
    assert check_as_service(["--version"]) is None
    assert check_as_service(["--check-config"]) is None  # we are not the program of the unit


def test_credentials_that_only_the_service_has_are_named_and_not_called_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    file = tmp_path / "pingmon.toml"
    file.write_text(
        '[bots.home]\ntoken_credential = "home"\n[operator]\nbot = "home"\nchat_id = "1001"\n'
    )
    checked = config.load(["--config", str(file), "--check-config"])
    assert checked.unchecked == ("bots.home.token_credential",)
    with pytest.raises(config.ConfigError, match="systemd passed no credentials"):
        config.load(["--config", str(file)])
