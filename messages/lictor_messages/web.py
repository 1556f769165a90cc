"""HTTP as messages, so that the simulator tests the gateway too."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lictor_messages.agent_acl import DownPolicy
from lictor_messages.base import FrozenMap, Message, ReadOnly, Record
from lictor_messages.kv import VALUE_MOST
from lictor_messages.secret import Opaque, Secret

MIB = 1024 * 1024


def too_large(size: int, most: int, key: str = "") -> str:
    """Consul's words for a body of too many bytes; ``key`` is that of the configuration that limits it."""
    page = f". See https://www.consul.io/docs/agent/config/config-files#{key}." if key else ""
    return f"Request body({size} bytes) too large, max size: {most} bytes{page}"


class HttpAsked(Message):
    """One HTTP request, header names in lower case.

    Its envelope comes from ``http@node`` with a request id; the answer is a reply.
    """

    method: str
    target: Secret
    """Path and query as they were sent, still escaped. These, headers and bodies may hold tokens."""
    headers: Annotated[tuple[tuple[str, str], ...], Field(repr=False)] = ()
    body: Opaque = b""
    peer: str = ""
    """``ip`` of the client."""


class LogTail(Record):
    """The lines that the process logs from now on."""

    level: str
    """Python's name of the lowest level."""
    json_lines: bool = False


class HttpAnswered(Message):
    """The whole response; the host adds Content-Length, Date and Vary, and compresses if it was asked to."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: Opaque = b""
    more: Annotated[tuple[bytes, ...], Field(repr=False)] = ()
    """Of a large body: what follows ``body``, in pieces that the host sends one after the other."""
    log: LogTail | None = None
    """If set, these are the body, for as long as the client reads them."""


class HttpGone(Message):
    """The client of this request has hung up: its answer is not waited for any more."""

    request: str


class GatewayOptions(Message):
    """Who a gateway answers for, and its limits; times in nanoseconds.

    Sent to a gateway that runs, they are in force from then on; it passes them on to the door that leads to it.
    """

    node: str
    """``name.dc``, the node part of the addresses of its agent and prober."""
    name: str
    dc: str = "dc1"
    kv_max_value_size: int = VALUE_MOST
    """Bytes of a KV value, Consul's limits.kv_max_value_size."""
    txn_max_req_len: int = VALUE_MOST
    """Bytes of the body of a transaction, and of all that is set in it."""
    max_request_body_size: int = MIB
    """Bytes of other bodies, Consul's limits.http_max_request_body_size."""
    max_header_bytes: int = MIB
    """Bytes of all headers of a request."""
    max_conns_per_client: int = 200
    """Connections of one address; 0: any number."""
    https_handshake_timeout_ns: int = 5_000_000_000
    """How long a client of HTTPS may take to begin."""
    response_headers: ReadOnly = FrozenMap()
    """Every answer bears them."""
    block_endpoints: tuple[str, ...] = ()
    """Paths that begin so are forbidden."""
    allow_write_http_from: tuple[str, ...] = ()
    """Networks from which alone anything may be asked but GET; all if empty."""
    disable_unprintable_char_filter: bool = False
    """Take paths that hold characters that cannot be seen."""
    discovery_max_stale_ns: int = 0
    """How stale answers about the catalog and health may be that ask for no consistency; 0: those of the leader."""
    enable_debug: bool = False
    """Answer /debug/pprof/."""
    rpc_hold_timeout_ns: int = 7_000_000_000
    """How long a request is held while there is no leader or no server, Consul's performance.rpc_hold_timeout."""
    default_query_time_ns: int = 300_000_000_000
    """How long a blocking query waits if the client names no ``wait``."""
    max_query_time_ns: int = 600_000_000_000
    """The longest ``wait``; longer ones are cut to it."""
    park_ns: int = 60_000_000_000
    """How long a blocked query is left with a server at a time: if its answer was lost, that is noticed then."""
    use_cache: bool = True
    """Whether ``?cached`` is heeded, Consul's http_config.use_cache."""
    translate_wan_addrs: bool = False
    """Show what is of other datacenters under the addresses by which these are reached from here."""
    disable_coordinates: bool = False
    """Refuse what is asked about coordinates."""
    primary_dc: str = ""
    """The datacenter in which policies, roles and global tokens are written; "": the own one."""
    encrypt_verify_incoming: bool = True
    encrypt_verify_outgoing: bool = True
    """Whether gossip that is not encrypted is refused, and none is said, where there is a key. To be shown alone."""
    acl: bool = False
    """Whether tokens are asked for."""
    acl_default_policy: Literal["allow", "deny"] = "allow"
    """What holds where no rule speaks."""
    acl_down_policy: DownPolicy = "extend-cache"
    """What holds while no server is reached; it is only told."""
    server: str = ""
    """Address of the server on this node, "" if there is none."""
    http_addr: str = ""
    """``ip:port`` of the HTTP listener, for people; several with blanks between them."""
    https_addr: str = ""
    """The same of the HTTPS listener."""


class CacheRefreshDue(Message):
    """A gateway's timer: a cached answer that was not kept right is to be asked for again."""

    entry: int
    """Its number."""


class GoOn(Message):
    """A gateway's word to itself: go on with this request, now that the mail that came before has had its turn."""
