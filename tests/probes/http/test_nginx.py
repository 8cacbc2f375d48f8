"""The kind `http` against a real nginx."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from pingmon.model.errors import InvalidValue
from pingmon.model.probe_result import Outcome
from pingmon.probes.http.probe import HttpProbe
from pingmon.probes.paced.answer import Answer
from tests.probes.http.conftest import Site

DAY = 86400.0


def ask(url: str, address: str = "127.0.0.1", timeout: float = 5.0, **options: Any) -> Answer:
    return asyncio.run(HttpProbe(address, {"url": url, **options}).run(timeout))


def test_page_that_is_there_is_a_reply(site: Site) -> None:
    answer = ask(f"http://127.0.0.1:{site.plain}/")
    assert answer.outcome is Outcome.REPLY
    assert answer.rtt is not None and 0 < answer.rtt < 5
    assert answer.detail == "" and answer.certificate_ends is None


def test_ipv6(site: Site) -> None:
    assert ask(f"http://[::1]:{site.plain}/", "::1").outcome is Outcome.REPLY


@pytest.mark.parametrize(
    ("path", "options", "detail"),
    [
        ("/busy", {}, "answered 503 Service Unavailable"),
        ("/", {"expect_status": "204"}, "answered 200 OK"),
        ("/", {"expect_text": "all is lost"}, "the text was not found in 19 bytes"),
        ("/", {"expect_text": "all is", "max_body": 4}, "the text was not found in the first 4 bytes"),
        ("/", {"expect_regex": "all is w[^e]"}, "the regular expression was not found in 19 bytes"),
        ("/", {"expect_json": ("a=1",)}, "the answer is no JSON: Expecting value at column 1"),
        ("/json", {"expect_json": ("status=bad",)}, "status in the JSON is 'ok', not bad"),
        ("/json", {"expect_json": ("status=ok", "n=4")}, "n in the JSON is 3, not 4"),
        ("/json", {"expect_json": ("items[1].ready=true",)}, "the JSON has no items[1]"),
        ("/json", {"expect_json": ("items.ready=true",)}, "the JSON has no items.ready"),
        (
            "/json",
            {"expect_json": ("n=3",), "max_body": 10},
            "the answer is longer than 10 bytes (max_body), so it is no whole JSON",
        ),
    ],
)
def test_wrong_answer_is_an_error_in_words(
    site: Site, path: str, options: dict[str, Any], detail: str
) -> None:
    answer = ask(f"http://127.0.0.1:{site.plain}{path}", **options)
    assert (answer.outcome, answer.detail, answer.rtt) == (Outcome.ERROR, detail, None)


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/busy", {"expect_status": "200,500-599"}),
        ("/", {"expect_text": "all is well"}),
        ("/", {"expect_regex": r"(?i)ALL\s+is (bad|well)"}),
        ("/json", {"expect_json": ("status=ok", "n=3", "items[0].ready=true", "none=null")}),
        ("/to_json", {"expect_json": ("status=ok",)}),
        ("/to_json", {"follow_redirects": False, "expect_status": "302"}),
        ("/", {"method": "HEAD"}),
        ("/", {"max_body": 0}),
    ],
)
def test_right_answer(site: Site, path: str, options: dict[str, Any]) -> None:
    answer = ask(f"http://127.0.0.1:{site.plain}{path}", **options)
    assert (answer.outcome, answer.detail) == (Outcome.REPLY, "")


def test_redirects_without_end(site: Site) -> None:
    answer = ask(f"http://127.0.0.1:{site.plain}/loop")
    where = f"redirected to 127.0.0.1:{site.plain}"
    assert (answer.outcome, answer.detail) == (Outcome.ERROR, f"{where}: redirects more than 10 times")


def test_headers_and_basic_authentication(site: Site) -> None:
    text = f"key=123 auth=Basic bWU6c8OkY3JldA== host=127.0.0.1:{site.plain}"
    answer = ask(
        f"http://127.0.0.1:{site.plain}/headers",
        header=("X-Key:  123 ",),
        auth="me:säcret",
        expect_text=text,
    )
    assert (answer.outcome, answer.detail) == (Outcome.REPLY, "")


def test_request_says_who_asks_and_that_nothing_is_compressed(site: Site) -> None:
    for method in ("GET", "POST"):
        url = f"http://127.0.0.1:{site.plain}/agent"
        answer = ask(url, method=method, expect_text=f"{method} pingmon identity")
        assert (answer.outcome, answer.detail) == (Outcome.REPLY, "")


def test_address_apart_from_the_url(site: Site) -> None:
    """Host and the server's name of TLS are those of the URL."""
    url = f"http://virtual.example:{site.plain}/"
    assert ask(url, expect_text="the virtual host").outcome is Outcome.REPLY
    url = f"https://good.example:{site.good}/"
    text = f"by TLS to good.example as good.example:{site.good}"
    answer = ask(url, "::1", ca_file=site.ca_file, expect_text=text)
    assert (answer.outcome, answer.detail) == (Outcome.REPLY, "")


def test_end_of_a_good_certificate_is_known(site: Site) -> None:
    for port, days in ((site.good, 90), (site.soon, 10)):
        answer = ask(f"https://127.0.0.1:{port}/", ca_file=site.ca_file)
        assert (answer.outcome, answer.detail) == (Outcome.REPLY, "")
        assert answer.certificate_ends
        assert abs(answer.certificate_ends - time.time() - days * DAY) < 600


def test_certificate_that_ended(site: Site) -> None:
    answer = ask(f"https://127.0.0.1:{site.ended}/", ca_file=site.ca_file)
    assert answer.certificate_ends and abs(answer.certificate_ends - time.time() + 370 * DAY) < 600
    day = time.strftime("%Y-%m-%d", time.gmtime(answer.certificate_ends))
    assert (answer.outcome, answer.detail) == (Outcome.ERROR, f"the certificate ended on {day}")


@pytest.mark.parametrize(
    ("port", "detail"),
    [
        ("other_name", "the certificate is not for 127.0.0.1"),
        (
            "unknown",
            "the certificate is of an authority that is not known here, or its chain is incomplete",
        ),
        ("self_signed", "the certificate is self-signed"),
        ("plain", "it does not speak TLS on this port"),
    ],
)
def test_bad_certificate_is_an_error_in_words(site: Site, port: str, detail: str) -> None:
    answer = ask(f"https://127.0.0.1:{getattr(site, port)}/", ca_file=site.ca_file)
    assert (answer.outcome, answer.detail) == (Outcome.ERROR, detail)


@pytest.mark.parametrize("port", ["ended", "other_name", "unknown", "self_signed"])
def test_insecure_takes_any_certificate_and_knows_its_end(site: Site, port: str) -> None:
    answer = ask(f"https://127.0.0.1:{getattr(site, port)}/", insecure=True)
    assert (answer.outcome, answer.detail) == (Outcome.REPLY, "")
    assert answer.certificate_ends


def test_authority_that_the_system_does_not_know(site: Site) -> None:
    assert ask(f"https://127.0.0.1:{site.good}/").outcome is Outcome.ERROR


def test_ca_file_that_is_none_is_refused(site: Site, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no certificate")
    for path, words in ((text, "no certificates in PEM form"), (tmp_path / "gone", "No such file")):
        with pytest.raises(InvalidValue, match=words):
            HttpProbe("127.0.0.1", {"url": "https://a.example/", "ca_file": str(path)})


def test_plain_request_to_a_port_of_tls(site: Site) -> None:
    answer = ask(f"http://127.0.0.1:{site.good}/")
    assert (answer.outcome, answer.detail) == (Outcome.ERROR, "answered 400 Bad Request")
