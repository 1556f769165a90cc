"""Ports that are left out where they are taken: default ones that Consul has not, or that a client need not know of.

Harnesses of Consul's clients start several agents at one address and move the ports that they know of.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from lictor_deploy.agent.limits import bind_once
from lictor_deploy.config.sections import AgentConfig
from lictor_messages.addresses import join_host_port


def without_what_is_taken(config: AgentConfig) -> AgentConfig:
    """No door for client actors, and no gossip with other datacenters, if its port is taken and was not asked for."""
    if taken := first_taken("bus", config.client_addr, config):
        lost = "has no door for client actors. Give it one with -bus-port or ports.bus"
        config = without("bus", taken, lost, config)
    if config.crosses and (taken := first_taken("serf_wan", [config.bind_addr], config)):
        lost = "knows no other datacenter. Give it another port for that with -serf-wan-port or ports.serf_wan"
        config = without("serf_wan", taken, lost, config)
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


def without(port: str, taken: str, lost: str, config: AgentConfig) -> AgentConfig:
    """The same configuration with this port off."""
    logging.getLogger("lictor").warning("agent: %s is taken, perhaps by another agent: this one %s", taken, lost)
    return config.model_copy(update={"ports": config.ports.model_copy(update={port: -1})})
