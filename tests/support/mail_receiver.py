"""A mail server as a program: `python -m tests.support.mail_receiver PORT LOG [chaos]`.

Each mail that it took is a line of JSON in LOG. With `chaos` it refuses for a while, breaks connections
off, and loses answers to mails that it took.
"""

import json
import random
import sys
import threading
import time
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.mail_server import MailServer, plain_text

_TROUBLE = ("451 4.3.0 try again later", "421 4.3.2 closing", "450 4.2.0 greylisted", "drop")


class MailReceiver(MailServer):
    """See above."""

    def __init__(self, log: Path, chaos: random.Random | None) -> None:
        super().__init__()
        self._log, self._chaos = log, chaos

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.at.clear()
        if self._chaos and self._chaos.random() > 0.6:
            self.at[self._chaos.choice(("DATA", "END"))] = self._chaos.choice(_TROUBLE)
        before = len(self.mails)
        answer = await super().handle_DATA(server, session, envelope)
        for mail in self.mails[before:]:
            self._note(mail)
        return answer

    def _note(self, mail: EmailMessage) -> None:
        line = {"at": time.time(), "text": plain_text(mail), "lost": "END" in self.at}
        with self._log.open("a") as file:
            file.write(json.dumps(line | {"id": mail["Message-ID"]}) + "\n")


if __name__ == "__main__":
    made = MailReceiver(Path(sys.argv[2]), random.Random(7) if "chaos" in sys.argv else None)
    made.start(int(sys.argv[1]))
    threading.Event().wait()
