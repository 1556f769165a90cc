"""The authority: a key and a certificate that signs itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lictor_deploy.words.sentence import Failure

CURVE = ec.SECP256R1
DAYS_MOST = 365 * 1000
SKEW = timedelta(minutes=1)
"""Clocks of a cluster differ: a certificate holds from a little before it was made."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def made(cls, common_name: str, days: int, names: Sequence[str]) -> Authority:
        """A new one. With ``names`` it can sign for these DNS names, and those below them, alone."""
        key = ec.generate_private_key(CURVE())
        serial = x509.random_serial_number()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name or f"Lictor Agent CA {serial}")])
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = (
            begun(name, name, key.public_key(), days)
            .serial_number(serial)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(identifier, critical=False)
        )
        if names:
            permitted = x509.NameConstraints([x509.DNSName(name) for name in names], None)
            builder = builder.add_extension(permitted, critical=True)
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def read(cls, certificate: bytes, key: bytes) -> Authority:
        """From two files in PEM. Raises Failure if they are none, or do not belong together."""
        try:
            found = x509.load_pem_x509_certificate(certificate)
            private = serialization.load_pem_private_key(key, None)
        except (TypeError, ValueError) as error:
            raise Failure(f"Cannot read the authority: {str(error).splitlines()[0].rstrip('.')}.") from None
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise Failure("The authority's key is no elliptic-curve key: make one with `lictor tls ca create`.")
        if found.public_key() != private.public_key():
            raise Failure("The authority's key does not belong to its certificate: name the pair with -ca and -key.")
        return cls(found, private)


def begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    """What every certificate has."""
    now = datetime.now(UTC)  # noqa: TID251 - certificates are dated by the clock of who makes them
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .not_valid_before(now - SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """As a file holds it."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """As a file holds it, without a password: its mode guards it."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(encoding, form, serialization.NoEncryption())
