"""Certificates for loopback servers, made by the `openssl` command line."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Authority:
    """Somebody who signs; `ca_file` is what a client has to trust."""

    folder: Path

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    def server(self, name: str, *, days: int = 2) -> ssl.SSLContext:
        """A server context for one host name; with `days=-1` the certificate has expired."""
        stem = self.folder / f"{name}{days}"
        request, extensions = stem.with_suffix(".csr"), stem.with_suffix(".ext")
        key, certificate = stem.with_suffix(".key"), stem.with_suffix(".pem")
        extensions.write_text(f"subjectAltName=DNS:{name}", "ascii")
        _openssl("req", *_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        signing = ("-CA", self.folder / "ca.pem", "-CAkey", self.folder / "ca.key")
        _openssl(
            *("x509", "-req", "-in", request, *signing, "-CAcreateserial"),
            *("-days", str(days), "-extfile", extensions, "-out", certificate),
        )
        return _context(certificate, key)


def authority(folder: Path) -> Authority:
    """A new authority with its files in the folder."""
    _self_signed(folder / "ca.pem", folder / "ca.key", "Test Authority")
    return Authority(folder)


def self_signed(folder: Path, name: str) -> ssl.SSLContext:
    """A server context for a certificate that nobody else has signed."""
    certificate, key = folder / f"{name}.self.pem", folder / f"{name}.self.key"
    _self_signed(certificate, key, name)
    return _context(certificate, key)


def _self_signed(certificate: Path, key: Path, name: str) -> None:
    subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name.replace(' ', '-')}")
    _openssl("req", "-x509", *_KEY, "-keyout", key, "-out", certificate, "-days", "2", *subject)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
