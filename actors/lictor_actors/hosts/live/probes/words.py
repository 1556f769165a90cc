"""Why a probe failed, in the words that Go's network library has for it."""

from __future__ import annotations

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
ESCAPED = {
    **{'"': '\\"', "\\": "\\\\"},
    **{chr(code): f"\\{letter}" for code, letter in zip((7, 8, 12, 10, 13, 9, 11), "abfnrtv", strict=True)},
}


class ProbeFailed(Exception):
    """A probe came to no answer; the text says why."""


def quoted(text: str | bytes) -> str:
    """A text as Go's %q shows it; of bytes those that are no UTF-8 are shown one by one."""
    characters = text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text
    return '"' + "".join(map(_in_quotes, characters)) + '"'


def _in_quotes(character: str) -> str:
    code = ord(character)
    if character in ESCAPED:
        return ESCAPED[character]
    if character.isprintable():
        return character
    if 0xDC80 <= code <= 0xDCFF:  # how Python holds a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def system_words(error: OSError) -> str:
    """The system's own words, with a small letter as Go has them."""
    said = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error) or type(error).__name__
    return said[:1].lower() + said[1:]


def tls_words(error: ssl.SSLError) -> str:
    """Why a handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"tls: failed to verify certificate: x509: {_distrust(error)}"
    reason = error.reason or ""
    if reason == "WRONG_VERSION_NUMBER":
        return "tls: first record does not look like a TLS handshake"
    if "ALERT_" in reason:
        return f"remote error: tls: {_spoken(reason.rpartition('ALERT_')[2])}"
    return "EOF" if isinstance(error, ssl.SSLEOFError) else f"tls: {_spoken(reason) or error}"


def _distrust(error: ssl.SSLCertVerificationError) -> str:
    return CERTIFICATE.get(error.verify_code) or error.verify_message


def _spoken(reason: str) -> str:
    return reason.lower().replace("_", " ")
