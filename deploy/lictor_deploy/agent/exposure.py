"""Where strangers can reach a node, or read what passes there: said once at start."""

from __future__ import annotations

from lictor_actors.hosts.doors.unix import path_of
from lictor_deploy.agent.lane_tls import demands
from lictor_deploy.agent.spec import lane_places
from lictor_deploy.agent.tls import clients_certified, https_files
from lictor_deploy.config.sections import AgentConfig
from lictor_messages.addresses import is_here, join_host_port


def warning(config: AgentConfig) -> str:
    """One sentence with the addresses beyond loopback and the remedy, "" if there are none."""
    found = exposed(config)
    if not found:
        return ""
    addresses = ", ".join(found[:-1]) + f" and {found[-1]}" if len(found) > 1 else found[0]
    if config.acl.enabled and config.acl.default_policy == "deny":
        return (
            f"{addresses} can be reached from other machines: tokens are asked for there, but what passes can be read "
            "by others, or lanes believe strangers, until tls and encrypt are set (see docs/security.md)"
        )
    programs = ", and have programs run here (enable_script_checks)" if config.enable_script_checks else ""
    return (
        f"everybody who can reach {addresses} can read and change all that the cluster knows{programs}, without keys: "
        "bind to loopback or to a private network with -bind and -client (see docs/security.md)"
    )


def exposed(config: AgentConfig) -> list[str]:
    """``ip:port`` of every listener that speaks in clear, or believes strangers, and that other machines may reach."""
    ports = config.ports
    lanes = [(ip, port) for _, ip, port in lane_places(config) if not _guarded(config, port)]
    doors = [(ip, ports.http) for ip in config.addresses.http or config.client_addr if not path_of(ip)]
    doors += [(ip, ports.https) for ip in without_certificate(config)]
    doors += [(ip, ports.bus) for ip in config.client_addr if not clients_certified(config)]
    listeners = [(host, port) for host, port in lanes + doors if port >= 0]
    return [join_host_port(host, port) for host, port in listeners if not is_here(host)]


def _guarded(config: AgentConfig, port: int) -> bool:
    """Whether this port of a lane hears the cluster's own alone. Gossip's ports take requests too, until certificates
    are demanded: a key alone does not close them."""
    certified = demands(config).incoming
    if port == config.ports.server:
        return certified
    key = config.encryption(config.data_dir)
    return certified and key is not None and key.verify_incoming and key.verify_outgoing


def without_certificate(config: AgentConfig) -> list[str]:
    """IPs of HTTPS listeners that ask their clients for none."""
    asks = https_files(config).verify_incoming
    return [] if asks else [ip for ip in config.addresses.https or config.client_addr if not path_of(ip)]
