"""What a configuration cannot mean though every key has the right type: one sentence for each."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from operator import attrgetter
from typing import TYPE_CHECKING

from lictor_deploy.words.sentence import Failure
from lictor_messages.durations import parse_go_duration

if TYPE_CHECKING:
    from lictor_deploy.config.load import AgentConfig


def contradictions(config: AgentConfig) -> None:
    """What cannot be meant."""
    if config.bootstrap_expect < 0:
        raise Failure("bootstrap_expect cannot be negative: give the number of servers to wait for.")
    if config.bootstrap and config.bootstrap_expect > 1:
        raise Failure(f"bootstrap means bootstrap_expect=1, not {config.bootstrap_expect}: give one of the two.")
    if (config.bootstrap or config.bootstrap_expect) and not config.server:
        raise Failure("bootstrap_expect needs -server: only servers elect a leader.")
    if not config.datacenter.replace("-", "").replace("_", "").isalnum():
        raise Failure(f"Invalid datacenter {config.datacenter!r}: use letters, digits, - and _.")
    if config.performance.raft_multiplier <= 0 or config.performance.raft_multiplier > 10:
        raise Failure("performance.raft_multiplier must be between 0 and 10: 1 is fast, 5 suits small machines.")
    if config.raft_snapshot_threshold < 1 or config.raft_trailing_logs < 0:
        raise Failure("raft_snapshot_threshold must be at least 1 and raft_trailing_logs at least 0, in log entries.")
    faults_guarded(config)
    allowed_hosts(config.http_config.allowed_hosts)
    for key in ("retry_interval", "performance.rpc_hold_timeout"):
        positive_duration(key, attrgetter(key)(config))
    for key in ("bind_addr", "client_addr", "advertise_addr"):
        ip_address(key, getattr(config, key))
    for name, port in config.ports:
        if not -1 <= port <= 65535:
            raise Failure(f"ports.{name} must be a port number, or -1 to switch it off, not {port}.")


def faults_guarded(config: AgentConfig) -> None:
    """Faults and their token come together."""
    if config.fault_injection_token and not config.enable_fault_injection:
        raise Failure("fault_injection_token guards nothing unless enable_fault_injection is true: set both, or none.")
    if config.enable_fault_injection and not config.fault_injection_token:
        raise Failure(
            "enable_fault_injection needs a fault_injection_token, a secret that callers send as X-Consul-Token: "
            "without one every user of this machine could break the agent."
        )


def allowed_hosts(names: Iterable[str]) -> None:
    """Refuse what no Host header can be, above all whole URLs."""
    for name in names:
        if not name or not name.isprintable() or any(c in name for c in "/ ,@") or ("*" in name and name != "*"):
            raise Failure(f"http_config.allowed_hosts: {name!r} is no host's name: write consul.example, or * for any.")


def positive_duration(key: str, text: str) -> None:
    """Refuse what is no length of time."""
    try:
        if parse_go_duration(text) > 0:
            return
    except ValueError:
        pass
    raise Failure(f"{key} {text!r} is no length of time: write it like 30s or 1m30s.")


def ip_address(key: str, text: str) -> None:
    """Refuse names of hosts, and lists; what others reach a node by is no wildcard."""
    try:
        wildcard = bool(text) and ipaddress.ip_address(text.strip("[]")).is_unspecified
    except ValueError:
        raise Failure(f"{key} {text!r} is no IP address: give one of this machine's, `ip addr` lists them.") from None
    if wildcard and key == "advertise_addr":
        raise Failure(f"advertise_addr {text!r} leads nowhere: give an IP that other nodes reach this one by.")
