"""What probes other than pings say of a device, by its form: how it is translated. Pure."""

from pingmon.notify.marking import _

# A form with `rest` holds another reason.
FORMS = (
    (
        r"(?P<rest>.+) of a compressed answer, which was not asked for",
        _("{rest}; the answer is compressed, which was not asked for"),
    ),
    (r"connection refused", _("connection refused")),
    (r"the connection was reset", _("the connection was reset")),
    (r"no connection within (?P<time>\S+) s", _("no connection within {time} s")),
    (r"no TLS handshake within (?P<time>\S+) s", _("no TLS handshake within {time} s")),
    (r"no answer", _("no answer")),
    (r"no answer within (?P<time>\S+) s", _("no answer within {time} s")),
    (r"no address of its host within (?P<time>\S+) s", _("no address of its host within {time} s")),
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
    (
        r"the regular expression takes longer than (?P<time>\S+) s on (?:the first )?(?P<size>\S+) bytes",
        _("the regular expression takes longer than {time} s on {size} bytes"),
    ),
    (
        r"the regular expression takes too much memory on (?:the first )?(?P<size>\S+) bytes",
        _("the regular expression takes too much memory on {size} bytes"),
    ),
    (
        r"the answer is longer than (?P<size>\S+) bytes \(max_body\), so it is no whole JSON",
        _("the answer is longer than {size} bytes (max_body), so it is no whole JSON"),
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
    (
        r"redirects to what can't be followed: (?P<why>.+)",
        _("redirects to what can't be followed: {why}"),
    ),
    (r"answers without end that it goes on", _("answers without end that it goes on")),
    (r"its headers are longer than (?P<size>\S+) bytes", _("its headers are longer than {size} bytes")),
    (r"its name does not resolve", _("its name does not resolve")),
    (
        r"this machine took too long to look at the answer",
        _("this machine took too long to look at the answer"),
    ),
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
    (r"the certificate is refused: (?P<why>.+)", _("the certificate is refused: {why}")),
    (r"it does not speak TLS on this port", _("it does not speak TLS on this port")),
    (
        r"it closed the connection during the TLS handshake",
        _("it closed the connection during the TLS handshake"),
    ),
    (r"it speaks an old version of TLS only", _("it speaks an old version of TLS only")),
    (
        r"it speaks no version of TLS that is taken here",
        _("it speaks no version of TLS that is taken here"),
    ),
    (r"it broke the TLS handshake off", _("it broke the TLS handshake off")),
    (r"it knows no such name \(TLS\)", _("it knows no such name (TLS)")),
    (r"its TLS keys are too short", _("its TLS keys are too short")),
    (r"its certificate's key is too short", _("its certificate's key is too short")),
    (
        r"its certificate is signed with a hash that is too weak",
        _("its certificate is signed with a hash that is too weak"),
    ),
    (r"TLS failed: (?P<why>.+)", _("TLS failed: {why}")),
    (r"it wants a certificate of the client", _("it wants a certificate of the client")),
    (r"there is no such name \(NXDOMAIN\)", _("there is no such name (NXDOMAIN)")),
    (r"the server failed \(SERVFAIL\)", _("the server failed (SERVFAIL)")),
    (r"the server refuses to answer \(REFUSED\)", _("the server refuses to answer (REFUSED)")),
    (
        r"the server does not understand the question \(FORMERR\)",
        _("the server does not understand the question (FORMERR)"),
    ),
    (
        r"the server does not answer such questions \(NOTIMP\)",
        _("the server does not answer such questions (NOTIMP)"),
    ),
    (r"the server answers (?P<code>[A-Z0-9]+)", _("the server answers {code}")),
    (r"the answer is not one to the question", _("the answer is not one to the question")),
    (
        r"its answer has (?P<count>\S+) records, which are too many to look at",
        _("its answer has {count} records, which are too many to look at"),
    ),
    (
        r"the resolver has no answer yet for (?P<name>\S+)",
        _("the resolver has no answer yet for {name}"),
    ),
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
