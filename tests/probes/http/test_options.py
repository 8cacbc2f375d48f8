"""Settings of the kind `http`, and the requests that they make. Pure."""

from typing import Any

import pytest

from pingmon.kinds.http import HTTP
from pingmon.model.errors import InvalidValue
from pingmon.probes.http.options import parse_options
from pingmon.probes.http.url import parse_url, redirected

DEFAULTS = {one.name: one.schema["default"] for one in HTTP.settings if "default" in one.schema}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("http://a.example", ("http", "a.example", 80, "/", "a.example")),
        ("HTTPS://A.Example./x?y=1#z", ("https", "a.example", 443, "/x?y=1", "a.example")),
        ("http://10.0.0.2:8080/a b", ("http", "10.0.0.2", 8080, "/a%20b", "10.0.0.2:8080")),
        ("http://[2001:DB8::1]/", ("http", "2001:db8::1", 80, "/", "[2001:db8::1]")),
        (
            "https://bücher.example/ä?q=%C3%A4",
            ("https", "xn--bcher-kva.example", 443, "/%C3%A4?q=%C3%A4", ""),
        ),
        ("http://my_printer/", ("http", "my_printer", 80, "/", "my_printer")),
        ("https://a.example:443", ("https", "a.example", 443, "/", "a.example")),
    ],
)
def test_url(text: str, parts: tuple[str, str, int, str, str]) -> None:
    url = parse_url(text)
    assert tuple(url) == parts[:4]
    assert url.authority == (parts[4] or url.host)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://me:s3cret@a.example/", "--auth_file"),
        ("http://me@a.example/", "--auth_file"),
        ("ftp://a.example/", "must begin with http"),
        ("a.example", "must begin with http"),
        ("http:///x", "has no host"),
        ("http://a.example:0/", "port 0"),
        ("http://a.example:99999/", "ort"),
        ("http://[::1/", "url"),
        ("http://a b/", "no host's name"),
        ("http://a..b/", "no host's name"),
        ("http://a.example/\r\nX: y", "control character"),
        ("http://a.example/" + "x" * 3000, "longer than 2048"),
    ],
)
def test_url_that_is_refused(text: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words) as caught:
        parse_url(text)
    assert caught.value.field == "url"
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "https://a.example/b"),
        ("b?c", "https://a.example/x/b?c"),
        ("//b.example/c", "https://b.example/c"),
        ("http://b.example", "http://b.example/"),
    ],
)
def test_where_a_redirect_points(location: str, url: str) -> None:
    assert str(redirected(parse_url("https://a.example/x/y"), location)) == url


@pytest.mark.parametrize(
    ("first", "then", "may"),
    [
        ("http://a.example/", "http://a.example/x", True),
        ("http://a.example/", "https://a.example/", True),
        ("https://a.example/", "http://a.example/", False),
        ("http://a.example:8080/", "https://a.example/", False),
        ("https://a.example/", "https://a.example:8443/", False),
        ("https://a.example/", "https://www.a.example/", False),
    ],
)
def test_who_may_know_secrets(first: str, then: str, may: bool) -> None:
    options = parse_options({"url": first, "header": ("X-Key: k",), "auth": "a:b"})
    names = {name for name, _ in options.headers(parse_url(then))}
    assert ({"X-Key", "Authorization"} <= names) is may


def test_own_headers_take_the_place_of_ordinary_ones() -> None:
    options = parse_options(
        {"url": "http://a.example", "header": ("USER-AGENT: me", "Accept: text/html")}
    )
    found = [(name.lower(), value) for name, value in options.headers(options.url)]
    assert [one for one in found if one[0] in ("user-agent", "accept")] == [
        ("user-agent", "me"),
        ("accept", "text/html"),
    ]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"header": ("no colon s3cret",)}, "must be NAME: VALUE"),
        ({"header": ("X Y: s3cret",)}, "must be NAME: VALUE"),
        ({"header": ("X: s3cret\r\nY: 1",)}, "the value of 'X' has a character"),
        ({"header": ("Host: s3cret",)}, "--ip_address says where"),
        ({"header": ("Content-Length: 1",)}, "can't be given"),
        ({"auth": "s3cret"}, "USER:PASSWORD"),
        ({"auth": "me:s3cret\nx"}, "one line"),
        ({"auth": "me:s3cret", "header": ("authorization: x",)}, "already"),
        ({"expect_status": "ok"}, "neither a code nor a range"),
        ({"expect_status": "300-200"}, "neither a code nor a range"),
        ({"expect_status": "99"}, "neither a code nor a range"),
        ({"expect_regex": "("}, "expect_regex"),
        ({"expect_json": ("status",)}, "must be PATH=VALUE"),
        ({"expect_json": ("a..b=1",)}, "must be PATH=VALUE"),
        ({"expect_json": ("=1",)}, "must be PATH=VALUE"),
        ({"method": "HEAD", "expect_text": "x"}, "HEAD has no content"),
    ],
)
def test_settings_that_are_refused(settings: dict[str, Any], words: str) -> None:
    """No error repeats a secret."""
    with pytest.raises(InvalidValue, match=words) as caught:
        parse_options({"url": "http://a.example/"} | settings)
    assert caught.value.field in settings
    assert "s3cret" not in str(caught.value)


def test_url_is_needed() -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_options({})
    assert caught.value.field == "url"


def test_what_is_not_given_is_as_declared() -> None:
    """Probes are made of what was given; the declaration says what holds otherwise."""
    given = {"url": "http://a.example/"}
    assert parse_options(given) == parse_options(DEFAULTS | given)
