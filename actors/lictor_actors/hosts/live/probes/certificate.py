"""For which names and IPs a certificate is: Go's rules (RFC 6125 without common names), and its words for another's.

The chain is OpenSSL's to verify. Names are compared here because OpenSSL does not say which ones it found.
"""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from typing import Any

from lictor_actors.hosts.live.probes.words import ProbeFailed

DISTRUST = "tls: failed to verify certificate: x509: "


def check_name(peer: ssl.SSLObject, name: str) -> None:
    """Raise ProbeFailed if the peer's certificate, which has been verified, is not for this name or IP."""
    if peer.context.verify_mode is not ssl.CERT_REQUIRED:
        return
    certificate: dict[str, Any] = peer.getpeercert() or {}
    names = certificate.get("subjectAltName", ())
    ip = _ip(name)
    known = [value for kind, value in names if kind == ("DNS" if ip is None else "IP Address")]
    fits = any(_fits(pattern, name) for pattern in known) if ip is None else ip in map(_ip, known)
    if not fits:
        raise ProbeFailed(DISTRUST + _another(certificate, known, name, is_ip=ip is not None))


def _ip(text: str) -> object:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _fits(pattern: str, name: str) -> bool:
    """A star stands for the whole first label and for nothing else."""
    wanted, given = pattern.lower().split("."), name.lower().removesuffix(".").split(".")
    if len(wanted) != len(given) or not all(given):
        return False
    return wanted[1:] == given[1:] and (wanted[0] == given[0] or (wanted[0] == "*" and len(wanted) > 1))


def _another(certificate: dict[str, Any], known: list[str], name: str, *, is_ip: bool) -> str:
    if not certificate.get("subjectAltName") and _fits(_common_name(certificate), name):
        return "certificate relies on legacy Common Name field, use SANs instead"
    if known:
        return f"certificate is valid for {', '.join(known)}, not {name}"
    if is_ip:
        return f"cannot validate certificate for {name} because it doesn't contain any IP SANs"
    return f"certificate is not valid for any names, but wanted to match {name}"


def _common_name(certificate: dict[str, Any]) -> str:
    pairs = [pair for part in certificate.get("subject", ()) for pair in part]
    return next((str(value) for kind, value in pairs if kind == "commonName"), "")
