"""From an agent's configuration to what the host builds its node from."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from lictor_actors.checks.script import allowed
from lictor_actors.node.spec import NodeSpec
from lictor_deploy.agent.identity import advertised, node_id, node_name
from lictor_deploy.config.definitions import check_of, service_of
from lictor_deploy.config.ips import WILDCARDS
from lictor_deploy.config.option import options
from lictor_deploy.config.sections import AgentConfig
from lictor_messages.addresses import lane_url
from lictor_messages.agent import CheckSpec, RegisterService
from lictor_messages.base import FrozenMap


def node_spec(config: AgentConfig) -> NodeSpec:
    """Each key goes where it was declared to; what is reckoned from several, or from the machine, is made here."""
    bind, sockets = config.bind_addr, config.unix_sockets
    name, address = node_name(config.node_name), advertised(bind, config.advertise_addr)
    elsewhere = bind in WILDCARDS or address != bind or config.serf_lan or config.serf_wan
    services, checks = definitions_of(config, name)
    spec = NodeSpec(
        name=name,
        id=node_id(config.node_id, config.data_dir, of_host=not config.disable_host_node_id),
        address=address,
        listen=lanes(config) if elsewhere else (),
        join=(*config.start_join, *config.retry_join),
        wan_join=(*config.start_join_wan, *config.retry_join_wan),
        services=services,
        checks=checks,
        tagged_addresses=FrozenMap(config.tagged),
        encryption=config.encryption(config.data_dir),
        unix_sockets=(sockets.user, sockets.group, sockets.mode),
    )
    return with_keys(spec, config)


def with_keys(spec: NodeSpec, config: AgentConfig) -> NodeSpec:
    """The same node with what single keys feed."""
    values = {
        **dict(fed(config)),
        "server.autopilot": config.autopilot.configuration,
        "server.cluster_id": config.connect.cluster_id,
    }
    of_node = {field.removeprefix("node."): values.pop(field) for field in list(values) if field.startswith("node.")}
    of_node["wan_port"] = config.ports.serf_wan if config.crosses else -1
    return NodeSpec(**{**dict(spec), **of_node, "settings": values})


def lanes(config: AgentConfig) -> tuple[str, ...]:
    """Where the node listens: gossip, the rest, and on a server gossip with other datacenters."""
    return tuple(lane_url(ip, port) for _, ip, port in lane_places(config))


def lane_places(config: AgentConfig) -> tuple[tuple[str, str, int], ...]:
    """The same as the key of the IP, the IP and the port."""
    bind, ports = config.bind_addr, config.ports
    lan = ("serf_lan" if config.serf_lan else "bind_addr", config.serf_lan or bind, ports.serf_lan)
    wan = ("serf_wan" if config.serf_wan else "bind_addr", config.serf_wan or bind, ports.serf_wan)
    return (lan, ("bind_addr", bind, ports.server), *((wan,) if config.crosses else ()))


def definitions_of(config: AgentConfig, node: str) -> tuple[tuple[RegisterService, ...], tuple[CheckSpec, ...]]:
    """The services and checks of the node of that name; Failure says what is wrong with one."""
    scripts = allowed(config.enable_script_checks, config.enable_local_script_checks)
    services = tuple(service_of(raw, node, scripts) for raw in config.services)
    return services, tuple(check_of(raw, scripts) for raw in config.checks)


def fed(config: AgentConfig) -> Iterator[tuple[str, Any]]:
    """Every field that a key feeds, with its value."""
    for option in options(type(config)):
        value = attrgetter(option.key)(config)
        for target in option.feeds:
            yield target, value
