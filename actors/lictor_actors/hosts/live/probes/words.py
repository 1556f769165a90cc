"""Why a probe failed, in the words that Go's network library has for it."""

from __future__ import annotations

import json
import os
import ssl

UNTRUSTED = "certificate signed by unknown authority"
CERTIFICATE = {
    9: "certificate has expired or is not yet valid",
    10: "certificate has expired or is not yet valid",
    18: UNTRUSTED,
    19: UNTRUSTED,
    20: UNTRUSTED,
    21: UNTRUSTED,
}
"""OpenSSL's reasons to distrust a certificate (X509_V_ERR_…), in Go's words."""
ANOTHER_NAME = (62, 64)


class ProbeFailed(Exception):
    """A probe came to no answer; the text says why."""


def quoted(text: str) -> str:
    """A text as Go's %q shows it."""
    return json.dumps(text, ensure_ascii=False)


def system_words(error: OSError) -> str:
    """The system's own words, with a small letter as Go has them."""
    said = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error) or type(error).__name__
    return said[:1].lower() + said[1:]


def tls_words(error: ssl.SSLError, name: str) -> str:
    """Why a handshake with a server that is to be called ``name`` failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"tls: failed to verify certificate: x509: {_distrust(error, name)}"
    reason = error.reason or ""
    if reason == "WRONG_VERSION_NUMBER":
        return "tls: first record does not look like a TLS handshake"
    if "ALERT_" in reason:
        return f"remote error: tls: {_spoken(reason.rpartition('ALERT_')[2])}"
    return "EOF" if isinstance(error, ssl.SSLEOFError) else f"tls: {_spoken(reason) or error}"


def _distrust(error: ssl.SSLCertVerificationError, name: str) -> str:
    if error.verify_code in ANOTHER_NAME:
        return f"certificate is valid for other names, not {name}"
    return CERTIFICATE.get(error.verify_code) or error.verify_message


def _spoken(reason: str) -> str:
    return reason.lower().replace("_", " ")
