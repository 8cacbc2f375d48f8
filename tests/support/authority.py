"""A certificate authority of a test's own (openssl)."""

from pathlib import Path

from tests.support.lab import run


class Authority:
    """file: its certificate (PEM), to be trusted."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._number = directory, 0
        self.file, self._key = directory / "ca.pem", directory / "ca.key"
        self._run("req", "-x509", *self._new(self._key), "-subj", "/CN=test", "-out", str(self.file))

    def issue(self, names: tuple[str, ...], days: int = 1) -> tuple[Path, Path]:
        """Certificate and key (PEM) of a server with these names. days: of validity; -1: it is over."""
        self._number += 1
        base = self._directory / f"server{self._number}"
        certificate, key, request = (base.with_suffix(one) for one in (".pem", ".key", ".csr"))
        alternative = ",".join(f"DNS:{one}" for one in names)
        self._run("req", *self._new(key), "-subj", f"/CN={names[0]}", "-out", str(request))
        extensions = base.with_suffix(".ext")
        extensions.write_text(f"subjectAltName={alternative}\n")
        issued = ("-CA", str(self.file), "-CAkey", str(self._key), "-CAcreateserial")
        files = ("-in", str(request), "-out", str(certificate), "-extfile", str(extensions))
        self._run("x509", "-req", *issued, *files, "-days", str(days))
        return certificate, key

    @staticmethod
    def _new(key: Path) -> tuple[str, ...]:
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key))

    @staticmethod
    def _run(*arguments: str) -> None:
        run("openssl", *arguments)
