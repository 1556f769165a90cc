"""Keys and certificates as text: whether they are what they are said to be. No file is opened."""

from __future__ import annotations

NO_KEY = "data does not contain any valid RSA, ECDSA, or ED25519 public keys"


def public_key_fault(pem: str) -> str:
    """Why this is no public key, and no certificate with one."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # for those who have auth methods
    from cryptography.x509 import load_pem_x509_certificate

    read = load_pem_x509_certificate if "BEGIN CERTIFICATE" in pem else load_pem_public_key
    try:
        read(pem.encode())
    except (ValueError, TypeError):
        return NO_KEY
    return ""


def certificates_fault(pem: str) -> str:
    """Why these are no certificates."""
    from cryptography.x509 import load_pem_x509_certificates

    try:
        load_pem_x509_certificates(pem.encode())
    except ValueError:
        return "could not parse CA PEM value successfully: give the certificate itself, not the name of a file"
    return ""
