"""From a node's spec to its actors: prober, server (with its links to other datacenters), agent (which spawns its
checker), gateway, and DNS if it has it."""

from __future__ import annotations

from lictor_actors.consul.serf import node_meta
from lictor_actors.kernel.actor import Actor
from lictor_actors.node.spec import NodeSpec
from lictor_actors.roles.agent.agent import Agent
from lictor_actors.roles.checker import Checker
from lictor_actors.roles.dns.dns import Dns
from lictor_actors.roles.gateway.gateway import Gateway
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.roles.server.leader.reconcile import tagged_addresses
from lictor_actors.roles.server.server import Server
from lictor_actors.roles.wan.flooding import PORT_TAG
from lictor_actors.roles.wan.prober import WanProber
from lictor_actors.roles.wan.router import DatacenterRouter
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.roster import NO_ONE, SharedView
from lictor_messages.addresses import join_host_port
from lictor_messages.agent import AgentOptions
from lictor_messages.base import FrozenMap
from lictor_messages.dns import DnsOptions
from lictor_messages.envelope import at
from lictor_messages.host import ActorSpec
from lictor_messages.server import RouterOptions, ServerOptions
from lictor_messages.swim import ProberOptions
from lictor_messages.version import CONSUL_VERSION
from lictor_messages.web import GatewayOptions

WAN_PROBER = "prober-wan"
ROUTER = "router"


def tree(spec: NodeSpec) -> list[ActorSpec]:
    """The actors of a node, in the order in which they start."""
    prober = _prober(spec)
    specs = [ActorSpec.model_construct(role=prober.role, options=prober)]
    if spec.server:
        specs.append(ActorSpec.model_construct(role="server", options=_server(spec)))
    if spec.crosses:
        specs.append(ActorSpec.model_construct(role=WAN_PROBER, options=_wan_prober(spec)))
        specs.append(ActorSpec.model_construct(role=ROUTER, options=_router(spec)))
    specs.append(ActorSpec.model_construct(role="agent", options=_agent(spec)))
    specs.append(ActorSpec.model_construct(role="gateway", options=gateway_options(spec)))
    if spec.dns_port >= 0:
        specs.append(ActorSpec.model_construct(role="dns", options=_dns(spec)))
    return specs


def birth(spec: ActorSpec, view: SharedView = NO_ONE, profile: Profile | None = None) -> Actor:
    """A new actor of this role; a prober begins with the members of ``view``, and by the constants of ``profile`` if
    these are not to be the ones that its options name."""
    match spec.options:
        case ProberOptions(pool="wan"):
            return WanProber(spec.options)
        case ProberOptions():
            return Prober(spec.options, profile, view)
        case ServerOptions():
            return Server(spec.options)
        case RouterOptions():
            return DatacenterRouter(spec.options)
        case AgentOptions():
            return Agent(spec.options)
        case GatewayOptions():
            return Gateway(spec.options)
        case DnsOptions():
            return Dns(spec.options)
    if spec.role == "checker":
        return Checker()
    raise ValueError(f"no actor for the role {spec.role!r}: let birth in node/tree.py make one")


def _tags(spec: NodeSpec) -> FrozenMap:
    tags = {
        "role": "consul" if spec.server else "node",
        "dc": spec.dc,
        "id": spec.id,
        "build": spec.version or CONSUL_VERSION,
        "vsn": "2",
    }
    if spec.server:
        tags["port"] = str(spec.server_port)
        tags["expect"] = str(spec.bootstrap_expect)
        if spec.settings_of("server").get("acl"):
            tags["acls"] = "1"  # Consul's number for a server that asks for tokens
    if spec.crosses:
        tags[PORT_TAG] = str(spec.wan_port)
    return FrozenMap(tags)


