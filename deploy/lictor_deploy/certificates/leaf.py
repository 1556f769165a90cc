"""Certificates of servers, client agents and commands. Their names say what they are.

``server.dc1.consul`` is what ``verify_server_hostname`` asks of a server: a client's certificate cannot speak as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lictor_deploy.certificates.authority import CURVE, Authority, begun, certificate_pem, key_pem

Kind = Literal["server", "client", "cli"]
IP = IPv4Address | IPv6Address
LOOPBACK: tuple[IP, ...] = (IPv4Address("127.0.0.1"),)
PURPOSES = {
    "server": (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
    "client": (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH),
    "cli": (ExtendedKeyUsageOID.CLIENT_AUTH,),
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a certificate is to say."""

    kind: Kind
    dc: str
    domain: str
    days: int
    node: str = ""
    """Of a server: its name, so that it alone can be asked for."""
    names: Sequence[str] = ()
    ips: Sequence[IP] = ()

    @property
    def common_name(self) -> str:
        """``server.dc1.consul``."""
        return f"{self.kind}.{self.dc}.{self.domain}"

    def alternatives(self) -> list[x509.GeneralName]:
        """Under which names and addresses its holder may be reached."""
        own = [f"{self.node}.{self.common_name}"] if self.node else []
        here = [] if self.kind == "cli" else ["localhost"]
        names = dict.fromkeys((*own, self.common_name, *here, *self.names))
        ips = dict.fromkeys((*(() if self.kind == "cli" else LOOPBACK), *self.ips))
        return [*map(x509.DNSName, names), *map(x509.IPAddress, ips)]

    def signed(self, authority: Authority) -> tuple[bytes, bytes]:
        """Certificate and key in PEM. Raises ValueError for a name that DNS cannot say."""
        key = ec.generate_private_key(CURVE())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.common_name)])
        signer = authority.certificate
        issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
        usage = x509.KeyUsage(True, False, True, False, False, False, False, False, False)
        certificate = (
            begun(subject, signer.subject, key.public_key(), self.days)
            .serial_number(x509.random_serial_number())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage(PURPOSES[self.kind]), critical=False)
            .add_extension(x509.SubjectAlternativeName(self.alternatives()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(issued_by, critical=False)
            .sign(authority.key, hashes.SHA256())
        )
        return certificate_pem(certificate), key_pem(key)
