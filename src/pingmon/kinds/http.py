"""Requests over HTTP/1.1 (RFC 9110, RFC 9112), with TLS or without. How they are made: probes/http/."""

from pingmon.kinds.declaration import TEXT, ProbeKind, Setting, ca_file, cert_days, flag, source, text

HTTP = ProbeKind(
    "http",
    "a web server or service, asked by HTTP or HTTPS: status, content, certificate",
    (
        Setting(
            "url",
            text("what is asked for, http://… or https://…, and shown; --ip_address may say where it is"),
            "URL",
        ),
        Setting(
            "method",
            {
                "enum": ["GET", "HEAD", "POST", "PUT", "OPTIONS", "PATCH", "DELETE"],
                "default": "GET",
                "description": "of the request, which has no content",
            },
        ),
        Setting(
            "expect_status",
            text("status codes that are right, as 200-299,401", default="200-399"),
            "CODES",
        ),
        Setting("expect_text", text("must be in the answer, in the same case", default=""), "TEXT"),
        Setting(
            "expect_regex",
            text(
                "must be found in the answer: a regular expression of Python's, 0.2 s of work at most",
                default="",
            ),
            "REGEX",
        ),
        Setting(
            "expect_json",
            {
                "type": "array",
                "items": TEXT,
                "default": [],
                "description": "what the answer, JSON, must have: as status=ok or items[0].ready=true; "
                "several: all of them",
            },
            "PATH=VALUE",
        ),
        Setting(
            "header",
            {
                "type": "array",
                "items": TEXT,
                "default": [],
                "description": "of the request, as 'X-Key: 123', several; values are secrets, and sent "
                "to no other host",
            },
            "'NAME: VALUE'",
            is_secret=True,
        ),
        Setting(
            "auth",
            text("USER:PASSWORD for basic authentication (RFC 7617)", default=""),
            "USER:PASSWORD",
            is_secret=True,
        ),
        Setting("follow_redirects", flag("ten at most, within the timeout", default=True)),
        ca_file(),
        Setting("insecure", flag("any certificate is good, and any version of TLS", default=False)),
        Setting(
            "max_body",
            {
                "type": "integer",
                "minimum": 0,
                "maximum": 4 << 20,
                "default": 1 << 20,
                "description": "bytes of an answer that are read and looked at, at most 4194304; the "
                "rest is left unread and is no error",
            },
            "N",
        ),
        cert_days(),
        source(),
    ),
    required=("url",),
    target="url",
    defaults={"interval": 60, "timeout": 10},
    label="{url}",
)
