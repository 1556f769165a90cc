"""The ports of a node's listeners."""

from __future__ import annotations

from lictor_deploy.config.kinds import LanePort, Port
from lictor_deploy.config.option import Section, option


class Ports(Section):
    """-1 switches a listener off, 0 means its default. Those that feed nothing have no listener yet."""

    http: Port = option("HTTP API; -1 for none.", default=8500, flag="http-port", feeds="node.http_port")
    https: Port = option("The same over TLS; -1 for none.", default=-1, flag="https-port", feeds="node.https_port")
    dns: Port = option("DNS; -1 for none.", default=8600, flag="dns-port", feeds="node.dns_port")
    grpc: Port = option("Not in force yet.", default=-1)
    grpc_tls: Port = option("Not in force yet.", default=-1)
    bus: Port = option(
        "Client actors (lictor.connect); -1 for none. The default one is left out with a warning where it is taken.",
        default=8304,
        flag="bus-port",
        feeds="node.door_port",
    )
    server: LanePort = option("Cluster traffic.", flag="server-port", feeds="node.server_port")
    serf_lan: LanePort = option("Gossip.", flag="serf-lan-port", feeds="node.gossip_port")
    serf_wan: Port = option(
        "Gossip with servers of other datacenters; -1 for none. The default one is left out with a warning where it is "
        "taken.",
        default=8302,
        flag="serf-wan-port",
        feeds="node.wan_port",
    )
