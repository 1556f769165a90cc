"""TLS on an agent's lane of requests and Raft: what its keys say together, and whether its own certificate fits."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from lictor_actors.bus.lane_tls import PLAIN, LaneTerms
from lictor_actors.bus.tls import TlsFiles, client_context, server_context
from lictor_actors.consul.certificates import Credentials, credentials_of
from lictor_deploy.agent.tls_files import asked_by_default, files_of, in_words, together, with_authorities
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure

RPC = "tls.internal_rpc."


class Demands(NamedTuple):
    """What is asked of other nodes."""

    incoming: bool
    outgoing: bool
    server_hostname: bool


def demands(config: AgentConfig) -> Demands:
    """As Consul merges its keys: those of the section, then the older ones and those for all."""
    rpc, everywhere = config.tls.internal_rpc, config.tls.defaults
    incoming = config.verify_incoming_rpc or asked_by_default(config)
    outgoing = everywhere.verify_outgoing or config.verify_outgoing
    hostname = everywhere.verify_server_hostname or config.verify_server_hostname
    hostname = hostname if rpc.verify_server_hostname is None else rpc.verify_server_hostname
    return Demands(
        incoming if rpc.verify_incoming is None else rpc.verify_incoming,
        hostname or (outgoing if rpc.verify_outgoing is None else rpc.verify_outgoing),
        hostname,
    )


def lane_terms(config: AgentConfig, node: str) -> LaneTerms:
    """``node``: the name.dc that the own certificate has to fit; "" if that is not known. Raises Failure."""
    files, asked = files_of(config, RPC), demands(config)
    together(config, RPC, files)
    for key, wanted in zip(("verify_incoming", "verify_outgoing"), asked, strict=False):
        if wanted and not files.cert_file:
            raise Failure(f"{RPC}{key} needs a certificate: set {RPC}cert_file and {RPC}key_file.")
        if wanted:
            with_authorities(RPC, key, files)
    if not (files.cert_file and (files.ca_file or files.ca_path)):
        return PLAIN
    with in_words(config, RPC):
        server = server_context(files._replace(verify_incoming=asked.incoming))
        client = client_context(files) if asked.outgoing else None
    if not asked.incoming:
        server.verify_mode = ssl.CERT_OPTIONAL
    if node and any(asked):
        _require_fit(config, files, node, asked)
    return LaneTerms(server, client, asked.incoming, asked.server_hostname, config.domain)


def _require_fit(config: AgentConfig, files: TlsFiles, node: str, asked: Demands) -> None:
    """Other nodes would hang up on a certificate that is not for this one, and say no more than that."""
    own, dc = own_credentials(files.cert_file, config.domain), config.datacenter.lower()
    kind = "server" if config.server else "client"
    make = f"make one with `lictor tls cert create -{kind} -dc={config.datacenter} -node={node.rpartition('.')[0]}`"
    if own.commands or (own.nodes and node.lower() not in own.nodes):
        known = ", ".join(sorted(own.nodes)) or "commands alone"
        raise Failure(f"{RPC}cert_file {files.cert_file} is for {known}, not for this node, {node}: {make}.")
    if asked.server_hostname and config.server and dc not in own.servers_of:
        raise Failure(f"{RPC}cert_file {files.cert_file} is no certificate of a server of {dc}: {make}.")


def own_credentials(file: str, domain: str) -> Credentials:
    """Of the first certificate in this file, which OpenSSL has taken."""
    found = x509.load_pem_x509_certificates(Path(file).read_bytes())[0]
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return Credentials()
    dns = names.get_values_for_type(x509.DNSName)
    return credentials_of({"subjectAltName": [("DNS", name) for name in dns]}, domain)
