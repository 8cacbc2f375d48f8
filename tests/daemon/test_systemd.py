"""What systemd gives and wants, without systemd: an inherited socket, notifications, the watchdog."""

import os
import re
import socket
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from pingmon.channels.telegram.client import DIRECT
from pingmon.channels.telegram.service import TelegramService
from pingmon.daemon import config, config_docs, config_schema
from pingmon.model.detection_settings import DetectionSettings
from pingmon.model.monitor import ChannelRequest, MonitorRequest
from pingmon.storage.sqlite.backup import BackupFailed, backup
from pingmon.storage.sqlite.database import open_database
from pingmon.storage.store import Store
from tests.support.bot_api import TOKEN
from tests.support.lab import BIN, Lab

ACTIVATE = """
import os, sys
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.dup2(int(sys.argv[1]), 3)
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_inherited_socket_ready_status_watchdog_stopping(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "given.sock"
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(tmp_path / "notify"))
    notify.settimeout(20)
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(str(path))
        listener.listen()
        client.settimeout(20)
        client.connect(str(path))  # waits in the queue before there is a daemon
        client.sendall(b'{"jsonrpc":"2.0","method":"status","id":1}\n')
        activate = [sys.executable, "-c", ACTIVATE, str(listener.fileno())]
        daemon = subprocess.Popen(
            [*activate, str(BIN / "pingmond"), f"--state-dir={tmp_path}/state", f"--socket={path}"],
            env=os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")},
            pass_fds=[listener.fileno()],
            stderr=subprocess.DEVNULL,
        )
        said = [notify.recv(4096).decode()]
        assert said == ["READY=1"]
        assert b'"health":"ok"' in client.recv(65536)
        while "WATCHDOG=1" not in said or not any("STATUS=0 up" in one for one in said):
            said.append(notify.recv(4096).decode())
        daemon.terminate()
        while "STOPPING=1" not in said:
            said.append(notify.recv(4096).decode())
        assert daemon.wait(10) == 0
        assert path.exists()  # an inherited socket is never unlinked
    notify.close()


def test_configuration_files_are_refused_with_file_key_and_reason(tmp_path: Path) -> None:
    file = tmp_path / "pingmon.toml"
    secret = tmp_path / "token"
    secret.write_text("not a token, and secret")
    for text, words in (
        ("nonsense = 1", "nonsense: no such setting"),
        ("log_level = 3", "log_level: 3 is not text"),
        ('log_level = "loud"', "log_level: 'loud' is none of"),
        ('telegram_api_url = "x"', "telegram_api_url: must start with"),
        ("[bots.a]", "bots.a: needs either token_file or token_credential"),
        ('[bots.a]\ntoken_file = "/none"', "bots.a: /none: No such file"),
        (f'[bots.a]\ntoken_file = "{secret}"', "does not look like one"),
        ('[bots.a]\ntoken_credential = "x"', "systemd passed no credentials"),
        ("= 3", "Invalid"),
    ):
        file.write_text(text)
        with pytest.raises(config.ConfigError) as refused:
            config.load(["--config", str(file)])
        assert words in str(refused.value) and "secret" not in str(refused.value)


def test_the_installed_file_is_right_and_names_every_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pingmon.toml"
    file.write_text(config_docs.toml())
    assert config.load(["--config", str(file)]).bots == {}
    file.write_text(re.sub(r"^#(?=\w+ = |\[)", "", config_docs.toml(), flags=re.M))
    (tmp_path / "home").write_text(TOKEN)
    (tmp_path / "smtp").write_text("a password")
    (tmp_path / "webhook").write_text(f"whsec_{b64encode(bytes(32)).decode()}")
    (tmp_path / "heartbeat").write_text("https://heartbeat.example/1")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    loaded = config.load(["--config", str(file)])
    operator = ChannelRequest("telegram", TOKEN, TOKEN.partition(":")[0], "1001")
    assert (loaded.bots, loaded.operator) == ({"home": TOKEN}, operator)
    for setting in config_schema.SETTINGS:
        assert loaded.values[setting.name] == setting.default
        assert f".B {setting.name}" in config_docs.man()
    assert all(action.help for action in config.build_parser()._actions)


def test_a_backup_is_whole_private_and_never_overwrites(tmp_path: Path) -> None:
    store = Store(open_database(tmp_path / "pingmon.db"))
    store.add(
        [
            MonitorRequest(
                "10.0.0.1",
                "ping",
                ChannelRequest("telegram", "1:abc", "bot", "1", None),
                DetectionSettings(),
            )
        ]
    )
    copy = tmp_path / "copy.db"
    backup(tmp_path / "pingmon.db", copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert len(Store(open_database(copy)).load()) == 1
    with pytest.raises(BackupFailed, match="exists"):
        backup(tmp_path / "pingmon.db", copy)
    with pytest.raises(BackupFailed, match="there is no"):
        backup(tmp_path / "none.db", tmp_path / "other.db")


def test_a_renewed_token_is_used_for_all_monitors_of_the_bot(tmp_path: Path) -> None:
    store = Store(open_database(tmp_path / "pingmon.db"))
    store.add(
        [
            MonitorRequest(
                "10.0.0.1",
                "ping",
                ChannelRequest("telegram", "1:old", "bot", "1", None),
                DetectionSettings(),
            )
        ]
    )
    is_same = TelegramService(DIRECT).is_same_account
    store.channels.renew_secret("telegram", "1:new", is_same)
    store.channels.renew_secret("telegram", "2:other", is_same)
    store.channels.renew_secret("other kind", "1:other", is_same)
    assert [account.secret for account in store.channels.accounts()] == ["1:new"]
