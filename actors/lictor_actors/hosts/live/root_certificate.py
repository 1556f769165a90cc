"""A root certificate of a service mesh, made by cryptography: an elliptic key on P-256, and a certificate that signs
itself. Names and extensions are those of Consul's built-in authority; the trust domain is the URI of SPIFFE.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import uuid
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lictor_messages.connect_ca import MakeRoot, Root, RootMade

HOLDS = timedelta(days=3650)
SKEW = timedelta(minutes=1)
"""Clocks of a cluster differ: it holds from a little before it was made."""


async def make_root(job: MakeRoot) -> RootMade:
    """In a thread: keys take a moment."""
    return RootMade(ticket=job.ticket, root=await asyncio.to_thread(_made, job.cluster_id or str(uuid.uuid4())))


def _made(cluster_id: str) -> Root:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key, cluster_id)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return Root(
        id=_pairs(hashlib.sha1(certificate.public_bytes(serialization.Encoding.DER)).digest()),
        name="Consul CA Primary Cert",
        serial_number=certificate.serial_number,
        signing_key_id=_pairs(identifier.digest),
        external_trust_domain=cluster_id,
        not_before=_timestamp(certificate.not_valid_before_utc),
        not_after=_timestamp(certificate.not_valid_after_utc),
        root_cert=certificate.public_bytes(serialization.Encoding.PEM).decode(),
    )


def _certificate(key: ec.EllipticCurvePrivateKey, cluster_id: str) -> x509.Certificate:
    short = cluster_id[:8]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"pri-{secrets.token_hex(4)}.consul.ca.{short}.consul")])
    now = datetime.now(UTC)  # noqa: TID251 - certificates are dated by the clock of who makes them
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    domain = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"spiffe://{cluster_id}.consul")])
    return (
        x509.CertificateBuilder(name, name, key.public_key())
        .serial_number(1 + secrets.randbelow(2**63 - 1))
        .not_valid_before(now - SKEW)
        .not_valid_after(now + HOLDS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(domain, critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(issuer, critical=False)
        .sign(key, hashes.SHA256())
    )


def _pairs(digest: bytes) -> str:
    return digest.hex(":")


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
