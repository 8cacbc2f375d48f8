"""E-mail addresses: one spelling, and clear words for what can't be written to."""

import pytest

from pingmon.channels.email.address import Mailbox, parse_email, parse_mailbox
from pingmon.model.errors import InvalidValue


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("noc@example.org", "noc@example.org"),
        ("  Anna.Smith+pager@Example.ORG. ", "Anna.Smith+pager@example.org"),
        ("root@localhost", "root@localhost"),
        ("dienst@bücher.example", "dienst@xn--bcher-kva.example"),
    ],
)
def test_an_address_has_one_spelling(given: str, canonical: str) -> None:
    assert parse_email(given) == canonical == parse_email(canonical)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("noc", "is no e-mail address, as noc@example.org"),
        ("@example.org", "is no e-mail address"),
        ("noc@", "is no e-mail address"),
        ("a b@example.org", "before the @"),
        ("a..b@example.org", "before the @"),
        ("noc@example.org\r\nBcc: all@example.org", "is no e-mail address"),
        ("noc@exa mple.org", "is no e-mail address"),
        ("дежурный@example.org", "SMTPUTF8"),
        (f"{'a' * 65}@example.org", "before the @"),
        (f"noc@{'a.' * 130}org", "is no e-mail address"),
        ("NOC <noc@example.org>", "give the address alone"),
    ],
)
def test_what_can_not_be_written_to_is_refused(given: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words) as found:
        parse_email(given)
    assert found.value.field == "email"


def test_a_sender_may_have_a_name() -> None:
    assert parse_mailbox("Pingmon <ping@Example.org>", "from") == Mailbox("Pingmon", "ping@example.org")
    assert parse_mailbox("ping@example.org", "from") == Mailbox("", "ping@example.org")
    for wrong in ("Pingmon", "", "a@b\r\nX: 1 <ping@example.org>"):
        with pytest.raises(InvalidValue):
            parse_mailbox(wrong, "from")
