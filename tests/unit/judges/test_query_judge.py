import pytest

from lictor_actors.judges.queries import AnsweredTwice, QueryJudge
from lictor_messages.envelope import Envelope
from lictor_messages.members import Member, MemberJoined
from lictor_messages.pool import PoolAnswer, PoolAnswered, QueryAnswer

ANSWER = QueryAnswer(ltime=3, id=7, node="n1.dc1")


def heard(judge, body, source="prober@n1.dc1", target="prober@n0.dc1"):
    judge.heard(Envelope(source, target, body))


@pytest.mark.parametrize("ack", [False, True])
def test_a_member_that_answers_twice_is_found(ack):
    judge, answer = QueryJudge(), ANSWER.model_copy(update={"ack": ack})
    heard(judge, answer)
    with pytest.raises(AnsweredTwice, match="query 7 of Lamport time 3 twice"):
        heard(judge, answer)


def test_relays_acks_other_queries_and_other_lives_are_no_second_answers():
    judge = QueryJudge()
    own = Member(name="n1", dc="dc1", address="1.1.1.1", port=1, gossip="", rest="")
    heard(judge, ANSWER)
    heard(judge, ANSWER.model_copy(update={"ack": True}))
    heard(judge, ANSWER.model_copy(update={"id": 8}))
    heard(judge, ANSWER.model_copy(update={"relay_to": "n0.dc1"}))
    heard(judge, ANSWER, source="prober@relay.dc1")
    heard(judge, MemberJoined(member=own), target="agent@n1.dc1")
    heard(judge, ANSWER)


@pytest.mark.parametrize("nodes", [("a", "a"), ("a", "c")])
@pytest.mark.parametrize("acks", [False, True])
def test_an_answer_that_counts_twice_or_was_not_asked_for_is_found(nodes, acks):
    answers = () if acks else tuple(PoolAnswer(node=node, payload=b"") for node in nodes)
    with pytest.raises(AnsweredTwice, match="and counted"):
        heard(QueryJudge(), PoolAnswered(asked=("a", "b"), acks=nodes if acks else (), answers=answers))


def test_sound_answers_are_counted():
    judge = QueryJudge()
    heard(judge, PoolAnswered(asked=("a", "b"), answers=(PoolAnswer(node="b", payload=b""),)))
    assert judge.answers == 1
