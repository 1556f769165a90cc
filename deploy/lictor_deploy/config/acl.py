"""``acl`` of an agent's configuration."""

from __future__ import annotations

from typing import Literal

from lictor_deploy.config.kinds import Duration
from lictor_deploy.config.option import Section, option, section
from lictor_messages.secret import Secret


class AclSecrets(Section):
    """Secrets of tokens. They are in no log and in no answer."""

    initial_management: Secret = option(
        "A token that may do everything, made by the first leader.", feeds="server.acl_initial_management"
    )
    agent: Secret = option(
        "By which the agent keeps its node in the catalog.", feeds="agent.acl_agent_token", reloads=True
    )
    default: Secret = option(
        "Of requests that show none, and of the agent's.", feeds="agent.acl_default_token", reloads=True
    )
    agent_recovery: Secret = option(
        "May do everything with this agent, also while no server is reached.",
        feeds="agent.acl_recovery_token",
        reloads=True,
    )
    dns: Secret = option(
        "By which DNS is answered; by default the default one.", feeds="agent.acl_dns_token", reloads=True
    )
    replication: Secret = option(
        "By which a server of another datacenter than the primary reads what it replicates.",
        feeds="agent.acl_replication_token",
        reloads=True,
    )
    config_file_service_registration: Secret = option(
        "By which services and checks of the configuration are written that name no token of their own.",
        feeds="agent.acl_registration_token",
        reloads=True,
    )


class Acl(Section):
    """Who may do what. Every agent of a cluster has the same, or some doors stay open."""

    enabled: bool = option("Ask for tokens.", feeds="server.acl agent.acl gateway.acl dns.acl")
    default_policy: Literal["allow", "deny"] = option(
        "What holds where no rule speaks.",
        feeds="server.acl_default_policy agent.acl_default_policy gateway.acl_default_policy",
    )
    down_policy: Literal["extend-cache", "async-cache", "deny", "allow"] = option(
        "What a token may do with this agent while no server is reached, and with a server of another datacenter that "
        "does not replicate tokens while the primary is not; with async-cache no request waits for one that is asked "
        "again about a known token.",
        feeds="server.acl_down_policy agent.acl_down_policy gateway.acl_down_policy",
    )
    token_ttl: Duration = option(
        "How long an agent believes what a server has said of a token, and a server what the primary datacenter has.",
        feeds="server.acl_token_ttl_ns agent.acl_token_ttl_ns",
    )
    policy_ttl: Duration = option(
        "The same of its policies; the least of the three holds for all.", feeds="agent.acl_policy_ttl_ns"
    )
    role_ttl: Duration = option("The same of its roles.", feeds="agent.acl_role_ttl_ns")
    enable_key_list_policy: bool = option("Listing keys takes key:list on their prefix.", feeds="server.acl_key_list")
    enable_token_persistence: bool = option(
        "Keep what /v1/agent/token sets over a restart.", feeds="agent.acl_keeps_tokens"
    )
    enable_token_replication: bool = option(
        "Replicate the primary datacenter's tokens, too; local ones take it.", feeds="server.acl_replicates_tokens"
    )
    tokens: AclSecrets = section()
