"""What is asked and what is expected, as kinds/dns.py declares it. Pure: values in, values out."""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.reversename

from pingmon.model.errors import InvalidValue
from pingmon.text.printable import shortened, shown

LONGEST = 1020  # characters of a name of 255 bytes, each of them written as \DDD
SHOWN = 5  # values of an answer that are named
# What a server says when it has no answer (RFC 6895, section 2.3).
_REFUSALS = {
    dns.rcode.NXDOMAIN: "there is no such name (NXDOMAIN)",
    dns.rcode.SERVFAIL: "the server failed (SERVFAIL)",
    dns.rcode.REFUSED: "the server refuses to answer (REFUSED)",
    dns.rcode.FORMERR: "the server does not understand the question (FORMERR)",
    dns.rcode.NOTIMP: "the server does not answer such questions (NOTIMP)",
}
# Of all types but TXT, which holds any text.
_EXAMPLES = {
    **dict.fromkeys(("NS", "CNAME", "PTR"), "'host.example.org'"),
    "A": "'192.0.2.1'",
    "AAAA": "'2001:db8::1'",
    "MX": "'10 mail.example.org'",
    "SOA": "'ns.example.org admin.example.org 1 7200 900 1209600 86400'",
    "SRV": "'0 5 443 host.example.org'",
    "CAA": "'0 issue \"ca.example.org\"'",
}


class Question(NamedTuple):
    """expected: all of it must be in the answer; more may be."""

    name: dns.name.Name
    record: dns.rdatatype.RdataType
    expected: tuple[str, ...] = ()
    port: int = 53
    over_tcp: bool = False

    def message(self) -> dns.message.Message:
        """With a number of its own, that can't be guessed."""
        return dns.message.make_query(self.name, self.record)

    def why_not(self, answer: dns.message.Message) -> str:
        """Why it is not as expected, in words; empty if it is."""
        code = answer.rcode()
        if code != dns.rcode.NOERROR:
            return _REFUSALS.get(code) or f"the server answers {dns.rcode.to_text(code)}"
        record = dns.rdatatype.to_text(self.record)
        found = _values(self, answer)
        if not found:
            return f"the answer holds no {record} record"
        missing = [one for one in self.expected if one not in found]
        if missing:
            return f"the answer is {_listed(found)}, without {_listed(missing)}"
        return ""


def parse_question(options: Mapping[str, Any]) -> Question:
    """Raises InvalidValue with the setting's name."""
    record = dns.rdatatype.from_text(str(options.get("record") or "A"))
    return Question(
        _name(str(options.get("query") or ""), record),
        record,
        tuple(_canonical(str(one), record) for one in options.get("expect") or ()),
        int(options.get("port") or 53),
        options.get("dns_over") == "tcp",
    )


def _name(text: str, record: dns.rdatatype.RdataType) -> dns.name.Name:
    if not text.strip():
        raise InvalidValue("query: say which name is asked for", "query")
    if len(text) > LONGEST:  # IDNA takes time with the square of it
        raise InvalidValue(f"query: {shown(text)} is longer than {LONGEST} characters", "query")
    if record == dns.rdatatype.PTR:
        try:
            return dns.reversename.from_address(str(ipaddress.ip_address(text.strip())))
        except ValueError:
            pass  # a name, as 1.2.0.192.in-addr.arpa
    try:
        return dns.name.from_text(text.strip())
    except (dns.exception.DNSException, UnicodeError) as error:
        raise InvalidValue(f"query: {shown(text)} is no name: {error}", "query") from None


def _canonical(text: str, record: dns.rdatatype.RdataType) -> str:
    """As `_values` has it."""
    if record == dns.rdatatype.TXT:
        return text.strip().removeprefix('"').removesuffix('"')
    try:
        if record in (dns.rdatatype.A, dns.rdatatype.AAAA):
            text = str(ipaddress.ip_address(text.strip()))  # one spelling of each address
        return _text(dns.rdata.from_text(dns.rdataclass.IN, record, text.strip(), dns.name.root))
    except (dns.exception.DNSException, ValueError) as error:
        kind = dns.rdatatype.to_text(record)
        words = f"expect: {shown(text)} is no {kind} record, as {_EXAMPLES[kind]}: {error}"
        raise InvalidValue(words, "expect") from None


def _values(question: Question, answer: dns.message.Message) -> list[str]:
    """Of the name that was asked for, or of that which it is another name of (CNAME)."""
    assert isinstance(answer, dns.message.QueryMessage)
    try:
        found = answer.resolve_chaining().answer
    except dns.exception.DNSException:
        return []
    return [_text(one) for one in found] if found is not None else []


def _text(value: dns.rdata.Rdata) -> str:
    """Without the dot at the end of names, in small letters where case means nothing."""
    if value.rdtype == dns.rdatatype.TXT:
        return b"".join(value.strings).decode("utf-8", "backslashreplace")  # type: ignore[attr-defined]
    text = value.to_text()
    if value.rdtype != dns.rdatatype.CAA:
        text = text.lower()
    return " ".join(one.removesuffix(".") or "." for one in text.split(" "))


def _listed(values: Iterable[str]) -> str:
    plain = sorted(shortened(shown(one)[1:-1]) for one in values)
    more = f" and {len(plain) - SHOWN} more" if len(plain) > SHOWN else ""
    return ", ".join(plain[:SHOWN]) + more
