"""Sections about HTTP: what it may be asked for, by which addresses, and how much."""

from __future__ import annotations

from typing import Literal

from lictor_deploy.config.kinds import (
    Count,
    CountFromOne,
    Duration,
    Headers,
    HostName,
    Mode,
    Network,
    PathPrefix,
    Rate,
    ValueSize,
)
from lictor_deploy.config.option import Section, option, section


class HttpConfig(Section):
    """What HTTP may be asked for."""

    use_cache: bool = option("Let ?cached be answered from the agent's cache.", feeds="gateway.use_cache")
    allowed_hosts: list[HostName] = option(
        "Name under which HTTP may be asked, beside localhost and IPs; may be given several times, * for any.",
        default=[],
        flag="http-allowed-host",
        feeds="node.http_allowed_hosts",
    )
    response_headers: Headers = option(
        "Headers that every answer bears.", default={}, feeds="gateway.response_headers", reloads=True
    )
    block_endpoints: list[PathPrefix] = option(
        "Paths that begin so are forbidden.", default=[], feeds="gateway.block_endpoints"
    )
    allow_write_http_from: list[Network] = option(
        "Network in CIDR notation from which alone anything may be asked but GET; may be given several times.",
        default=[],
        flag="allow-write-http-from",
        feeds="gateway.allow_write_http_from",
    )
    max_header_bytes: Count = option("Bytes of all headers of a request.", feeds="gateway.max_header_bytes")


class UnixSockets(Section):
    """The files of local sockets, as ``addresses.http`` may name them."""

    user: str = option("Name or number of the user that the file is to have.", default="")
    group: str = option("Name or number of its group.", default="")
    mode: Mode = option("Its mode in octal digits, such as 0770.", default="")


class RequestRates(Section):
    """How many requests a server takes a second, ten seconds' worth at once."""

    mode: Literal["disabled", "permissive", "enforcing"] = option(
        "What becomes of requests beyond the rates: nothing, they are counted, or they are refused.",
        feeds="server.request_limits_mode",
        reloads=True,
    )
    read_rate: Rate = option("Reads a second; -1 for any number.", feeds="server.read_rate", reloads=True)
    write_rate: Rate = option("Writes a second; -1 for any number.", feeds="server.write_rate", reloads=True)


class Limits(Section):
    """How much one client, or all of them, may ask for."""

    http_max_conns_per_client: Count = option(
        "Connections of HTTP from one address; 0 for any number.",
        feeds="gateway.max_conns_per_client",
        reloads=True,
    )
    https_handshake_timeout: Duration = option(
        "How long a client of HTTPS may take to begin.", feeds="gateway.https_handshake_timeout_ns", reloads=True
    )
    http_max_request_body_size: CountFromOne = option(
        "Bytes of the body of a request, but for keys, transactions and snapshots.",
        feeds="gateway.max_request_body_size",
        reloads=True,
    )
    kv_max_value_size: ValueSize = option(
        "Bytes of a key's value over HTTP.", feeds="gateway.kv_max_value_size", reloads=True
    )
    txn_max_req_len: ValueSize = option(
        "Bytes of the body of a transaction.", feeds="gateway.txn_max_req_len", reloads=True
    )
    rpc_max_conns_per_client: Count = option(
        "Connections of cluster traffic, and of client actors, from one address; 0 for any number.",
        feeds="node.door_conns_per_client",
    )
    rpc_handshake_timeout: Duration = option(
        "How long such a connection may take to begin.", feeds="node.door_handshake_ns"
    )
    rpc_rate: Rate = option(
        "Requests a second that a client agent passes on to servers; -1 for any number.",
        feeds="agent.rpc_rate",
        reloads=True,
    )
    rpc_max_burst: CountFromOne = option("How many of them at once.", feeds="agent.rpc_max_burst", reloads=True)
    request_limits: RequestRates = section()
