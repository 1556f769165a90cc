"""Certificates of an authority, in files of a folder."""

from __future__ import annotations

from pathlib import Path

from lictor_actors.bus.tls import TlsFiles
from lictor_deploy.certificates.authority import Authority, certificate_pem
from lictor_deploy.certificates.leaf import Kind, Leaf


class Signer:
    """An authority that writes what it signs."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self.folder = folder
        self.file = folder / f"{name}.pem"
        self._authority = Authority.made(name, 2, ())
        self.file.write_bytes(certificate_pem(self._authority.certificate))

    def files(self, name: str, kind: Kind = "server") -> TlsFiles:
        """A new certificate and its key, in files of this name, and the authority."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}-key.pem"
        for path, data in zip((certificate, key), Leaf(kind, "dc1", "consul", 2).signed(self._authority), strict=True):
            path.write_bytes(data)
        return TlsFiles(str(self.file), cert_file=str(certificate), key_file=str(key))
