"""An agent's configuration as Consul's files and flags write it: read, merged, checked, every complaint a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lictor_deploy.config.rules import contradictions
from lictor_deploy.words.sentence import Failure

Raw = dict[str, Any]

EXPECTED = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "mapping_type": "an object",
}
NOT_IN_FORCE = (
    "addresses",
    "alt_domain",
    "autopilot",
    "check_update_interval",
    "connect",
    "disable_anonymous_signature",
    "disable_coordinates",
    "disable_host_node_id",
    "disable_remote_exec",
    "disable_update_check",
    "dns_config",
    "domain",
    "enable_debug",
    "limits",
    "log_json",
    "performance.leave_drain_time",
    "primary_datacenter",
    "raft_protocol",
    "retry_max",
    "session_ttl_min",
    "telemetry",
    "ui",
    "ui_config",
    "use_streaming_backend",
)
"""Consul's keys that are harmless to leave out: accepted, and named in a warning. All others are refused, so that
nobody believes in encryption or ACLs that are not there."""
NO_LISTENER = ("https", "dns", "grpc", "grpc_tls", "serf_wan")
"""Ports that are named the same way if somebody sets them."""
NO_TLS = "there is no TLS yet."
NO_WAN = "there is no pool of several datacenters yet."
NO_SCRIPTS = "there are no script checks yet."
NOT_BUILT = {
    "acl": "there are no ACLs yet.",
    "encrypt": "gossip is not encrypted yet.",
    "watches": "there are no watch handlers yet.",
    "config_entries": "there is no service mesh yet.",
    **dict.fromkeys(("retry_join_wan", "start_join_wan", "advertise_addr_wan"), NO_WAN),
    **dict.fromkeys(("enable_script_checks", "enable_local_script_checks"), NO_SCRIPTS),
    **dict.fromkeys(("tls", "ca_file", "ca_path", "cert_file", "key_file", "auto_encrypt"), NO_TLS),
    **dict.fromkeys(("verify_incoming", "verify_outgoing", "verify_server_hostname"), NO_TLS),
}
"""Keys that are spelled right and would promise too much."""


class Section(BaseModel):
    """A part of the configuration: no unknown keys, no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Ports(Section):
    """-1 switches a listener off, 0 means its default. Those of NO_LISTENER may be named, and nobody listens there."""

    http: int = 8500
    https: int = -1
    dns: int = -1
    grpc: int = -1
    grpc_tls: int = -1
    server: int = 8300
    serf_lan: int = 8301
    serf_wan: int = -1
    bus: int = 8304
    """The door for client actors (``lictor.connect``)."""


class Performance(Section):
    """Raft's clock."""

    raft_multiplier: float = 5
    rpc_hold_timeout: str = "7s"


class HttpConfig(Section):
    """Who may ask over HTTP."""

    allowed_hosts: list[str] = []
    """Names under which this agent may be asked, beside localhost and IPs; ``*`` for all."""


class AgentConfig(Section):
    """The core keys of Consul's agent configuration, merged from files and flags."""

    node_name: str = ""
    node_id: str = ""
    node_meta: dict[str, str] = {}
    datacenter: str = "dc1"
    server: bool = False
    bootstrap: bool = False
    bootstrap_expect: int = 0
    data_dir: str = ""
    bind_addr: str = "0.0.0.0"
    client_addr: str = "127.0.0.1"
    advertise_addr: str = ""
    ports: Ports = Ports()
    retry_join: list[str] = []
    start_join: list[str] = []
    retry_interval: str = "1s"
    rejoin_after_leave: bool = False
    http_config: HttpConfig = HttpConfig()
    performance: Performance = Performance()
    raft_snapshot_threshold: int = 16_384
    raft_trailing_logs: int = 10_240
    services: list[dict[str, Any]] = []
    checks: list[dict[str, Any]] = []
    log_level: str = "INFO"
    leave_on_terminate: bool | None = None
    skip_leave_on_interrupt: bool | None = None
    gossip_profile: Literal["lan", "wan", "local"] = "lan"
    enable_fault_injection: bool = False
    """Answer ``/v1/internal/faults``, by which this agent can be broken on purpose. Not for production."""
    fault_injection_token: str = ""
    """Who sends this as X-Consul-Token may break it; needed with ``enable_fault_injection``."""

    @property
    def leaves_on_terminate(self) -> bool:
        """SIGTERM: client agents leave, servers just stop, unless told otherwise."""
        return not self.server if self.leave_on_terminate is None else self.leave_on_terminate

    @property
    def leaves_on_interrupt(self) -> bool:
        """SIGINT: the same defaults, by the key that is written the other way round."""
        return not self.server if self.skip_leave_on_interrupt is None else not self.skip_leave_on_interrupt


