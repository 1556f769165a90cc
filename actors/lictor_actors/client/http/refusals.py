"""What an agent means that does not answer 200: the refusal of the bus that says the same.

Consul says in a status and a sentence what the bus says in a code. A 500 is what Consul says of a wrong request as well
as of a leader that is lost: its sentence tells which. A sentence that is not known here is taken for a definite no, as
nearly all of them are.
"""

from __future__ import annotations

from lictor_actors.client.errors import LictorError, error_of
from lictor_actors.client.http.call import HttpReply
from lictor_messages.refusals import Code, Refused

BY_STATUS: dict[int, Code] = {
    400: "BadRequest",
    401: "AclsOff",
    403: "PermissionDenied",
    404: "NotFound",
    405: "BadRequest",
    413: "TooLarge",
    429: "Overloaded",
    502: "TimedOut",
    503: "TimedOut",
    504: "TimedOut",
}
"""The last three are what a proxy in front of the agent says, or an agent that had no time left."""
BY_WORDS: tuple[tuple[str, Code], ...] = (
    ("ACL not found", "AclNotFound"),
    ("Permission denied", "PermissionDenied"),
    ("rate limit exceeded", "RateExceeded"),
    ("No cluster leader", "NoLeader"),
    ("Raft leader not found", "NoLeader"),
    ("No known Consul servers", "NoServers"),
    ("No path to datacenter", "NoPathToDatacenter"),
    ("Remote DC has no server", "DatacenterSilent"),
    ("leadership lost", "LeadershipLost"),
    ("Not ready to serve consistent reads", "NotReady"),
    ("could not be reached", "Undeliverable"),
    ("server is stopping", "Stopping"),
    ("the server failed while handling", "ActorCrashed"),
    ("no answer in time", "TimedOut"),
    ("i/o timeout", "TimedOut"),
    ("deadline", "TimedOut"),
    ("connection reset", "TimedOut"),
    ("EOF", "TimedOut"),
)
"""What a sentence contains; the first that fits holds."""


def refusal_of(reply: HttpReply) -> LictorError:
    """The exception that says what this reply says."""
    words = reply.text
    return error_of(Refused(code=_code(reply.status, words), text=words or f"the agent answered {reply.status}"))


def _code(status: int, words: str) -> Code:
    if status in (403, 429, 500, 503):
        for said, code in BY_WORDS:
            if said in words:
                return code
    return BY_STATUS.get(status, "Invalid")
