"""``lictor query``: who was asked, who has answered, and what to say of what cannot be asked."""

from base64 import b64encode

PATH = "/v1/internal/lictor/query/_serf_ping"


def answers(*nodes):
    said = [{"Node": node, "Payload": b64encode(node.encode()).decode()} for node in nodes]
    return {"Asked": ["n1", "n2"], "Acks": ["n1"], "Answers": said, "Deadline": "3.2s"}


def test_each_member_has_a_line_and_the_silent_are_named(lictor, agent):
    agent.on("PUT", PATH, answers("n1"))
    ran = lictor("query", "-relay-factor", "2")
    assert ran.status == 1
    assert ran.out.splitlines() == [
        "Node  Ack  Answer",
        "n1    yes  n1",
        "n2    -    silent",
        "1 acks and 1 answers of 2 within 3.2s, each also through 2 others",
    ]


def test_the_status_says_that_all_have_answered(lictor, agent):
    agent.on("PUT", PATH, answers("n1", "n2"))
    assert lictor("query").status == 0


def test_what_the_agent_refuses_is_told(lictor, agent):
    agent.on("PUT", PATH, b"Invalid timeout 'soon': give a duration like 5s", status=400)
    ran = lictor("query", "-timeout", "soon")
    assert ran.status == 1
    assert "Invalid timeout 'soon'" in ran.err
