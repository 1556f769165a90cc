"""An agent's TLS: what its keys say together, and the contexts that are made of their files, again with each reload."""

from __future__ import annotations

import ssl

from lictor_actors.bus.lane_tls import PLAIN, LaneTerms, LaneTls
from lictor_actors.bus.tls import TlsFiles, client_context, server_context
from lictor_actors.node.audiences import SERVERS_ONLY
from lictor_deploy.agent.identity import node_name
from lictor_deploy.agent.lane_tls import lane_terms
from lictor_deploy.agent.tls_files import asked_by_default, files_of, in_words, together, with_authorities
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure

SPOKEN = "http/1.1"
"""By ALPN: clients that could speak HTTP/2 as well are told not to."""
HTTPS = "tls.https."
BUS = "tls.bus."
OF_CHECKS = tuple((verify, protocols) for verify in (True, False) for protocols in ((), ("h2",)))
"""Whether they believe a server only by its certificate, and what they offer by ALPN."""
Clients = dict[tuple[bool, tuple[str, ...]], ssl.SSLContext]


class AgentTls:
    """Those that are in force."""

    def __init__(self, config: AgentConfig) -> None:
        """Raises Failure, as ``follow`` does."""
        self.lane = LaneTls(PLAIN, SERVERS_ONLY)
        self.clients = LaneTls()
        """At the door of client actors."""
        self.follow(config)

    def follow(self, config: AgentConfig) -> None:
        """Handshakes that begin from now on are made with these files. Raises Failure, and then nothing changes."""
        https, terms = https_context(config), lane_terms(config, f"{node_name(config.node_name)}.{config.datacenter}")
        clients = client_terms(config)
        self.lane.terms, self.clients.terms = terms, clients
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
        with in_words(config, HTTPS):
            made[verify, protocols] = client_context(https_files(config), *protocols)
        if not verify:
            made[verify, protocols].verify_mode = ssl.CERT_NONE
    return made


def https_context(config: AgentConfig) -> ssl.SSLContext:
    """Made also where there is no listener, so that what is wrong with a file is said. Raises Failure."""
    files = https_files(config)
    together(config, HTTPS, files)
    if (config.ports.https >= 0 or config.tls.https.verify_incoming) and files.verify_incoming:
        with_authorities(HTTPS, "verify_incoming", files)
    with in_words(config, HTTPS):
        return server_context(files, SPOKEN)


def clients_certified(config: AgentConfig) -> bool:
    """Whether client actors have to show a certificate."""
    said = config.tls.bus.verify_incoming
    return asked_by_default(config) if said is None else said


def client_terms(config: AgentConfig) -> LaneTerms:
    """Of the door of client actors: with a certificate it takes TLS, and plain connections unless one is demanded.

    Raises Failure.
    """
    asks, files = clients_certified(config), files_of(config, BUS)
    together(config, BUS, files)
    if asks and config.ports.bus >= 0:
        with_authorities(BUS, "verify_incoming", files)
        if not files.cert_file:
            raise Failure(f"{BUS}verify_incoming needs a certificate: set {BUS}cert_file and {BUS}key_file.")
    with in_words(config, BUS):
        server = server_context(files._replace(verify_incoming=asks)) if files.cert_file else None
    return LaneTerms(server, verify_incoming=asks)


def https_files(config: AgentConfig) -> TlsFiles:
    """What the keys about HTTPS say together."""
    said = config.tls.https.verify_incoming
    asks = config.verify_incoming_https or asked_by_default(config) if said is None else said
    return files_of(config, HTTPS)._replace(verify_incoming=asks)
