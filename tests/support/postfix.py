"""A real postfix with directories of its own: the machine's, if it has one, is never touched."""

import email
import email.policy
import os
import shutil
import signal
import subprocess
import tempfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.lab import until

DOMAIN = "example.org"
_MAIN = """
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/log
maillog_file_prefixes = {directory}
myhostname = mail.{domain}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {directory}/mail
virtual_mailbox_maps = texthash:{directory}/etc/mailboxes
virtual_uid_maps = static:{user}
virtual_gid_maps = static:{group}
virtual_minimum_uid = 1
smtpd_recipient_restrictions = check_recipient_access texthash:{directory}/etc/access, permit_mynetworks
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = encrypt
smtp_tls_security_level = none
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_QUEUES: tuple[str, ...] = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming"),
    *("private", "saved", "trace"),
)


def need_postfix() -> None:
    """Skips, or fails in CI, when there is none."""
    if shutil.which("postfix"):
        return
    reason = "needs postfix (Debian: postfix)"
    if os.environ.get("CI"):
        pytest.fail(f"CI must not skip this: {reason}")
    pytest.skip(reason)


class Postfix:
    """For mailboxes of example.org. prefix: of its command line, as of a network namespace."""

    def __init__(self, port: int, pem: tuple[Path, Path], users: tuple[str, ...], *prefix: str) -> None:
        """pem: certificate and key. users: what is before the @; all others are refused."""
        directory = self.directory = Path(tempfile.mkdtemp(prefix="postfix-"))
        directory.chmod(0o711)  # its programs run as another user
        etc = directory / "etc"
        etc.mkdir()
        user, group = _number("passwd", "postfix"), _number("group", "postdrop")
        certificate, key = pem
        text = _MAIN.format(
            directory=directory,
            domain=DOMAIN,
            user=user,
            group=user,
            certificate=certificate,
            key=key,
        )
        (etc / "main.cf").write_text(text)
        (etc / "master.cf").write_text(_MASTER.format(port=port))
        (etc / "mailboxes").write_text("".join(f"{one}@{DOMAIN} {one}/\n" for one in users))
        (etc / "access").write_text("")
        for name in (*_QUEUES, "pid", "public", "maildrop"):
            queue = directory / "queue" / name
            queue.mkdir(parents=True)
            os.chown(queue, 0 if name == "pid" else user, group if name in ("public", "maildrop") else 0)
            queue.chmod({"public": 0o710, "maildrop": 0o730, "pid": 0o755}.get(name, 0o700))
        for name in ("data", "mail"):
            (directory / name).mkdir()
            os.chown(directory / name, user, user)
        program = "/usr/lib/postfix/sbin/master"
        self._process = subprocess.Popen([*prefix, program, "-c", str(etc), "-d"])
        until(lambda: "daemon started" in self.log, 20, "postfix")

    @property
    def log(self) -> str:
        file = self.directory / "log"
        return file.read_text() if file.exists() else ""

    def answer(self, address: str, words: str) -> None:
        """What is said to mail for an address from now on; empty: it is taken."""
        (self.directory / "etc" / "access").write_text(f"{address} {words}\n" if words else "")
        before = self.log.count("reload")
        self._process.send_signal(signal.SIGHUP)
        until(lambda: self.log.count("reload") > before, 20, "postfix to read its configuration")

    def mails(self, user: str) -> list[EmailMessage]:
        """What is in a mailbox, oldest first."""
        files = sorted(
            (self.directory / "mail" / user / "new").glob("*"), key=lambda one: one.stat().st_mtime
        )
        found = [email.message_from_bytes(one.read_bytes(), policy=email.policy.SMTP) for one in files]
        return [one for one in found if isinstance(one, EmailMessage)]

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)
        shutil.rmtree(self.directory, ignore_errors=True)


def _number(database: str, name: str) -> int:
    line = subprocess.run(["getent", database, name], capture_output=True, text=True, check=True).stdout
    return int(line.split(":")[2])
