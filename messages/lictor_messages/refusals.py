"""The one table of refusals: what happened to a request that was not answered as asked.

*Definite* means that it did not happen and never will; *indefinite* that it may have. Retries follow that
column and nothing else: a definite refusal may always be tried again, an indefinite one only if doing it
twice does no harm.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from lictor_messages.base import STORED, WIRE, Message

Code = Literal[
    "NotLeader",
    "NoLeader",
    "NoServers",
    "NotReady",
    "NotCommitted",
    "Undeliverable",
    "Overloaded",
    "Stopping",
    "BudgetSpent",
    "RateExceeded",
    "LeaderRateExceeded",
    "RpcRateExceeded",
    "JournalFailed",
    "NoPathToDatacenter",
    "DatacenterSilent",
    "Invalid",
    "BadRequest",
    "NotFound",
    "PermissionDenied",
    "AclNotFound",
    "AclsOff",
    "TooLarge",
    "UnknownRequest",
    "LeadershipLost",
    "NotDurable",
    "AnswerTooLarge",
    "ActorCrashed",
    "TimedOut",
]


class Meaning(NamedTuple):
    """One line of the table: is it definite, is a later try worth it, and how HTTP says it."""

    definite: bool
    passing: bool
    status: int
    text: str


REFUSALS: dict[Code, Meaning] = {
    "NotLeader": Meaning(True, True, 500, "No cluster leader"),
    "NoLeader": Meaning(True, True, 500, "No cluster leader"),
    "NoServers": Meaning(True, True, 500, "No known Consul servers"),
    "NotReady": Meaning(True, True, 500, "Not ready to serve consistent reads"),
    "NotCommitted": Meaning(True, True, 500, "leadership lost while committing log"),
    "Undeliverable": Meaning(True, True, 500, "rpc error making call: the server could not be reached"),
    "Overloaded": Meaning(True, True, 429, "Too many requests are waiting: try again later"),
    "RateExceeded": Meaning(True, False, 429, "rate limit exceeded, try again later or against a different server"),
    "LeaderRateExceeded": Meaning(
        True,
        False,
        503,
        "rate limit exceeded for operation that can only be performed by the leader, try again later",
    ),
    "RpcRateExceeded": Meaning(True, False, 429, ""),
    "Stopping": Meaning(True, True, 500, "The server is stopping: ask another one"),
    "BudgetSpent": Meaning(True, False, 500, "rpc error making call: deadline reached before the request was handled"),
    "JournalFailed": Meaning(True, False, 500, "The server's disk refused a write"),
    "NoPathToDatacenter": Meaning(True, False, 500, "No path to datacenter"),
    "Invalid": Meaning(True, False, 500, "Invalid request"),
    "BadRequest": Meaning(True, False, 400, "Bad request"),
    "NotFound": Meaning(True, False, 404, ""),
    "PermissionDenied": Meaning(True, False, 403, "Permission denied"),
    "AclNotFound": Meaning(True, False, 403, "ACL not found"),
    "AclsOff": Meaning(True, False, 401, "ACL support disabled"),
    "TooLarge": Meaning(True, False, 413, "Request too large"),
    "UnknownRequest": Meaning(True, False, 500, "This agent does not know that request"),
    "LeadershipLost": Meaning(False, True, 500, "leadership lost while committing log"),
    "NotDurable": Meaning(False, False, 500, "The disk is full: done, but the next start may not know of it"),
    "AnswerTooLarge": Meaning(False, False, 500, "Done, but the answer is too large to send: ask for less at a time"),
    "ActorCrashed": Meaning(False, True, 500, "rpc error making call: the server failed while handling the request"),
    "DatacenterSilent": Meaning(False, False, 500, "Remote DC has no server currently reachable"),
    "TimedOut": Meaning(False, True, 500, "rpc error making call: no answer in time"),
}
"""Code → (definite, passing, HTTP status, Consul's text or ours where Consul has none)."""


class Refused(Message, kind="refusals.refused", on=WIRE | STORED):
    """The answer to a request that was not done as asked; ``text`` replaces the table's text if it is set."""

    code: Code
    text: str = ""
    leader: str = ""
    """For NotLeader: the node that is believed to lead, "" if none is known."""

    @property
    def row(self) -> Meaning:
        """This refusal's line of the table."""
        return REFUSALS[self.code]

    @property
    def words(self) -> str:
        """What a person is told."""
        return self.text or self.row.text
