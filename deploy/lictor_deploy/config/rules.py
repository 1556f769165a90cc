"""What keys cannot mean together though each has a good value: one sentence for each."""

from __future__ import annotations

from lictor_deploy.config.ips import ANY_IPV6
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure
from lictor_messages.addresses import family_of


def contradictions(config: AgentConfig) -> None:
    """What cannot be meant."""
    if config.bootstrap and config.bootstrap_expect > 1:
        raise Failure(f"bootstrap means bootstrap_expect=1, not {config.bootstrap_expect}: give one of the two.")
    if (config.bootstrap or config.bootstrap_expect) and not config.server:
        raise Failure("bootstrap_expect needs -server: only servers elect a leader.")
    faults_guarded(config)
    denies_something(config)
    audited(config)
    one_family(config)


def one_family(config: AgentConfig) -> None:
    """A node listens in the family that it is known by; ``::`` listens in both."""
    bind, advertised = config.bind_addr, config.advertise_addr
    if advertised and bind != ANY_IPV6 and family_of(bind) != family_of(advertised):
        raise Failure(
            f"advertise_addr {advertised!r} is {family_of(advertised)} and bind_addr {bind!r} is {family_of(bind)}: no "
            "node could reach this one. Give both the same family, or bind to :: for both."
        )


def denies_something(config: AgentConfig) -> None:
    """A policy of denial without ACLs would be believed in."""
    if config.acl.default_policy == "deny" and not config.acl.enabled:
        raise Failure("acl.default_policy denies nothing unless acl.enabled is true: set both, or none.")


def audited(config: AgentConfig) -> None:
    """An audit log is written somewhere."""
    if config.audit.enabled and not config.audit.sink:
        raise Failure(
            'audit.enabled writes nothing without a place: add audit.sink "NAME" { type = "file", path = "…" }.'
        )
    for name, sink in config.audit.sink.items():
        if not sink.path:
            raise Failure(f"audit.sink.{name} needs a path: name the file that it writes.")


def faults_guarded(config: AgentConfig) -> None:
    """Faults and their token come together."""
    if config.fault_injection_token and not config.enable_fault_injection:
        raise Failure("fault_injection_token guards nothing unless enable_fault_injection is true: set both, or none.")
    if config.enable_fault_injection and not config.fault_injection_token:
        raise Failure(
            "enable_fault_injection needs a fault_injection_token, a secret that callers send as X-Consul-Token: "
            "without one every user of this machine could break the agent."
        )
