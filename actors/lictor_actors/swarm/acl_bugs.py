"""Where to look for the bugs of access control: see ``planted``."""

from __future__ import annotations

from typing import Any

from lictor_actors.swarm.hunt import Planted
from lictor_actors.swarm.mutants import replication, rights

READ: dict[str, Any] = {"acl": True, "servers": 3, "agents": 1, "clients": 1, "faults": ("isolate", "kill")}
REPLICATED: dict[str, Any] = {"acl": True, "datacenters": 2}
SEEN = "seen without the right to"
UNLIKE = "not as in the primary"
RIGHTS = (
    Planted("all are told what was rendered for one", rights.tells_all_what_was_rendered_for_one, SEEN, 1, plan=READ),
    Planted("a gateway joins askers of unlike rights", rights.joins_all_who_ask_the_same, SEEN, 1, plan=READ),
    Planted("a list of keys is told whole", rights.hides_no_keys, SEEN, 1, plan=READ),
    Planted("a rule for the very name is overlooked", rights.denies_names_and_no_prefixes, SEEN, 1, plan=READ),
)
_REPLICATION = (
    ("what the primary has deleted is kept", replication.keeps_what_the_primary_has_deleted, 1),
    ("rows are known by their ids alone", replication.knows_rows_by_their_ids_alone, 2),
    ("local tokens are revoked", replication.revokes_local_tokens, 1),
    ("local tokens of the primary are given away", replication.gives_local_tokens_away, 1),
    ("replicated tokens have other secrets", replication.gives_tokens_other_secrets, 2),
    ("what is for all is written here", replication.writes_here_what_is_for_all, 1),
)
ACL_BUGS = (
    *RIGHTS,
    *(Planted(name, bug, UNLIKE, known, datacenters=True, plan=REPLICATED) for name, bug, known in _REPLICATION),
)
