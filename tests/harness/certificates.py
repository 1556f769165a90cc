"""Certificates of an authority, in files of a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lictor_actors.bus.lane_tls import LaneTerms, LaneTls
from lictor_actors.bus.tls import TlsFiles, client_context, server_context
from lictor_deploy.certificates.authority import Authority, certificate_pem
from lictor_deploy.certificates.leaf import Kind, Leaf

SERVERS_ONLY = frozenset({"server", "router", "prober-wan"})


class Signer:
    """An authority that writes what it signs."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self.folder = folder
        self.file = folder / f"{name}.pem"
        self._authority = Authority.made(name, 2, ())
        self.file.write_bytes(certificate_pem(self._authority.certificate))

    def files(self, name: str, kind: Kind = "server", node: str = "", dc: str = "dc1", days: int = 2) -> TlsFiles:
        """A new certificate and its key, in files of this name, and the authority. It has expired if ``days`` is 0."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}-key.pem"
        leaf = replace(Leaf(kind, dc, "consul", days), node=node)
        for path, data in zip((certificate, key), leaf.signed(self._authority), strict=True):
            path.write_bytes(data)
        return TlsFiles(str(self.file), cert_file=str(certificate), key_file=str(key))

    def lane(self, name: str, kind: Kind = "server", node: str = "", dc: str = "dc1", **demands: bool) -> LaneTls:
        """A node's side of the lane; with all demands unless some are left out."""
        files = self.files(name, kind, node, dc)
        wanted = {"verify_incoming": True, "verify_server_hostname": True, **demands}
        server = server_context(files._replace(verify_incoming=wanted["verify_incoming"]))
        return LaneTls(LaneTerms(server, client_context(files), **wanted), SERVERS_ONLY)
