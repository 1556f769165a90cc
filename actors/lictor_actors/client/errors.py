"""What can go wrong when a client asks, and whether it may be asked again.

    LictorError
    ├── ConnectionFailed          the door was not reached: it did not happen
    ├── Timeout                   no answer in time: it may have happened
    ├── ClientClosed              the client was closed: an open request may have happened
    ├── InvalidArgument           the call makes no sense as it stands: nothing was asked (also a ValueError)
    ├── TransactionFailed         an operation of a transaction failed: none was done
    ├── Unexpected                the answer is of a kind that this client does not understand
    └── Refused                   the cluster said no; ``code`` says why
        ├── Unavailable           not now, and it did not happen: no leader, no servers, overloaded, stopping …
        │   ├── NoLeader
        │   └── NoServers
        ├── Indefinite            it may have happened: leadership lost, an actor crashed, a server was silent
        ├── BadRequest            it can never be done as asked
        │   ├── NotFound
        │   └── TooLarge
        └── NoPathToDatacenter

``definite`` is True if the request did not happen and never will. That alone decides whether a write that must not
happen twice may be asked again.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from lictor_messages.refusals import Code
from lictor_messages.refusals import Refused as RefusedMessage


class LictorError(Exception):
    """The root of everything that a client raises on purpose."""

    definite = True
    """True: the request did not happen and never will. False: it may have."""
    passing = False
    """True: the same request may well succeed a little later."""


class ConnectionFailed(LictorError):
    """Nobody answers at the door's address."""

    passing = True


class Timeout(LictorError):
    """The deadline passed without an answer."""

    definite = False
    passing = True


class ClientClosed(LictorError):
    """The client was closed before or while this was asked."""

    definite = False


class InvalidArgument(LictorError, ValueError):
    """An argument that no request can be made of; the text names it and says what it takes."""


class TransactionFailed(LictorError):
    """One or several operations failed, so that none of the transaction was done."""

    def __init__(self, failures: Sequence[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"operation {place}: {why}" for place, why in failures))
        self.failures = tuple(failures)
        """Which operations failed, counted from 0, and why."""


class Unexpected(LictorError):
    """The answer is no answer to this question: client and cluster are of different versions."""

    definite = False


class Refused(LictorError):
    """The cluster refused; the text is what Consul would say."""

    def __init__(self, message: RefusedMessage) -> None:
        super().__init__(message.words or message.code)
        self.code: Code = message.code
        self.leader = message.leader
        """The node that is believed to lead, if the refusal names one."""
        self.definite = message.row.definite
        self.passing = message.row.passing
        self.status = message.row.status
        """How HTTP says it."""


class Unavailable(Refused):
    """Not now: try again later."""


class NoLeader(Unavailable):
    """The servers have no leader at the moment, or cannot reach a quorum."""


class NoServers(Unavailable):
    """The agent knows no server."""


class Indefinite(Refused):
    """The request was taken and its outcome is unknown."""


class BadRequest(Refused):
    """Wrong as it stands: asking again is useless."""


class NotFound(BadRequest):
    """What the request names does not exist."""


class TooLarge(BadRequest):
    """More than the cluster takes at once."""


class NoPathToDatacenter(Refused):
    """The datacenter is unknown or cannot be reached."""


_BY_CODE: dict[Code, type[Refused]] = {
    "NotLeader": NoLeader,
    "NoLeader": NoLeader,
    "NoServers": NoServers,
    "BadRequest": BadRequest,
    "Invalid": BadRequest,
    "UnknownRequest": BadRequest,
    "NotFound": NotFound,
    "TooLarge": TooLarge,
    "NoPathToDatacenter": NoPathToDatacenter,
}


def error_of(message: RefusedMessage) -> Refused:
    """The exception that says what this refusal says."""
    kind = _BY_CODE.get(message.code)
    if kind is None:
        kind = Indefinite if not message.row.definite else Unavailable if message.row.passing else Refused
    return kind(message)


def words_of(what: str, error: ValidationError) -> str:
    """The first thing that is wrong with the arguments of ``what``, in a sentence."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return f"{what}: {field} is {first['input']!r}: {first['msg'][:1].lower()}{first['msg'][1:]}"
