"""Ports that are left out: HTTPS without a certificate, and default ones that are taken and that Consul has not.

Harnesses of Consul's clients give each agent a port for HTTPS, mostly without a certificate. They start several agents
at one address, and move the ports that they know of.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from lictor_deploy.agent.limits import bind_once
from lictor_deploy.agent.tls import https_files
from lictor_deploy.config.sections import AgentConfig
from lictor_messages.addresses import join_host_port

TAKEN = "is taken, perhaps by another agent: this one"


def with_usable_ports(config: AgentConfig) -> AgentConfig:
    """No HTTPS without a certificate; no door for client actors and no gossip with other datacenters where their ports
    are taken and were not asked for."""
    if config.ports.https >= 0 and not https_files(config).cert_file:
        lost = "its clients get no HTTPS. Set tls.https.cert_file and tls.https.key_file"
        config = without("https", f"ports.https is {config.ports.https}, and there is no certificate: {lost}", config)
    if taken := first_taken("bus", config.client_addr, config):
        lost = "has no door for client actors. Give it one with -bus-port or ports.bus"
        config = without("bus", f"{taken} {TAKEN} {lost}", config)
    if config.crosses and (taken := first_taken("serf_wan", [config.serf_wan or config.bind_addr], config)):
        lost = "knows no other datacenter. Give it another port for that with -serf-wan-port or ports.serf_wan"
        config = without("serf_wan", f"{taken} {TAKEN} {lost}", config)
    return config


def first_taken(port: str, ips: Iterable[str], config: AgentConfig) -> str:
    """The address that another process listens at, if this port is the default one; "" if it is free."""
    number: int = getattr(config.ports, port)
    for ip in ips if port not in config.ports.model_fields_set and number > 0 else ():
        try:
            bind_once(ip, number)
        except OSError:
            return join_host_port(ip, number)
    return ""


def without(port: str, why: str, config: AgentConfig) -> AgentConfig:
    """The same configuration with this port off."""
    logging.getLogger("lictor").warning("agent: %s", why)
    return config.model_copy(update={"ports": config.ports.model_copy(update={port: -1})})
