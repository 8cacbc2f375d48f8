"""What probes other than pings say of a device, by its form: how it is translated. Pure."""

from pingmon.notify.marking import _

# A form with `rest` holds another reason.
FORMS = (
    (r"connection refused", _("connection refused")),
    (r"the connection was reset", _("the connection was reset")),
    (r"no connection within (?P<time>\S+) s", _("no connection within {time} s")),
    (r"no TLS handshake within (?P<time>\S+) s", _("no TLS handshake within {time} s")),
    (r"no answer within (?P<time>\S+) s", _("no answer within {time} s")),
    (
        r"no (?:whole )?answer within (?P<time>\S+) s, but (?P<size>\S+) bytes",
        _("no whole answer within {time} s, but {size} bytes"),
    ),
    (r"answered (?P<status>[1-9]\d\d.*)", _("answered {status}")),
    (
        r"the text was not found in (?:the first )?(?P<size>\S+) bytes",
        _("the text was not found in {size} bytes"),
    ),
    (
        r"the regular expression was not found in (?:the first )?(?P<size>\S+) bytes",
        _("the regular expression was not found in {size} bytes"),
    ),
    (r"the answer is no JSON: (?P<why>.+)", _("the answer is no JSON: {why}")),
    (r"the JSON has no (?P<path>.+)", _("the JSON has no {path}")),
    (
        r"(?P<path>\S+) in the JSON is (?P<found>.+), not (?P<wanted>.+)",
        _("{path} in the JSON is {found}, not {wanted}"),
    ),
    (r"closed the connection without an answer", _("closed the connection without an answer")),
    (
        r"closed the connection before the end of its answer, after (?P<size>\S+) bytes",
        _("closed the connection before the end of its answer, after {size} bytes"),
    ),
    (
        r"closed the connection in the middle of its answer",
        _("closed the connection in the middle of its answer"),
    ),
    (r"does not speak HTTP(?: as it should)?", _("does not speak HTTP")),
    (r"redirects more than (?P<times>\d+) times", _("redirects more than {times} times")),
    (r"redirected to (?P<where>\S+): (?P<rest>.+)", _("redirected to {where}: {rest}")),
    (r"the certificate ended on (?P<day>\S+)", _("the certificate ended on {day}")),
    (r"the certificate ended", _("the certificate ended")),
    (r"a certificate of its chain ended", _("a certificate of its chain ended")),
    (r"the certificate is not valid yet", _("the certificate is not valid yet")),
    (r"the certificate is not for (?P<name>\S+)", _("the certificate is not for {name}")),
    (r"the certificate is self-signed", _("the certificate is self-signed")),
    (
        r"the certificate is of an authority that is not trusted",
        _("the certificate is of an authority that is not trusted"),
    ),
    (
        r"the certificate is of an authority that is not known here, or its chain is incomplete",
        _("the certificate is of an authority that is not known here, or its chain is incomplete"),
    ),
    (r"the certificate was revoked", _("the certificate was revoked")),
    (r"it does not speak TLS on this port", _("it does not speak TLS on this port")),
    (
        r"it closed the connection during the TLS handshake",
        _("it closed the connection during the TLS handshake"),
    ),
    (r"there is no such name \(NXDOMAIN\)", _("there is no such name (NXDOMAIN)")),
    (r"the server failed \(SERVFAIL\)", _("the server failed (SERVFAIL)")),
    (r"the server refuses to answer \(REFUSED\)", _("the server refuses to answer (REFUSED)")),
    (r"the answer holds no (?P<record>\S+) record", _("the answer holds no {record} record")),
    (
        r"the answer is (?P<found>.+), without (?P<missing>.+)",
        _("the answer is {found}, without {missing}"),
    ),
    (r"nothing listens on UDP port (?P<port>\d+)", _("nothing listens on UDP port {port}")),
    (
        r"by TCP, as its answer was too long for UDP: (?P<rest>.+)",
        _("by TCP, as its answer was too long for UDP: {rest}"),
    ),
)