def _prober(spec: NodeSpec) -> ProberOptions:
    tell = [at("agent", spec.node)]
    if spec.server:
        tell.append(at("server", spec.node))
    if spec.crosses:
        tell.append(at(ROUTER, spec.node))
    return ProberOptions(
        name=spec.name,
        dc=spec.dc,
        address=spec.address,
        port=spec.gossip_port,
        gossip=spec.gossip_url,
        rest=spec.rest_url,
        tags=_tags(spec),
        join=tuple(url for url in spec.join if spec.gossip or url != spec.gossip_url),  # a lane may be shared
        tell=tuple(tell),
        encrypted=spec.encryption is not None,
        **spec.settings_of("prober"),
    )


def _wan_prober(spec: NodeSpec) -> ProberOptions:
    options = {"profile": "wan", **spec.settings_of(WAN_PROBER)}
    return ProberOptions(
        role=WAN_PROBER,
        pool="wan",
        name=spec.name,
        dc=spec.dc,
        address=spec.wan_address or spec.address,
        port=spec.wan_port,
        gossip=spec.wan_url,
        rest=spec.rest_url,
        tags=_tags(spec),
        join=tuple(url for url in spec.wan_join if url != spec.wan_url),
        tell=(at(ROUTER, spec.node),),
        encrypted=spec.encryption is not None,
        **options,
    )


def _router(spec: NodeSpec) -> RouterOptions:
    prober, wan_prober = at("prober", spec.node), at(WAN_PROBER, spec.node)
    return RouterOptions(node=spec.node, dc=spec.dc, prober=prober, wan_prober=wan_prober)


def _server(spec: NodeSpec) -> ServerOptions:
    return ServerOptions(
        node=spec.node,
        name=spec.name,
        dc=spec.dc,
        bootstrap_expect=spec.bootstrap_expect,
        port=spec.server_port,
        prober=at("prober", spec.node),
        wan_prober=at(WAN_PROBER, spec.node) if spec.crosses else "",
        router=at(ROUTER, spec.node) if spec.crosses else "",
        version=spec.version or CONSUL_VERSION,
        **spec.settings_of("server"),
    )


def _agent(spec: NodeSpec) -> AgentOptions:
    return AgentOptions(
        node=spec.node,
        name=spec.name,
        dc=spec.dc,
        node_id=spec.id,
        address=spec.address,
        server=spec.server,
        version=spec.version or CONSUL_VERSION,
        meta=FrozenMap({**node_meta(spec.version or CONSUL_VERSION), **spec.meta}),
        tagged_addresses=FrozenMap({**tagged_addresses(spec.address, spec.wan_address), **spec.tagged_addresses}),
        prober=at("prober", spec.node),
        wan_prober=at(WAN_PROBER, spec.node) if spec.crosses else "",
        services=spec.services,
        checks=spec.checks,
        doorways=_doorways(spec),
        **spec.settings_of("agent"),
    )


def _doorways(spec: NodeSpec) -> tuple[str, ...]:
    names = ("gateway", *(("dns",) if spec.dns_port >= 0 else ()), *(("door",) if spec.door_port >= 0 else ()))
    return tuple(at(name, spec.node) for name in names)


def gateway_options(spec: NodeSpec) -> GatewayOptions:
    """With what its gateway is started, and the door before it."""
    server = at("server", spec.node) if spec.server else ""
    return GatewayOptions(
        node=spec.node,
        name=spec.name,
        dc=spec.dc,
        server=server,
        http_addr=_listeners(spec.http_on, spec.http_port),
        https_addr=_listeners(spec.https_on, spec.https_port),
        **spec.settings_of("gateway"),
    )


def _listeners(places: tuple[str, ...], port: int) -> str:
    """For people."""
    shown = (place if "://" in place else join_host_port(place, port) for place in places)
    return " ".join(shown) if port >= 0 else ""


def _dns(spec: NodeSpec) -> DnsOptions:
    server = at("server", spec.node) if spec.server else ""
    return DnsOptions(node=spec.node, dc=spec.dc, server=server, **spec.settings_of("dns"))
