"""Keys of Consul's agent configuration that are not in force here: which are harmless, and which promise too much.

A key that is left out without harm is accepted and named in a warning. Keys that would be believed in, such as those of
encryption, are refused by name. Where a key is harmless as long as its feature is off, as test harnesses send it, the
values that say so are listed. Source: Consul's documentation of the agent's configuration, 1.22.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Raw = dict[str, Any]

NO_SINK = "metrics are asked for at /v1/agent/metrics, as JSON or by Prometheus, and are sent nowhere"
NO_MESH = "there is no service mesh"
NO_GRPC = "there is no gRPC"
NO_UI = "there is no user interface"
ALIKE = "autopilot promotes all servers alike"
NOWHERE = "no newer version is looked for"
NO_ISSUER = "certificates are made with lictor tls cert create, for each node"
NOT_IN_FORCE: dict[str, str] = {
    "cache": "the agent's cache is bounded in bytes, and asks for each answer once at a time",
    **dict.fromkeys(("connect.ca_provider", "connect.enable_mesh_gateway_wan_federation", "peering"), NO_MESH),
    **dict.fromkeys(("connect.enable_serverless_plugin", "enable_central_service_config", "xds"), NO_MESH),
    **dict.fromkeys(
        (f"ports.{name}_{end}_port" for name in ("expose", "proxy", "sidecar") for end in ("max", "min")), NO_MESH
    ),
    **dict.fromkeys(("disable_anonymous_signature", "disable_update_check"), NOWHERE),
    "disable_kv_key_validation": "keys may hold all characters that can be seen",
    "disable_remote_exec": "there is no remote execution",
    "limits.rpc_client_timeout": "a request has the time that its question takes, and performance.rpc_hold_timeout",
    **dict.fromkeys((f"performance.grpc_keepalive_{name}" for name in ("interval", "timeout")), NO_GRPC),
    "protocol": "members speak the one version of gossip's protocol",
    "raft_logstore": "a server's journal is its one log store",
    "raft_protocol": "servers speak the one version of the protocol",
    "raft_snapshot_interval": "a server sees after each entry whether a snapshot is due",
    "reporting": "nothing is reported",
    **dict.fromkeys(("rpc", "use_streaming_backend"), "every blocking query waits at a server"),
    **dict.fromkeys(
        ("revision", "version", "version_metadata", "version_prerelease"), "an agent says the version that it is"
    ),
    "telemetry.disable_compat_1.9": "metrics have the names of Consul 1.22",
    "telemetry.disable_per_tenancy_usage_metrics": "there is one tenant",
    "telemetry.retry_failed_connection": NO_SINK,
}
"""Accepted, and named with the reason in a warning: to have them or not makes no difference here."""

NO_RELOAD = "files are read again when SIGHUP or `lictor reload` says so"
SINKS = (
    *(f"telemetry.{name}" for name in ("dogstatsd_addr", "dogstatsd_tags", "statsd_address", "statsite_address")),
    *(f"telemetry.circonus_api_{name}" for name in ("app", "token", "url")),
    *(f"telemetry.circonus_broker_{name}" for name in ("id", "select_tag")),
    *(f"telemetry.circonus_check_{name}" for name in ("display_name", "force_metric_activation", "id", "instance_id")),
    *(f"telemetry.circonus_check_{name}" for name in ("search_tag", "tags")),
    *(f"telemetry.circonus_submission_{name}" for name in ("interval", "url")),
)
"""Keys of services that Consul sends its metrics to."""
ZONES = tuple(
    f"autopilot.{name}" for name in ("disable_upgrade_migration", "redundancy_zone_tag", "upgrade_version_tag")
)
"""Keys of Consul Enterprise's autopilot."""
LACKING: dict[str, str] = {
    **dict.fromkeys(("ui", "ui_config", "ui_content_path", "ui_dir"), NO_UI),
    **dict.fromkeys(ZONES, ALIKE),
    **dict.fromkeys(("non_voting_server", "read_replica"), "every server votes once autopilot finds it healthy"),
    "cloud": "there is no HCP to join",
    "default_intention_policy": NO_MESH,
    "experiments": "there is nothing to try out",
    "locality": "no zone is preferred to another",
    "partition": "there is one partition",
    **dict.fromkeys(("acl_default_policy", "acl_master_token", "acl_token"), "acl has its own keys for that"),
    "acl_datacenter": "primary_datacenter is its name",
    **dict.fromkeys(("addresses.grpc", "addresses.grpc_tls"), NO_GRPC),
    **dict.fromkeys(("auto_encrypt", "auto_config"), NO_ISSUER),
    "server_name": "a node is known by the names that its certificate has for nodes",
    **dict.fromkeys(("tls.https.verify_outgoing", "tls.https.verify_server_hostname"), "HTTPS dials no server"),
    "tls.grpc": NO_GRPC,
    "tls_prefer_server_cipher_suites": "with the suites that are spoken the client's order is as good",
    "recursor": "recursors has them all, as a list",
    "dns_config.prefer_namespace": "there is one namespace",
    **dict.fromkeys(SINKS, NO_SINK),
    "advertise_reconnect_timeout": "reconnect_timeout is the same for all members",
    "auto_reload_config": NO_RELOAD,
    "config_entries": NO_MESH,
    "license_path": "there is no licence to read",
    "raft_prevote_disabled": "elections always begin with a pre-vote",
    "segment": "there is one network segment",
    "segments": "there is one network segment",
}
"""Refused, with the reason."""
REMOVED = {
    "acl_enforce_version_8": "1.11",
    "acl_agent_master_token": "1.11",
    "acl_agent_token": "1.11",
    "acl_down_policy": "1.11",
    "acl_replication_token": "1.11",
    "acl_ttl": "1.11",
    "enable_acl_replication": "1.11",
}
"""Keys that Consul itself has no more, and since when."""


