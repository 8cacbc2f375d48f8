"""Certificates that a test makes: an authority, and what it signed for a time and some names."""

import subprocess
from pathlib import Path

EXTENSIONS = "subjectAltName={names}\nbasicConstraints=CA:FALSE\n"


class Authority:
    """Its own certificate is `ca_file`; others are signed by it, each in a file with its key."""

    def __init__(self, directory: Path, name: str = "authority") -> None:
        self.directory = directory
        self.ca_file, self._key = directory / f"{name}.pem", directory / f"{name}.key"
        _openssl(
            *("req", "-x509", *_new_key(self._key), "-out", self.ca_file, "-subj", f"/CN={name}"),
            *("-days", "3650", "-addext", "keyUsage=critical,digitalSignature,keyCertSign,cRLSign"),
        )

    def sign(self, name: str, names: str, days: int = 90, made: str = "") -> tuple[Path, Path]:
        """Certificate and key. names: as "DNS:a.example,IP:127.0.0.1". made: as "400 days ago"."""
        certificate, key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        request, extensions = self.directory / f"{name}.csr", self.directory / f"{name}.ext"
        _openssl("req", *_new_key(key), "-out", request, "-subj", f"/CN={name}")
        extensions.write_text(EXTENSIONS.format(names=names))
        _openssl(
            *(
                "x509",
                "-req",
                "-in",
                request,
                "-CA",
                self.ca_file,
                "-CAkey",
                self._key,
                "-out",
                certificate,
            ),
            *("-CAcreateserial", "-days", str(days), "-extfile", extensions),
            made=made,
        )
        return certificate, key


def _new_key(file: Path) -> tuple[object, ...]:
    return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file)


def _openssl(*arguments: object, made: str = "") -> None:
    command = [*(["faketime", made] if made else []), "openssl", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)
