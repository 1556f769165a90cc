"""Keys of Consul's agent configuration that are not in force here: which are harmless, and which promise too much.

A key that is left out without harm is accepted and named in a warning. Keys that would be believed in, such as those of
encryption, are refused by name. Where a key is harmless as long as its feature is off, as test harnesses send it, the
values that say so are listed. Source: Consul's documentation of the agent's configuration, 1.22.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Raw = dict[str, Any]

NOT_IN_FORCE = (
    "autopilot",
    "cache",
    "connect",
    "disable_anonymous_signature",
    "disable_host_node_id",
    "disable_http_unprintable_char_filter",
    "disable_keyring_file",
    "disable_kv_key_validation",
    "disable_remote_exec",
    "disable_update_check",
    "enable_agent_tls_for_checks",
    "enable_debug",
    "http_config.max_header_bytes",
    "limits",
    "log_json",
    "peering",
    "performance.leave_drain_time",
    "ports.expose_max_port",
    "ports.expose_min_port",
    "ports.sidecar_max_port",
    "ports.sidecar_min_port",
    "primary_datacenter",
    "raft_logstore",
    "raft_protocol",
    "raft_snapshot_interval",
    "retry_max",
    "retry_max_wan",
    "rpc",
    "telemetry",
    "ui",
    "ui_config",
    "use_streaming_backend",
    *("revision", "version", "version_metadata", "version_prerelease"),
)
"""Accepted, and named in a warning."""

NO_ACLS = "there are no ACLs"
NO_TLS = "there is no TLS"
NO_SYSLOG = "the log goes to standard output"
NO_RELOAD = "files are read again when SIGHUP or `lictor reload` says so"
LACKING: dict[str, str] = {
    **dict.fromkeys(("acl", "acl_datacenter", "acl_default_policy", "acl_master_token", "acl_token"), NO_ACLS),
    "unix_sockets": "HTTP listens on IPs alone",
    "addresses.https": NO_TLS,
    **dict.fromkeys(("addresses.grpc", "addresses.grpc_tls"), "there is no gRPC"),
    **dict.fromkeys(("advertise_addr_ipv4", "advertise_addr_ipv6"), "advertise_addr is the one address"),
    **dict.fromkeys(("advertise_addr_wan_ipv4", "advertise_addr_wan_ipv6"), "advertise_addr_wan is the one address"),
    "gossip_wan": "gossip_profile_wan chooses the constants",
    "serf_wan": "gossip between datacenters listens on bind_addr",
    **dict.fromkeys(("auto_encrypt", "auto_config", "ca_file", "ca_path", "cert_file", "key_file", "tls"), NO_TLS),
    **dict.fromkeys(("server_name", "tls_cipher_suites", "tls_min_version"), NO_TLS),
    **dict.fromkeys(("tls_prefer_server_cipher_suites", "verify_incoming", "verify_incoming_https"), NO_TLS),
    **dict.fromkeys(("verify_incoming_rpc", "verify_outgoing", "verify_server_hostname"), NO_TLS),
    **dict.fromkeys(("encrypt", "encrypt_verify_incoming", "encrypt_verify_outgoing"), "gossip is not encrypted"),
    "recursor": "recursors has them all, as a list",
    "dns_config.prefer_namespace": "there is one namespace",
    **dict.fromkeys(("enable_syslog", "syslog_facility", "log_file"), NO_SYSLOG),
    **dict.fromkeys(("log_rotate_bytes", "log_rotate_duration", "log_rotate_max_files"), NO_SYSLOG),
    **dict.fromkeys(("http_config.allow_write_http_from", "http_config.block_endpoints"), "HTTP is open as a whole"),
    "advertise_reconnect_timeout": "reconnect_timeout is the same for all members",
    "audit": "there is no audit log",
    "auto_reload_config": NO_RELOAD,
    "config_entries": "there is no service mesh",
    "discovery_max_stale": "a read is stale only if it asks for it",
    "gossip_lan": "gossip_profile chooses the constants",
    "http_config.response_headers": "answers bear no headers of one's own",
    "license_path": "there is no licence to read",
    "raft_prevote_disabled": "elections always begin with a pre-vote",
    "segment": "there is one network segment",
    "segments": "there is one network segment",
    "serf_lan": "gossip listens on bind_addr",
    "serf_lan_allowed_cidrs": "gossip takes members from every address",
    "tagged_addresses": "a node has the tagged addresses of its advertised one",
    "watches": "there are no watch handlers",
}
"""Refused, with the reason."""
REMOVED = {
    "acl_enforce_version_8": "1.11",
    "acl_agent_token": "1.11",
    "acl_down_policy": "1.11",
    "acl_ttl": "1.11",
}
"""Keys that Consul itself has no more, and since when."""


def acls_are_off(value: Any) -> bool:
    """Tokens and policies without ``enabled`` and without a deny have no effect in Consul either."""
    return isinstance(value, dict) and not value.get("enabled") and value.get("default_policy", "allow") == "allow"


def is_off(value: Any) -> bool:
    """false, or nothing."""
    return not value


OFF: dict[str, Callable[[Any], bool]] = {
    "acl": acls_are_off,
    **dict.fromkeys(
        (
            *("auto_encrypt", "config_entries", "discovery_max_stale", "enable_syslog", "encrypt"),
            *("dns_config.prefer_namespace", "segments", "tls"),
            *("verify_incoming", "verify_incoming_https", "verify_incoming_rpc", "verify_outgoing"),
            *("verify_server_hostname", "watches"),
        ),
        is_off,
    ),
}
"""Of a key that promises too much: whether this value leaves its feature off. It is then taken as if it were absent."""


def left_out(raw: Raw) -> Iterator[str]:
    """Remove what is absent, off or not in force; yields the keys that are not in force and worth a warning."""
    drop_nulls(raw)
    for key, off in OFF.items():
        take_out(raw, key, off)
    for key in NOT_IN_FORCE:
        if take_out(raw, key):
            yield key


def drop_nulls(raw: Raw) -> None:
    """A key whose value is null is as good as absent, in sections too."""
    for key, value in list(raw.items()):
        if value is None:
            del raw[key]
        elif isinstance(value, dict) and key != "node_meta":
            drop_nulls(value)


def take_out(raw: Raw, key: str, when: Callable[[Any], bool] = lambda _: True) -> bool:
    """Remove ``key``, or ``section.key``, if its value is so; True if it was."""
    section, _, name = key.rpartition(".")
    holder = raw.get(section) if section else raw
    if not isinstance(holder, dict) or name not in holder or not when(holder[name]):
        return False
    del holder[name]
    return True


def why_refused(key: str) -> str:
    """What to say of a key of Consul's that is refused, "" if Consul has no such key."""
    if key in REMOVED:
        return f"Consul has it no more since {REMOVED[key]}. Remove it."
    if key in LACKING:
        return f"Consul has it, Lictor not yet: {LACKING[key]}. Remove it to run without."
    return ""
