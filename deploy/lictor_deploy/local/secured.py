"""``lictor dev -secure``: certificates, a gossip key and a first token, made at start and kept in private files.

Each process has one certificate for the nodes that it hosts. Its authority signs no other start: the authority's key
is in no file, and ends with the parent.
"""

from __future__ import annotations

import secrets
import uuid
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lictor_actors.bus.keyring import read_key
from lictor_actors.bus.lane_tls import LaneTerms, LaneTls
from lictor_actors.bus.tls import TlsFiles, client_context, server_context
from lictor_actors.node.audiences import SERVERS_ONLY
from lictor_actors.node.spec import NodeSpec
from lictor_deploy.certificates.authority import Authority, certificate_pem
from lictor_deploy.certificates.leaf import Kind, Leaf
from lictor_deploy.local.plan import ProcessPlan
from lictor_deploy.private import write_private
from lictor_messages.keyring import GossipEncryption

FOLDER, TOKEN, GOSSIP_KEY, AUTHORITY = "secure", "token", "gossip-key", "ca.pem"
KEY_BYTES = 32
"""AES-256's."""
DOMAIN, PRIMARY = "consul", "dc1"
DAYS = 365
"""For which certificates are valid: longer than a dev cluster runs, as each start makes new ones."""


@dataclass(frozen=True)
class Secured:
    """What the nodes of one cluster share, beside the certificates of its processes."""

    folder: Path
    token: str = field(repr=False)
    """The secret of the token that may do everything."""
    gossip_key: str = field(repr=False)
    authority: Authority = field(repr=False)

    @classmethod
    def kept_in(cls, data: Path) -> Secured:
        """Token and key are those of the data directory's earlier start, if it has any. Raises OSError, ValueError."""
        folder = data / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        token = kept(folder / TOKEN, lambda: str(uuid.uuid4()))
        key = kept(folder / GOSSIP_KEY, lambda: b64encode(secrets.token_bytes(KEY_BYTES)).decode())
        read_key(key)
        authority = Authority.made("", DAYS, [])
        write_private(folder / AUTHORITY, certificate_pem(authority.certificate).decode())
        return cls(folder, token, key, authority)

    @property
    def token_file(self) -> Path:
        """As CONSUL_HTTP_TOKEN_FILE takes it."""
        return self.folder / TOKEN

    def planned(self, plans: Sequence[ProcessPlan]) -> list[ProcessPlan]:
        """The same processes, whose nodes encrypt their gossip and ask for tokens."""
        return [replace(plan, specs=tuple(map(self._guarded, plan.specs))) for plan in plans]

    def lanes(self, plan: ProcessPlan) -> LaneTls:
        """TLS between this process and the others: both ends have to show a certificate. Raises OSError."""
        files = self._certified(plan)
        server, client = server_context(files._replace(verify_incoming=True)), client_context(files)
        return LaneTls(LaneTerms(server, client, True, True, DOMAIN), SERVERS_ONLY)

    def _guarded(self, spec: NodeSpec) -> NodeSpec:
        settings = access(self.token)
        return spec.having(settings).model_copy(update={"encryption": GossipEncryption(key=self.gossip_key)})

    def _certified(self, plan: ProcessPlan) -> TlsFiles:
        first = plan.specs[0]
        kind: Kind = "server" if first.server else "client"
        leaf = Leaf(kind, first.dc, DOMAIN, DAYS)
        leaf = replace(leaf, names=[f"{spec.name}.{leaf.common_name}" for spec in plan.specs])
        cert, key = self.folder / f"{plan.name}.pem", self.folder / f"{plan.name}-key.pem"
        for file, pem in zip((cert, key), leaf.signed(self.authority), strict=True):
            write_private(file, pem.decode())
        return TlsFiles(str(self.folder / AUTHORITY), "", str(cert), str(key))


def access(token: str) -> dict[str, Any]:
    """Settings of a node that denies what no token allows. Its own agent, and another datacenter's, use this token."""
    asked = {f"{role}.acl": True for role in ("server", "agent", "gateway", "dns")}
    denied = {f"{role}.acl_default_policy": "deny" for role in ("server", "agent", "gateway")}
    primary = {f"{role}.primary_dc": PRIMARY for role in ("server", "gateway")}
    return {
        **asked,
        **denied,
        **primary,
        "server.acl_initial_management": token,
        "server.acl_replicates_tokens": True,
        "agent.acl_agent_token": token,
        "agent.acl_replication_token": token,
    }


def kept(file: Path, make: Callable[[], str]) -> str:
    """The secret in this file, which is made if it is not there. Raises OSError."""
    if not file.exists() or not file.stat().st_size:  # a start may have ended in between
        write_private(file, f"{make()}\n")
    return file.read_text(encoding="utf-8").strip()
