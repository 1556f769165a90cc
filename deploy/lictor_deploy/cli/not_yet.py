"""Commands and flags of Consul's that Lictor has not: refused by name instead of with a guess at another.

Source: Consul's documentation of its commands, 1.22.
"""

from __future__ import annotations

from collections.abc import Sequence

COMMANDS_NOT_YET = (
    *("config", "connect", "intention", "license"),
    *("namespace", "partition", "peering", "resource", "troubleshoot"),
    *("operator area", "operator utilization", "services export", "services exported-services"),
    *("snapshot agent", "snapshot decode"),
)
NEVER = {
    "exec": "Lictor runs no commands on other nodes, and nor does Consul by default: use ssh or a scheduler.",
}
"""Commands of Consul's that Lictor will not have, and why."""
FLAGS_NOT_YET: dict[str, tuple[str, ...]] = {
    "": ("peer",),
    "agent": (
        *("auto-reload-config", "check_output_max_size", "grpc-port", "grpc-tls-port"),
        *("non-voting-server", "primary-gateway", "protocol", "raft-protocol", "read-replica", "segment"),
        *("ui", "ui-content-path", "ui-dir"),
    ),
    **{f"acl {kind} {verb}": ("meta",) for kind in ("policy", "role", "token") for verb in ("create", "list", "read")},
    "acl policy delete": ("name",),
    "acl policy update": ("meta", "no-merge"),
    "acl role delete": ("name",),
    "acl role update": ("meta", "no-merge"),
    "acl templated-policy preview": ("file",),
    "acl token create": ("accessor", "local", "meta", "secret"),
    "acl token update": ("append-policy-id", "append-policy-name", "meta"),
    "debug": ("since",),
    "login": ("aws-auto-bearer-token",),
    "operator usage instances": ("only-billable", "only-connect"),
}
"""Of every command (""), and of single ones."""


def command_not_yet(words: Sequence[str]) -> str:
    """What to say of the command that these words begin with, "" if Consul has none of that name, or Lictor too."""
    for name in (" ".join(words[:1]), " ".join(words[:2])):
        if name in NEVER:
            return f"Consul has the command {name!r}, Lictor has not: {NEVER[name]}"
        if name in COMMANDS_NOT_YET:
            return f"Consul has the command {name!r}, Lictor not yet."
    return ""


def flag_not_yet(words: Sequence[str], flag: str) -> str:
    """What to say of a flag, without dashes, of the command that these words name."""
    command = " ".join(words)
    if flag in FLAGS_NOT_YET.get(command, ()) or (flag in FLAGS_NOT_YET[""] and command != "agent"):
        return f"Consul has the flag -{flag} of {command!r}, Lictor not yet. Leave it out to run without."
    return ""
