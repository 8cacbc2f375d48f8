"""The settings of the kind `http`, as kinds/http.py declares them. Pure: values in, values out."""

import base64
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pingmon.model.errors import InvalidValue
from pingmon.probes.http.expectations import Expectations, parse_json_path, parse_status
from pingmon.probes.http.regex_search import check_pattern
from pingmon.probes.http.url import Url, parse_url
from pingmon.text.printable import shown

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # token of RFC 9110, section 5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_OURS = {
    "host": "it is that of the URL; --ip_address says where to connect",
    "content-length": "requests have no content",
    "transfer-encoding": "requests have no content",
    "connection": "each request has a connection of its own",
    "upgrade": "each request has a connection of its own",
}
_ORDINARY = {"user-agent": "pingmon", "accept": "*/*", "accept-encoding": "identity"}

Headers = tuple[tuple[str, str], ...]


class HttpOptions(NamedTuple):
    """secrets: headers that only the server of `url` may see, as the person gave them. spoken: what of
    them it may repeat, and nobody else may see.
    """

    url: Url
    expected: Expectations
    method: str = "GET"
    secrets: Headers = ()
    follow_redirects: bool = True
    ca_file: str = ""
    insecure: bool = False
    max_body: int = 1 << 20
    source: str = ""
    spoken: tuple[str, ...] = ()

    def headers(self, url: Url) -> Headers:
        """Of a request to `url`, which is that of the target or one to which it redirected."""
        own = self.secrets if url.may_know_secrets_of(self.url) else ()
        given = {name.lower() for name, _ in own}
        ordinary = tuple(pair for pair in _ORDINARY.items() if pair[0] not in given)
        return (("Host", url.authority), *ordinary, ("Connection", "close"), *own)


def parse_options(options: Mapping[str, Any]) -> HttpOptions:
    """Raises InvalidValue with the setting's name; no error repeats a secret."""
    url = str(options.get("url") or "")
    if not url:
        raise InvalidValue("url: say what is asked for, as https://www.example.org/", "url")
    expected = Expectations(
        status=parse_status(str(options.get("expect_status") or "200-399")),
        text=str(options.get("expect_text") or ""),
        regex=check_pattern(str(options.get("expect_regex") or "")),
        json=tuple(parse_json_path(one) for one in options.get("expect_json") or ()),
    )
    method = str(options.get("method") or "GET")
    if expected.wants_content and method == "HEAD":
        raise InvalidValue("method: the answer to HEAD has no content that could be looked at", "method")
    return HttpOptions(
        url=parse_url(url),
        expected=expected,
        method=method,
        secrets=(secrets := _secrets(options)),
        follow_redirects=bool(options.get("follow_redirects", True)),
        ca_file=str(options.get("ca_file") or ""),
        insecure=bool(options.get("insecure", False)),
        max_body=int(options.get("max_body", 1 << 20)),
        source=str(options.get("source") or ""),
        spoken=_spoken(secrets, str(options.get("auth") or "")),
    )


def _spoken(secrets: Headers, auth: str) -> tuple[str, ...]:
    """Values, and their parts: as of "Bearer TOKEN" the token."""
    values = [value for _, value in secrets]
    parts = [part for value in values for part in value.split()]
    return tuple(dict.fromkeys((*values, *parts, auth.partition(":")[2]))) if values else ()


def _secrets(options: Mapping[str, Any]) -> Headers:
    found = tuple(_header(one) for one in options.get("header") or ())
    auth = str(options.get("auth") or "")
    if not auth:
        return found
    if any(name.lower() == "authorization" for name, _ in found):
        raise InvalidValue("auth: there is a header Authorization already", "auth")
    user, colon, _ = auth.partition(":")
    if not colon or not user or "\n" in auth or "\r" in auth:
        raise InvalidValue("auth: must be one line, USER:PASSWORD", "auth")
    encoded = base64.b64encode(auth.encode()).decode("ascii")
    return (("Authorization", f"Basic {encoded}"), *found)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not _NAME.fullmatch(name):
        raise InvalidValue("header: must be NAME: VALUE, as 'X-Key: 123'", "header")
    if why := _OURS.get(name.lower()):
        raise InvalidValue(f"header: {name} can't be given: {why}", "header")
    if not _VALUE.fullmatch(value):
        raise InvalidValue(
            f"header: the value of {shown(name)} has a character that none may have", "header"
        )
    return name, value
