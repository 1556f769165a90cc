"""Answers to what a server has asked: of the primary datacenter, about tokens or all of access control."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.server.authorize import Authorize
from lictor_actors.roles.server.leader.leadership import Leadership
from lictor_actors.roles.server.reads import Reads
from lictor_actors.roles.server.to_leader import not_forwarded
from lictor_messages.acl import AclTokens
from lictor_messages.acl_replication import GlobalAcls
from lictor_messages.host import Undeliverable
from lictor_messages.refusals import Refused

ANSWERS = (AclTokens, GlobalAcls, Refused, Undeliverable)


def take_answer(
    answer: AclTokens | GlobalAcls | Refused | Undeliverable,
    acl: Authorize,
    reads: Reads,
    leading: Leadership | None,
    turn: Turn,
) -> None:
    """The answer in hand, or the word that there is none; what waits by a token that changed is looked at again."""
    request = turn.envelope.request if turn.envelope is not None else ""
    if acl.remote.answered(request, answer, turn):
        reads.weigh_anew(turn)
    elif isinstance(answer, Undeliverable):
        not_forwarded(answer, turn)
    elif leading is not None and leading.replication.answered(answer, turn):
        return
    elif isinstance(answer, Refused):
        turn.note(f"refused: {answer.code} {answer.words}")
