"""What one client may take of an HTTP door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from lictor_messages.base import FrozenMap
from lictor_messages.kv import TARGET_MOST, VALUE_MOST
from lictor_messages.web import GatewayOptions

T = TypeVar("T")
NS = 1_000_000_000
ARCHIVE_MOST = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bytes and seconds that one client may take. Seconds are whole ticks."""

    head: int = 1024 * 1024
    """Bytes of all header lines: more is answered 431."""
    target: int = TARGET_MOST
    """Bytes of the request target: more is answered 414."""
    body: int = 1024 * 1024
    """Bytes of a body: more is answered 413."""
    bodies: Mapping[str, int] = FrozenMap({"/v1/kv/": VALUE_MOST, "/v1/txn": VALUE_MOST, "/v1/snapshot": ARCHIVE_MOST})
    """The same for paths that take less or more, and for all that is below them if they end in a slash. Consul's limits
    on values and transactions; what ``GET /v1/snapshot`` gave has to be taken back. Of those above ``body`` one at a
    time, from its first bytes to its answer: they are held in memory."""
    keys: Mapping[str, str] = FrozenMap({"/v1/kv/": "kv_max_value_size", "/v1/txn": "txn_max_req_len"})
    """Which keys of the configuration set these, for those who are refused."""
    connections_per_client: int = 200
    """Consul's limits.http_max_conns_per_client: more are answered 429; 0: as many as come."""
    write_buffer: int = 256 * 1024
    """Unsent bytes from which on a client counts as slow."""
    slow_reader_s: int = 30
    """A client that stays slow for this long is cut off."""
    slow_sender_s: int = 15
    """A request must be whole after this long: later it is answered 408."""
    slow_sender_bytes: int = 1024 * 1024
    """For every so many bytes that have come of a body its sender has another second."""
    handshake_s: float = 5
    """A handshake of TLS must be done after this long. Consul's limits.https_handshake_timeout."""
    idle_s: int = 120
    """An idle connection is closed after this long."""
    half_closed_s: int = 1
    """A client that closed its side is taken for gone after this long."""
    answer_s: int = 660
    """Longer than any blocking query may take: the answer is lost, so the client is cut off to try again."""
    least: int = field(init=False)
    """Bytes of a body that every path takes."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "least", min((self.body, *self.bodies.values())))

    def body_most(self, path: str) -> int:
        """Bytes of a body that this path takes."""
        return _of_path(self.bodies, path) or self.body

    def key_of(self, path: str) -> str:
        """The key of the configuration that limits its bodies, "" for none."""
        return _of_path(self.keys, path) or ""


def limits_of(options: GatewayOptions) -> HttpLimits:
    """Those of the configuration, and the rest as it is."""
    bodies = {
        "/v1/kv/": options.kv_max_value_size,
        "/v1/txn": options.txn_max_req_len,
        "/v1/snapshot": ARCHIVE_MOST,
    }
    return HttpLimits(
        head=options.max_header_bytes,
        body=options.max_request_body_size,
        bodies=FrozenMap(bodies),
        connections_per_client=options.max_conns_per_client,
        handshake_s=options.https_handshake_timeout_ns / NS,
    )


def _of_path(by_path: Mapping[str, T], path: str) -> T | None:
    below = (value for prefix, value in by_path.items() if prefix.endswith("/") and path.startswith(prefix))
    return by_path.get(path) or next(below, None)