DEV: Raw = {
    "server": True,
    "bootstrap_expect": 1,
    "bind_addr": "127.0.0.1",
    "performance": {"raft_multiplier": 1},
    "gossip_profile": "local",
}
"""What ``-dev`` means; files and flags still override it."""


def load(files: Iterable[str], directories: Iterable[str], flags: Raw, *, dev: bool) -> tuple[AgentConfig, list[str]]:
    """Files in the order given, then directories, then flags; also the keys that are accepted and not in force."""
    merged: Raw = dict(DEV) if dev else {}
    ignored: dict[str, None] = {}
    for path in [*map(Path, files), *(path for name in directories for path in config_files(Path(name)))]:
        raw = read(path)
        ignored |= dict.fromkeys(key for key in NOT_IN_FORCE if take_out(raw, key))
        checked(raw, f"{path}: ")
        merged = merge(merged, raw)
    config = settled(checked(merge(merged, flags), ""))
    return config, [*ignored, *(f"ports.{name}" for name in NO_LISTENER if getattr(config.ports, name) > 0)]


def take_out(raw: Raw, key: str) -> bool:
    """Remove ``key``, or ``section.key``; True if it was there."""
    section, _, name = key.rpartition(".")
    place = raw.get(section) if section else raw
    return isinstance(place, dict) and place.pop(name, None) is not None


def config_files(directory: Path) -> list[Path]:
    """The files of a -config-dir in the order of names, without subfolders."""
    try:
        found = sorted(path for path in directory.iterdir() if path.suffix in (".json", ".hcl"))
    except OSError as error:
        raise Failure(f"Cannot read the config directory {directory}: {said(error)}. Check -config-dir.") from None
    return found


def read(path: Path) -> Raw:
    """One file as an object, with ``service`` and ``check`` folded into the lists."""
    if path.suffix == ".hcl":
        raise Failure(f"{path}: HCL is not read yet. Write it as JSON and name it {path.stem}.json.")
    try:
        raw = json.loads(path.read_bytes())
    except OSError as error:
        raise Failure(f"Cannot read the config file {path}: {said(error)}. Check -config-file.") from None
    except ValueError as error:
        raise Failure(f"{path} is not JSON: {error}.") from None
    if not isinstance(raw, dict):
        raise Failure(f'{path} must hold a JSON object, like {{"server": true}}.')
    return folded(raw)


def folded(raw: Raw) -> Raw:
    """``service: {}`` → one more of ``services``, the same for ``check``."""
    for one, many in (("service", "services"), ("check", "checks")):
        if one in raw:
            raw[many] = [*raw.get(many, ()), raw.pop(one)]
    return raw


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Raw:
    """Later values win, lists append, objects merge key by key."""
    merged = dict(base)
    for key, value in over.items():
        before = merged.get(key)
        if isinstance(before, list) and isinstance(value, list):
            merged[key] = before + value
        elif isinstance(before, dict) and isinstance(value, dict):
            merged[key] = merge(before, value)
        else:
            merged[key] = value
    return merged


def checked(raw: Raw, where: str) -> AgentConfig:
    """The typed configuration; Failure names the first key that is unknown or of the wrong type."""
    try:
        return AgentConfig.model_validate(raw)
    except ValidationError as error:
        raise Failure(f"{where}{complaint(error.errors()[0])}") from None


def complaint(problem: Any) -> str:
    """One finding of pydantic in the words of the configuration."""
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden" and key in NOT_BUILT:
        return f"config key {key}: {NOT_BUILT[key]} Remove it to run without."
    if problem["type"] == "extra_forbidden":
        return f"invalid config key {key}. Remove it, or check its spelling."
    expected = EXPECTED.get(problem["type"], problem["msg"].removeprefix("Input should be "))
    return f"config key {key} must be {expected}, not {json.dumps(problem['input'], default=str)}."


def settled(config: AgentConfig) -> AgentConfig:
    """Defaults for the ports that were 0, one way to say bootstrap, and refusals of what contradicts itself."""
    contradictions(config)
    expect = 1 if config.bootstrap else config.bootstrap_expect
    ports = {name: value or Ports.model_fields[name].default for name, value in config.ports}
    return config.model_copy(
        update={"datacenter": config.datacenter.lower(), "bootstrap_expect": expect, "ports": Ports(**ports)}
    )


def said(error: OSError) -> str:
    """``[Errno 13] Permission denied: 'x'`` → ``permission denied``."""
    return (error.strerror or str(error)).lower()


def node_meta_of(pairs: Sequence[str]) -> dict[str, str]:
    """``key:value`` flags → a mapping."""
    for pair in pairs:
        if ":" not in pair:
            raise Failure(f"Invalid -node-meta {pair!r}: write key:value.")
    return {pair.partition(":")[0]: pair.partition(":")[2] for pair in pairs}
