"""All kinds of checks that the checker runs, by Consul's name of the type. TTL and alias checks are the agent's own."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.checks.grpc import GRPC
from lictor_actors.checks.h2ping import H2PING
from lictor_actors.checks.http import HTTP
from lictor_actors.checks.kind import CheckKind
from lictor_actors.checks.script import SCRIPT
from lictor_actors.checks.tcp import TCP
from lictor_actors.checks.udp import UDP

KINDS: Mapping[str, CheckKind] = {
    "grpc": GRPC,
    "http": HTTP,
    "tcp": TCP,
    "udp": UDP,
    "script": SCRIPT,
    "h2ping": H2PING,
}