def acls_are_off(value: Any) -> bool:
    """Tokens and policies without ``enabled`` and without a deny have no effect in Consul either."""
    return isinstance(value, dict) and not value.get("enabled") and value.get("default_policy", "allow") == "allow"


def ui_is_off(value: Any) -> bool:
    """The section without ``enabled``."""
    return isinstance(value, dict) and not value.get("enabled")


def is_off(value: Any) -> bool:
    """false, or nothing."""
    return not value


OFF: dict[str, Callable[[Any], bool]] = {
    "ui_config": ui_is_off,
    **dict.fromkeys(
        (
            *("auto_encrypt", "config_entries", "segments", "ui"),
            *("cloud", "experiments", "locality", "non_voting_server", "partition", "read_replica", "ui_dir"),
            *("dns_config.prefer_namespace", "raft_prevote_disabled", "ui_content_path", *ZONES),
            *("tls.grpc", "tls_prefer_server_cipher_suites"),
            *("tls.https.verify_outgoing", "tls.https.verify_server_hostname"),
            *SINKS,
        ),
        is_off,
    ),
}
"""Of a key that promises too much: whether this value leaves its feature off. It is then taken as if it were absent."""


RENAMED = {"master": "initial_management", "agent_master": "agent_recovery"}
"""Of ``acl.tokens``: older names, and what they are since Consul 1.11."""


def left_out(raw: Raw) -> Iterator[str]:
    """Remove what is absent, off or not in force; yields the keys that are not in force and worth a warning."""
    drop_nulls(raw)
    take_out(raw, "acl", acls_are_off)
    _rename_tokens(raw)
    for key, off in OFF.items():
        take_out(raw, key, off)
    for key in NOT_IN_FORCE:
        if take_out(raw, key):
            yield key


def _rename_tokens(raw: Raw) -> None:
    acl = raw.get("acl")
    tokens = acl.get("tokens") if isinstance(acl, dict) else None
    if isinstance(tokens, dict):
        for old, new in RENAMED.items():
            if old in tokens:
                tokens.setdefault(new, tokens.pop(old))


def drop_nulls(raw: Raw) -> None:
    """A key whose value is null is as good as absent, in sections too."""
    for key, value in list(raw.items()):
        if value is None:
            del raw[key]
        elif isinstance(value, dict) and key != "node_meta":
            drop_nulls(value)


def take_out(raw: Raw, key: str, when: Callable[[Any], bool] = lambda _: True) -> bool:
    """Remove ``key``, or ``section.key``, if its value is so; True if it was."""
    if key in raw:  # one name of Consul's has a dot itself
        found = when(raw[key])
        if found:
            del raw[key]
        return found
    section, _, inner = key.partition(".")
    holder = raw.get(section)
    return isinstance(holder, dict) and bool(inner) and take_out(holder, inner, when)


def why_refused(key: str) -> str:
    """What to say of a key of Consul's that is refused, "" if Consul has no such key."""
    if key in REMOVED:
        return f"Consul has it no more since {REMOVED[key]}. Remove it."
    if key in LACKING:
        return f"Consul has it, Lictor not yet: {LACKING[key]}. Remove it to run without."
    return ""
