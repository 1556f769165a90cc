"""A secondary datacenter's leader keeps policies and roles, and tokens if that is set, as the primary has them.

Each round asks for all of it as it is at one moment, compares, and writes what differs, in one entry of bounded size.
The next question blocks until something changes there. A round that fails is tried again, later each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.server.leader.acl_differences import HIDDEN, differences
from lictor_actors.roles.server.leader.proposals import Proposals
from lictor_actors.store.store import Store
from lictor_messages.acl_replication import AclReplication, GlobalAcls, ReadGlobalAcls, ReplicateDue
from lictor_messages.base import Message
from lictor_messages.envelope import at
from lictor_messages.refusals import Refused
from lictor_messages.server import ServerOptions

TIMER: Final = "replicate-acls"
ROUND_NS: Final = 1_000_000_000
"""Between two rounds at least."""
WAIT_NS: Final = 30_000_000_000
"""How long the primary may hold a question to which there is no news."""
LATE_NS: Final = 15_000_000_000
"""An answer that comes so long after that is taken for lost."""
BACKOFF_MOST_NS: Final = 64_000_000_000


class AclReplicas:
    """Of one lead; idle in the primary datacenter, and without ACLs."""

    def __init__(self, options: ServerOptions, store: Store, proposals: Proposals) -> None:
        self.on = options.replicates_acls
        self._tokens = options.acl_replicates_tokens
        self._agent = at("agent", options.node)
        self._source = options.primary_dc
        self._store = store
        self._proposals = proposals
        self._asked = ""
        """Id of the question that is open."""
        self._failures = 0
        self._seen = 0
        """Index of the primary beyond which there is news; 0: the next question is not to wait for any."""
        self._whole = 0
        """Index of the primary up to which all of it is here."""
        self._success_ns = self._error_ns = 0
        self._error = ""

    def begin(self, turn: Turn) -> None:
        """This server leads now."""
        if self.on:
            turn.set_timer(TIMER, 0, ReplicateDue())

    def end(self, turn: Turn) -> None:
        """It leads no more."""
        if self.on:
            turn.cancel_timer(TIMER)

    def due(self, turn: Turn) -> None:
        """Ask, or give up an answer that has not come."""
        if self._asked:
            self._failed(f"{self._source} has not answered in time", turn)
            return
        query = ReadGlobalAcls(dc=self._source, tokens=self._tokens, min_index=self._seen, wait_ns=WAIT_NS)
        self._asked = turn.ask(self._agent, query, early=True)
        turn.set_timer(TIMER, WAIT_NS + LATE_NS, ReplicateDue())

    def answered(self, answer: Message, turn: Turn) -> bool:
        """False if this answers no question of this lead's."""
        if not self._asked or turn.envelope is None or turn.envelope.request != self._asked:
            return False
        self._asked = ""
        if isinstance(answer, GlobalAcls):
            self._take(answer, turn)
        else:
            self._failed(self._words(answer), turn)
        return True

    def _take(self, there: GlobalAcls, turn: Turn) -> None:
        if any(token.secret_id == HIDDEN for token in there.tokens):
            self._failed("the replication token needs acl:write to read tokens, and has acl:read", turn)
            return
        command, faults = differences(self._store.acl, there, tokens=self._tokens)
        if command is not None:
            turn.count("acl_replicated")
            self._proposals.propose_own([command], turn)
        if faults:
            self._failed("; ".join(faults), turn)
            return
        self._failures, self._success_ns = 0, turn.wall
        self._seen = 0  # what was proposed is looked at again once it is applied
        if command is None:
            self._seen = self._whole = there.index
        turn.set_timer(TIMER, ROUND_NS, ReplicateDue())

    def _failed(self, why: str, turn: Turn) -> None:
        self._asked, self._error, self._error_ns = "", why, turn.wall
        self._failures += 1
        self._seen = 0
        turn.count("acl_replication_failed")
        if self._failures == 1:
            turn.note(f"access control is not replicated from {self._source}: {why}")
        later = min(ROUND_NS << min(self._failures, 10), BACKOFF_MOST_NS)
        turn.set_timer(TIMER, later, ReplicateDue())

    def _words(self, answer: Message) -> str:
        return " ".join(self._hints(answer)) if isinstance(answer, Refused) else f"it answered {answer.kind}"

    def _hints(self, refused: Refused) -> Iterator[str]:
        yield refused.words
        if refused.code == "NoPathToDatacenter" and not refused.text:
            yield f"({self._source} is primary_datacenter: its servers are met with retry_join_wan)"
        elif refused.code in ("AclNotFound", "PermissionDenied"):
            yield f"(acl.tokens.replication has to be a token of {self._source} with acl:read, for tokens acl:write)"
        elif refused.code == "UnknownRequest":
            yield f"(the servers of {self._source} are of a version that does not give this)"

    def status(self, index: int) -> AclReplication:
        """How far this is."""
        if not self.on:
            return AclReplication(index=index)
        return AclReplication(
            index=index,
            enabled=True,
            source=self._source,
            tokens=self._tokens,
            replicated=self._whole,
            success_ns=self._success_ns,
            error_ns=self._error_ns,
            error=self._error,
        )
