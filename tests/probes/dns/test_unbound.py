"""The kind `dns` against a real unbound."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from pingmon.model.probe_result import Outcome
from pingmon.probes.dns.probe import DnsProbe
from pingmon.probes.paced.answer import Answer
from tests.support.nginx import free_port
from tests.support.unbound import Unbound, need_unbound

LARGE = [f'large.example. 60 IN TXT "{number:03} {"x" * 90}"' for number in range(20)]
RECORDS = [
    "www.example. 60 IN A 192.0.2.1",
    "www.example. 60 IN A 192.0.2.2",
    "www.example. 60 IN AAAA 2001:db8::1",
    "alias.example. 60 IN CNAME www.example.",
    "example. 60 IN MX 10 Mail.example.",
    "example. 60 IN NS ns1.example.",
    "example. 60 IN SOA ns1.example. root.example. 7 3600 600 86400 60",
    'example. 60 IN TXT "v=spf1 -all"',
    "_sip._tcp.example. 60 IN SRV 1 2 5060 sip.example.",
    'example. 60 IN CAA 0 issue "ca.example"',
    "1.2.0.192.in-addr.arpa. 60 IN PTR www.example.",
    *LARGE,
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unbound]:
    need_unbound()
    zones = ["example.", "2.0.192.in-addr.arpa."]
    found = Unbound(tmp_path_factory.mktemp("unbound"), free_port(), zones, RECORDS)
    yield found
    found.stop()


def ask(server: Unbound, query: str, address: str = "127.0.0.1", **options: Any) -> Answer:
    timeout = options.pop("timeout", 5.0)
    probe = DnsProbe(address, {"query": query, "port": server.port, **options})
    return asyncio.run(probe.run(timeout))


@pytest.mark.parametrize("over", ["udp", "tcp"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_name_that_is_there_is_a_reply(server: Unbound, over: str, address: str) -> None:
    answer = ask(server, "www.example", address, dns_over=over, expect=("192.0.2.2", "192.0.2.1"))
    assert (answer.outcome, answer.detail) == (Outcome.REPLY, "")
    assert answer.rtt and 0 < answer.rtt < 5


@pytest.mark.parametrize(
    ("query", "record", "value"),
    [
        ("WWW.Example.", "AAAA", "2001:0DB8::1"),
        ("alias.example", "CNAME", "WWW.example"),
        ("example", "MX", "10 mail.example"),
        ("example", "NS", "ns1.example."),
        ("example", "TXT", "v=spf1 -all"),
        ("example", "SOA", "ns1.example root.example 7 3600 600 86400 60"),
        ("_sip._tcp.example", "SRV", "1 2 5060 sip.example"),
        ("example", "CAA", '0 issue "ca.example"'),
        ("192.0.2.1", "PTR", "www.example"),
        ("1.2.0.192.in-addr.arpa", "PTR", "www.example"),
        ("large.example", "TXT", "019 " + "x" * 90),
    ],
)
def test_each_type_of_record(server: Unbound, query: str, record: str, value: str) -> None:
    answer = ask(server, query, record=record, expect=(value,))
    assert (answer.outcome, answer.detail) == (Outcome.REPLY, "")


@pytest.mark.parametrize(
    ("query", "options", "detail"),
    [
        ("gone.example", {}, "there is no such name (NXDOMAIN)"),
        ("example", {}, "the answer holds no A record"),
        ("alias.example", {"record": "MX"}, "the answer holds no MX record"),
        (
            "www.example",
            {"expect": ("192.0.2.9",)},
            "the answer is 192.0.2.1, 192.0.2.2, without 192.0.2.9",
        ),
    ],
)
def test_what_is_not_as_expected_is_an_error_in_words(
    server: Unbound, query: str, options: dict[str, Any], detail: str
) -> None:
    answer = ask(server, query, **options)
    assert (answer.outcome, answer.detail, answer.rtt) == (Outcome.ERROR, detail, None)
