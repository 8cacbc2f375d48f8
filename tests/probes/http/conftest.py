"""A real nginx, once for all tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.nginx import Nginx, free_port, need_nginx


class Site:
    """Ports of a real nginx: plain HTTP by IPv4 and IPv6, and HTTPS with several certificates."""

    def __init__(self, directory: Path) -> None:
        authority, self._stranger = Authority(directory), Authority(directory, "stranger")
        self.ca_file = str(authority.ca_file)
        self.plain = free_port()
        names = "DNS:good.example,DNS:localhost,IP:127.0.0.1,IP:::1"
        self.good = self._https(authority.sign("good", names))
        self.soon = self._https(authority.sign("soon", names, days=10))
        self.ended = self._https(authority.sign("ended", names, days=30, made="400 days ago"))
        self.other_name = self._https(authority.sign("other", "DNS:other.example"))
        self.unknown = self._https(self._stranger.sign("unknown", names))
        self.self_signed = self._https((self._stranger.ca_file, directory / "stranger.key"))

    servers = ""

    def _https(self, files: tuple[Path, Path]) -> int:
        certificate, key = files
        port = free_port()
        listen = f"listen 127.0.0.1:{port} ssl; listen [::1]:{port} ssl;"
        self.servers += f"""
        server {{ {listen} server_name _;
            ssl_certificate {certificate}; ssl_certificate_key {key};
            location / {{ return 200 "by TLS to $ssl_server_name as $http_host\\n"; }} }}"""
        return port

    def config(self) -> str:
        listen = f"listen 127.0.0.1:{self.plain}; listen [::1]:{self.plain};"
        return f"""
        server {{ {listen} server_name _;
            location / {{ return 200 "hello, all is well\\n"; }}
            location /busy {{ return 503; }}
            location /json {{ default_type application/json;
                return 200 '{{"status": "ok", "n": 3, "items": [{{"ready": true}}], "none": null}}'; }}
            location /to_json {{ return 302 /json; }}
            location /loop {{ return 301 /loop; }}
            location /headers {{ return 200 "key=$http_x_key auth=$http_authorization host=$http_host"; }}
            location /agent {{ return 200 "$request_method $http_user_agent $http_accept_encoding"; }}
        }}
        server {{ {listen} server_name virtual.example;
            location / {{ return 200 "the virtual host\\n"; }} }}
        {self.servers}"""


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    need_nginx()
    directory = tmp_path_factory.mktemp("nginx")
    found = Site(directory)
    nginx = Nginx(directory, found.config(), found.plain)
    yield found
    nginx.stop()
