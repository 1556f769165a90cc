"""What a configuration lacks to be left among strangers, for ``lictor validate -strict``."""

from __future__ import annotations

from collections.abc import Callable

from lictor_deploy.agent.exposure import exposed, without_certificate
from lictor_deploy.agent.lane_tls import demands
from lictor_deploy.config.sections import AgentConfig
from lictor_messages.addresses import is_here


def lacking(config: AgentConfig) -> list[str]:
    """A sentence for each point of the list that does not hold: what is so, and the key that mends it."""
    return [sentence for holds, sentence in CHECKLIST if not holds(config)]


def _acls(config: AgentConfig) -> bool:
    return config.acl.enabled


def _deny(config: AgentConfig) -> bool:
    return config.acl.default_policy == "deny"


def _down(config: AgentConfig) -> bool:
    return config.acl.down_policy != "allow"


def _audited(config: AgentConfig) -> bool:
    return config.audit.enabled


def _gossip(config: AgentConfig) -> bool:
    return config.encryption(config.data_dir) is not None


def _nodes(config: AgentConfig) -> bool:
    return demands(config).incoming


def _own_token(config: AgentConfig) -> bool:
    return bool(config.acl.tokens.agent or config.acl.tokens.default or config.acl.enable_token_persistence)


def _scripts(config: AgentConfig) -> bool:
    return not config.enable_script_checks


def _faults(config: AgentConfig) -> bool:
    return not config.enable_fault_injection


def _certificates(config: AgentConfig) -> bool:
    return config.ports.https < 0 or not any(not is_here(ip) for ip in without_certificate(config))


def _doors(config: AgentConfig) -> bool:
    return not exposed(config)


CHECKLIST: tuple[tuple[Callable[[AgentConfig], bool], str], ...] = (
    (_acls, "no token is asked for: set acl.enabled"),
    (_deny, "what no rule speaks of is allowed: set acl.default_policy to deny"),
    (_down, "without a server everything is allowed: set acl.down_policy to extend-cache or deny"),
    (_own_token, "the agent has no token to keep its node in the catalog: set acl.tokens.agent"),
    (_scripts, "programs may be registered over HTTP and run: use enable_local_script_checks"),
    (_faults, "faults may be injected: remove enable_fault_injection"),
    (_certificates, "HTTPS asks its clients for no certificate: set tls.https.verify_incoming and tls.https.ca_file"),
    (_audited, "no record is kept of who asked what: set audit.enabled and audit.sink"),
    (_gossip, "gossip is in clear, and anyone may join it: set encrypt to a key of `lictor keygen`"),
    (_nodes, "nodes believe each other without certificates: set tls.internal_rpc.verify_incoming and its files"),
    (_doors, "other machines reach listeners that speak in clear: bind them to loopback or to a private network"),
)
"""What holds, and what to say if it does not."""
