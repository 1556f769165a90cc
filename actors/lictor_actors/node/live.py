"""Nodes on the live host: the actors of a spec, and the doors that lead to some of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lictor_actors.hosts.doors.opening import Opening
from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.hosts.node import Node
from lictor_actors.node.spec import NodeSpec
from lictor_actors.node.tree import birth, gateway_options, tree
from lictor_messages.addresses import lane_url

if TYPE_CHECKING:
    import ssl

    from lictor_actors.bus.lane_tls import LaneTls
    from lictor_actors.node.audit import Audit

log = logging.getLogger("lictor")


def no_tls() -> ssl.SSLContext:
    """The context of a node that has no HTTPS listener."""
    raise LookupError("a node with an https_port needs a context for it")


async def add_node(
    host: LiveHost,
    spec: NodeSpec,
    doors: Sequence[Opening] = (),
    https: Callable[[], ssl.SSLContext] = no_tls,
    audit: Callable[[str], None] | None = None,
    clients: LaneTls | None = None,
) -> Node:
    """Start the node of this spec; a server first starts over if an operator has left a ``peers.json``.

    ``doors`` are opened after its own. ``https`` gives the context of each handshake at its HTTPS listener.
    ``audit`` takes the lines of the audit log, if there is one. ``clients``: TLS at the door of client actors.
    Raises OSError and what the journal raises, and CannotStartOver.
    """
    if spec.server and spec.data_dir:
        _start_over(spec)
    return await host.add(spec, tree(spec), birth, [*_doors(spec, https, audit, clients), *doors])


def _doors(
    spec: NodeSpec,
    https: Callable[[], ssl.SSLContext],
    write: Callable[[str], None] | None,
    clients: LaneTls | None,
) -> list[Opening]:
    """The gateway answers HTTP, the actor for DNS that, the agent client actors. What is not opened is not imported."""
    audit = _audit(spec, write) if write is not None else None
    doors: list[Opening] = [audit.open] if audit is not None else []
    if spec.http_port >= 0 or spec.https_port >= 0:
        from lictor_actors.hosts.doors.http.opening import DoorPlaces, Listening, http_opening
        from lictor_actors.hosts.doors.unix import Ownership

        plain, secure = DoorPlaces(spec.http_on, spec.http_port), DoorPlaces(spec.https_on, spec.https_port)
        where = Listening(plain, secure, https, spec.http_allowed_hosts, Ownership(*spec.unix_sockets))
        over_http = {"over": audit.over_http} if audit is not None else {}
        doors.append(http_opening("gateway", where, gateway_options(spec), **over_http))
    if spec.dns_port >= 0:
        from lictor_actors.hosts.doors.dns.opening import dns_opening

        doors.append(dns_opening("dns", spec.dns_on, spec.dns_port))
    if spec.door_port >= 0:
        from lictor_actors.bus.stream_inlet import Admission
        from lictor_actors.hosts.doors.clients import DoorTerms, client_opening

        urls = tuple(lane_url(ip, spec.door_port) for ip in spec.client_addresses)
        around = {"over": audit.over_messages} if audit is not None else {}
        admission = Admission(spec.door_conns_per_client, spec.door_handshake_ns / 1e9)
        doors.append(client_opening("agent", urls, DoorTerms(clients, spec.door_plain_tokens, admission, **around)))
    return doors


def _audit(spec: NodeSpec, write: Callable[[str], None]) -> Audit:
    from lictor_actors.node.audit import Audit

    return Audit(write, acl=gateway_options(spec).acl)


def _start_over(spec: NodeSpec) -> None:
    from lictor_actors.node.peers_file import apply_peers_file

    done = apply_peers_file(Path(spec.data_dir), spec.node)
    if done is not None:
        log.warning("%s: peers.json was applied: the servers are now %s", spec.node, ", ".join(done.after.names))
