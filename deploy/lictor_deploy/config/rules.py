"""What keys cannot mean together though each has a good value: one sentence for each."""

from __future__ import annotations

from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure


def contradictions(config: AgentConfig) -> None:
    """What cannot be meant."""
    if config.bootstrap and config.bootstrap_expect > 1:
        raise Failure(f"bootstrap means bootstrap_expect=1, not {config.bootstrap_expect}: give one of the two.")
    if (config.bootstrap or config.bootstrap_expect) and not config.server:
        raise Failure("bootstrap_expect needs -server: only servers elect a leader.")
    faults_guarded(config)


def faults_guarded(config: AgentConfig) -> None:
    """Faults and their token come together."""
    if config.fault_injection_token and not config.enable_fault_injection:
        raise Failure("fault_injection_token guards nothing unless enable_fault_injection is true: set both, or none.")
    if config.enable_fault_injection and not config.fault_injection_token:
        raise Failure(
            "enable_fault_injection needs a fault_injection_token, a secret that callers send as X-Consul-Token: "
            "without one every user of this machine could break the agent."
        )
