"""Sections about TLS: which certificate is shown, and whose are believed. Consul's stanza, and its older keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from lictor_actors.bus.tls import SUITES, VERSIONS
from lictor_deploy.config.option import Section, Word, option, section

OLD_VERSIONS = {"tls12": "TLSv1_2", "tls13": "TLSv1_3"}
"""As Consul wrote them before 1.12."""


def version(text: str) -> str:
    """A version of TLS, "" for none."""
    known = OLD_VERSIONS.get(text, text)
    if known and known not in VERSIONS:
        raise ValueError(f"{{key}} {{value}} is no version that is spoken here: use {' or '.join(VERSIONS)}.")
    return known


def suites(text: str) -> str:
    """Names of suites with commas between them, without blanks."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in SUITES:
            raise ValueError(f"{{key}}: {name} is no suite of TLS 1.2 that is spoken here: use {', '.join(SUITES)}.")
    return ",".join(names)


Version = Annotated[str, AfterValidator(version), Word("version of TLS")]
Suites = Annotated[str, AfterValidator(suites), Word("names of suites")]


class TlsDefaults(Section):
    """What holds for every listener that has no other of its own."""

    ca_file: str = option("Certificates of the authorities to believe, in PEM.", default="", reloads=True)
    ca_path: str = option("Directory of such files.", default="", reloads=True)
    cert_file: str = option("The certificate to show, in PEM.", default="", reloads=True)
    key_file: str = option("Its key, without a password.", default="", reloads=True)
    tls_min_version: Version = option(
        "The oldest version spoken: TLSv1_2, which is the default, or TLSv1_3.", default="", reloads=True
    )
    tls_cipher_suites: Suites = option(
        "The suites of TLS 1.2 that are spoken, with commas between Go's names of them; all good ones by default.",
        default="",
        reloads=True,
    )


class TlsAll(TlsDefaults):
    """With what is asked of the other end."""

    verify_incoming: bool = option(
        "Demand TLS and a certificate of these authorities, on all listeners that say nothing else.",
        default=False,
        reloads=True,
    )
    verify_outgoing: bool = option("The same as tls.internal_rpc.verify_outgoing.", default=False, reloads=True)
    verify_server_hostname: bool = option(
        "The same as tls.internal_rpc.verify_server_hostname.", default=False, reloads=True
    )


class TlsHttps(TlsDefaults):
    """The same for HTTPS alone."""

    verify_incoming: bool | None = option(
        "Hang up on clients that show no certificate of these authorities; as tls.defaults says, if not said here.",
        default=None,
        reloads=True,
    )


class TlsBus(TlsDefaults):
    """The same for client actors (ports.bus) alone."""

    verify_incoming: bool | None = option(
        "Hang up on client actors without TLS and a certificate of these authorities; as tls.defaults says, if not "
        "said here.",
        default=None,
        reloads=True,
    )
    plain_tokens: bool = option(
        "Take tokens of client actors on other machines also without TLS, where others can read them.",
        default=False,
        feeds="node.door_plain_tokens",
    )


class TlsInternalRpc(TlsDefaults):
    """The same for the lane of requests and Raft (ports.server) alone."""

    verify_incoming: bool | None = option(
        "Hear nothing from nodes without TLS and a certificate of these authorities, and nothing in the name of "
        "another node than it says; as tls.defaults says, if not said here.",
        default=None,
        reloads=True,
    )
    verify_outgoing: bool | None = option(
        "Dial other nodes over TLS, and none without a certificate of these authorities.", default=None, reloads=True
    )
    verify_server_hostname: bool | None = option(
        "Take nodes for servers only with a certificate for server.DATACENTER.DOMAIN; dials over TLS as well.",
        default=None,
        reloads=True,
    )


class Tls(Section):
    """Consul's stanza."""

    defaults: TlsAll = section()
    https: TlsHttps = section()
    bus: TlsBus = section()
    internal_rpc: TlsInternalRpc = section()


class TlsKeys(Section):
    """Beside the stanza: what Consul before 1.12 had at the top level and still takes, and the checks."""

    ca_file: str = option("The same as tls.defaults.ca_file.", default="", reloads=True)
    ca_path: str = option("The same as tls.defaults.ca_path.", default="", reloads=True)
    cert_file: str = option("The same as tls.defaults.cert_file.", default="", reloads=True)
    key_file: str = option("The same as tls.defaults.key_file.", default="", reloads=True)
    tls_min_version: Version = option("The same as tls.defaults.tls_min_version.", default="", reloads=True)
    tls_cipher_suites: Suites = option("The same as tls.defaults.tls_cipher_suites.", default="", reloads=True)
    verify_incoming: bool = option("The same as tls.defaults.verify_incoming.", default=False, reloads=True)
    verify_incoming_https: bool = option("The same as tls.https.verify_incoming.", default=False, reloads=True)
    verify_incoming_rpc: bool = option("The same as tls.internal_rpc.verify_incoming.", default=False, reloads=True)
    verify_outgoing: bool = option("The same as tls.defaults.verify_outgoing.", default=False, reloads=True)
    verify_server_hostname: bool = option(
        "The same as tls.internal_rpc.verify_server_hostname.", default=False, reloads=True
    )
    enable_agent_tls_for_checks: bool = option(
        "In checks over TLS, show the certificate of HTTPS, and believe its authorities instead of the machine's.",
        default=False,
    )
