"""An agent's TLS: what its keys say together, and the contexts that are made of their files, again with each reload."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter

from lictor_actors.bus.tls import TlsFiles, UnusableFile, client_context, server_context
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure

SPOKEN = "http/1.1"
"""By ALPN: clients that could speak HTTP/2 as well are told not to."""
LEVELS = ("tls.https.", "tls.defaults.", "")
"""Where a key may stand; the first one that is set holds."""
OF_CHECKS = tuple((verify, protocols) for verify in (True, False) for protocols in ((), ("h2",)))
"""Whether they believe a server only by its certificate, and what they offer by ALPN."""
Clients = dict[tuple[bool, tuple[str, ...]], ssl.SSLContext]


class AgentTls:
    """Those that are in force."""

    def __init__(self, config: AgentConfig) -> None:
        """Raises Failure, as ``follow`` does."""
        self.follow(config)

    def follow(self, config: AgentConfig) -> None:
        """Handshakes that begin from now on are made with these files. Raises Failure, and then nothing changes."""
        https = https_context(config)
        self._checks = check_contexts(config) if config.enable_agent_tls_for_checks else {}
        self._https = https

    def https(self) -> ssl.SSLContext:
        """For clients of HTTPS."""
        return self._https

    def of_check(self, verify: bool, *protocols: str) -> ssl.SSLContext:
        """For checks, with ``enable_agent_tls_for_checks``."""
        return self._checks[verify, protocols]


def check_contexts(config: AgentConfig) -> Clients:
    """Made together, so that no check meets files that are just being replaced. Raises Failure."""
    made: Clients = {}
    for verify, protocols in OF_CHECKS:
        with in_words(config):
            made[verify, protocols] = client_context(https_files(config), *protocols)
        if not verify:
            made[verify, protocols].verify_mode = ssl.CERT_NONE
    return made


def https_context(config: AgentConfig) -> ssl.SSLContext:
    """Made also where there is no listener, so that what is wrong with a file is said. Raises Failure."""
    files = https_files(config)
    if bool(files.cert_file) != bool(files.key_file):
        lone, missing = ("cert_file", "key_file") if files.cert_file else ("key_file", "cert_file")
        raise Failure(f"{key_of(config, lone)} is of no use without {missing}: set both, or none.")
    if files.verify_incoming and not (files.ca_file or files.ca_path):
        raise Failure("tls.https.verify_incoming needs authorities to believe: set tls.https.ca_file or ca_path.")
    with in_words(config):
        return server_context(files, SPOKEN)


def unheard(config: AgentConfig) -> str:
    """A sentence if HTTPS is opened without a certificate, else "". Consul opens it, too, and no handshake succeeds."""
    if config.ports.https < 0 or https_files(config).cert_file:
        return ""
    return (
        "HTTPS has no certificate and speaks to no client: set tls.https.cert_file and key_file, or ports.https to -1"
    )


@contextmanager
def in_words(config: AgentConfig) -> Iterator[None]:
    """A file that cannot be used becomes a Failure that names the key."""
    try:
        yield
    except UnusableFile as trouble:
        raise Failure(f"{key_of(config, trouble.key)}: cannot use {trouble}.") from None


def https_files(config: AgentConfig) -> TlsFiles:
    """What the keys about HTTPS say together."""

    def said(name: str) -> str:
        return str(attrgetter(key_of(config, name))(config))

    return TlsFiles(
        ca_file=said("ca_file"),
        ca_path=said("ca_path"),
        cert_file=said("cert_file"),
        key_file=said("key_file"),
        min_version=said("tls_min_version") or TlsFiles().min_version,
        suites=tuple(filter(None, said("tls_cipher_suites").split(","))),
        verify_incoming=config.tls.https.verify_incoming or config.verify_incoming_https,
    )


def key_of(config: AgentConfig, name: str) -> str:
    """The key that sets this, by its full name."""
    keys = [f"{level}{name}" for level in LEVELS]
    return next((key for key in keys if attrgetter(key)(config)), keys[0])
