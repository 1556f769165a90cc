"""TLS by the standard library's ``ssl``: from the names of files to contexts, for servers and for clients."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple

from lictor_actors.bus.tls_alerts import AlertingContext

VERSIONS = {"TLSv1_2": ssl.TLSVersion.TLSv1_2, "TLSv1_3": ssl.TLSVersion.TLSv1_3}
"""The oldest version that is spoken, by Consul's names. Older ones than these are broken (RFC 8996)."""
SUITES = {
    f"TLS_ECDHE_{key}_WITH_{cipher}": f"ECDHE-{key}-{openssl}"
    for key in ("ECDSA", "RSA")
    for cipher, openssl in {
        "AES_128_GCM_SHA256": "AES128-GCM-SHA256",
        "AES_256_GCM_SHA384": "AES256-GCM-SHA384",
        "CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
    }.items()
}
"""Suites of TLS 1.2 with forward secrecy and authenticated encryption: their names in Go and Consul, and in OpenSSL."""
BEGINS = b"-----BEGIN "


class TlsFiles(NamedTuple):
    """How one end shows who it is, and which authorities it believes."""

    ca_file: str = ""
    """Certificates of authorities, in PEM."""
    ca_path: str = ""
    """A directory of such files, of any name."""
    cert_file: str = ""
    """The own certificate, in PEM, and behind it those between it and its authority."""
    key_file: str = ""
    """Its key, without a password."""
    min_version: str = "TLSv1_2"
    """One of VERSIONS."""
    suites: tuple[str, ...] = ()
    """Names of SUITES; all if empty. TLS 1.3 has its own, which are all good."""
    verify_incoming: bool = False
    """As a server: hang up on clients without a certificate of these authorities."""


class UnusableFile(Exception):
    """A file that cannot be used: ``key`` is the field of ``TlsFiles`` that names it."""

    def __init__(self, key: str, file: str, why: str) -> None:
        super().__init__(f"{file}: {why}")
        self.key = key
        self.file = file
        self.why = why


def server_context(files: TlsFiles, *protocols: str) -> ssl.SSLContext:
    """For those that dial us; ``protocols`` are offered by ALPN. Raises UnusableFile."""
    context = _begun(AlertingContext(ssl.PROTOCOL_TLS_SERVER), files, protocols)
    if files.verify_incoming:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(files: TlsFiles, *protocols: str) -> ssl.SSLContext:
    """For those that we dial: the machine's authorities are trusted if none are named. Raises UnusableFile.

    The server's name is for the caller to compare.
    """
    context = _begun(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), files, protocols)
    context.check_hostname = False
    if not (files.ca_file or files.ca_path):
        context.load_default_certs()
    return context


def _begun(context: ssl.SSLContext, files: TlsFiles, protocols: tuple[str, ...]) -> ssl.SSLContext:
    context.minimum_version = VERSIONS[files.min_version]
    if files.suites:
        context.set_ciphers(":".join(SUITES[name] for name in files.suites))
    if protocols:
        context.set_alpn_protocols(protocols)
    if files.cert_file or files.key_file:
        _show(context, files.cert_file, files.key_file)
    for key, file in _authorities(files):
        _trust(context, key, file)
    return context


def _show(context: ssl.SSLContext, cert_file: str, key_file: str) -> None:
    _hold("cert_file", cert_file, b"CERTIFICATE", "certificate")
    _hold("key_file", key_file, b"", "key")
    try:
        context.load_cert_chain(cert_file, key_file, password=_no_password)
    except _HasPassword:
        raise UnusableFile("key_file", key_file, "the key has a password: write it without one") from None
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UnusableFile("key_file", key_file, f"it is not the key of {cert_file}") from None
        raise UnusableFile("cert_file", cert_file, f"OpenSSL cannot use it with {key_file}: {_said(error)}") from None


class _HasPassword(Exception):
    """OpenSSL asked for one; without an answer it would ask at the terminal."""


def _no_password() -> str:
    raise _HasPassword


def _authorities(files: TlsFiles) -> list[tuple[str, str]]:
    found = [("ca_file", files.ca_file)] if files.ca_file else []
    if not files.ca_path:
        return found
    try:
        inside = sorted(path for path in Path(files.ca_path).iterdir() if path.is_file())
    except OSError as error:
        raise UnusableFile("ca_path", files.ca_path, _said(error)) from None
    if not inside:
        raise UnusableFile("ca_path", files.ca_path, "the directory is empty")
    return found + [("ca_path", str(path)) for path in inside]


def _trust(context: ssl.SSLContext, key: str, file: str) -> None:
    _hold(key, file, b"CERTIFICATE", "certificate")
    try:
        context.load_verify_locations(file)
    except ssl.SSLError as error:
        raise UnusableFile(key, file, f"OpenSSL cannot read it: {_said(error)}") from None


def _hold(key: str, file: str, kind: bytes, what: str) -> None:
    """Raise UnusableFile unless the file can be read and has something of this kind in PEM."""
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise UnusableFile(key, file, _said(error)) from None
    if BEGINS + kind not in content:
        raise UnusableFile(key, file, f"it holds no {what} in PEM")


def _said(error: OSError) -> str:
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return (reason or str(error)).lower().replace("_", " ")
