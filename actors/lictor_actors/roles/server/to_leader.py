"""Requests that only the leader can answer, on a server that does not lead: passed on, or refused."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Raft
from lictor_actors.requests.returned import waiting_for
from lictor_messages.envelope import at, role_of
from lictor_messages.host import Undeliverable
from lictor_messages.refusals import Refused


def to_leader(raft: Raft, turn: Turn, why: str = "") -> None:
    """Pass the request in hand on to the leader, once: one that another server passed on goes back to its asker.

    ``why`` says what there is no leader for, where that is known and the asker is a person.
    Early: neither the request nor its refusal rests on what this server still writes.
    """
    leader, envelope = raft.leader, turn.envelope
    if not leader or leader == raft.me:
        text = f"No cluster leader: this server {why}" if why else ""
        turn.reply(Refused(code="NoLeader", text=text), early=True)
    elif envelope is not None and role_of(envelope.source) == "server":
        turn.reply(Refused(code="NotLeader", leader=leader), early=True)
    else:
        turn.forward(at("server", leader), early=True)


def not_forwarded(notice: Undeliverable, turn: Turn) -> None:
    """What was sent did not arrive; the asker of a request that was passed on hears so."""
    if notice.waiter:
        turn.answer(waiting_for(notice, turn), Refused(code="Undeliverable", text=notice.down))
    else:
        turn.note(f"{notice.about} did not reach {notice.target}: {notice.reason}")
