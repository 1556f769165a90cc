import pytest

MEMBERS = [
    {
        "Name": "n2",
        "Addr": "10.0.0.2",
        "Port": 8301,
        "Status": 4,
        "Tags": {"role": "node", "dc": "dc1", "build": "1.2:x", "vsn": "2"},
    },
    {
        "Name": "n1",
        "Addr": "10.0.0.1",
        "Port": 8301,
        "Status": 1,
        "Tags": {"role": "consul", "dc": "dc1", "build": "1.2", "vsn": "2"},
    },
]


@pytest.fixture(autouse=True)
def _members(agent):
    agent.on("GET", "/v1/agent/members", MEMBERS)


def test_members_in_consuls_columns(lictor):
    assert lictor("members").out == (
        "Node  Address        Status  Type    Build  Protocol  DC   Segment\n"
        "n1    10.0.0.1:8301  alive   server  1.2    2         dc1  <all>\n"
        "n2    10.0.0.2:8301  failed  client  1.2    2         dc1  <default>\n"
    )


def test_members_by_status(lictor):
    assert "n1" not in lictor("members", "-status=failed|left").out


def test_no_member_matches_is_status_2(lictor):
    assert lictor("members", "-status", "left") == (2, "", "")


def test_a_bad_status_pattern_is_a_sentence(lictor):
    assert "Failed to compile status regexp" in lictor("members", "-status=[").err


def test_members_detailed_shows_tags(lictor):
    assert "build=1.2,dc=dc1,role=consul,vsn=2" in lictor("members", "-detailed").out


SUSPICIONS = [
    {"Node": "n2", "Accuser": "n1", "Confirmers": [], "Outcome": "open", "Age": "2s", "LastsAtMost": "24s"},
    {"Node": "n2", "Accuser": "n3", "Confirmers": ["n1", "n4"], "Outcome": "refuted", "Age": "1s", "LastsAtMost": "9s"},
]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (SUSPICIONS, "for 2s of at most 24s, accused by n1"),
        (SUSPICIONS[1:], "refuted after 1s, accused by n3, confirmed by n1 and n4"),
    ],
)
def test_members_detailed_shows_who_suspected_whom_last(lictor, agent, rows, words):
    agent.on("GET", "/v1/internal/lictor/suspicions", rows)
    head, n1, n2 = lictor("members", "-detailed").out.splitlines()
    assert head.endswith("Suspicion")
    assert n1.endswith(" -")
    assert n2.endswith(f"  {words}")


def test_an_agent_that_keeps_no_suspicions_shows_none(lictor, agent):
    agent.on("GET", "/v1/internal/lictor/suspicions", b"", status=404)
    assert "Suspicion" not in lictor("members", "-detailed").out


def test_join_counts_those_that_answered(lictor, agent):
    agent.on("PUT", "/v1/agent/join/10.0.0.1")
    agent.on("PUT", "/v1/agent/join/10.0.0.9", b"1 error occurred", status=500)
    ran = lictor("join", "10.0.0.1", "10.0.0.9")
    assert ran.status == 0
    assert ran.out == "Successfully joined cluster by contacting 1 nodes.\n"
    assert ran.err == "Error joining address '10.0.0.9': 1 error occurred\n"


def test_join_that_reaches_nobody_is_status_1(lictor):
    ran = lictor("join", "10.0.0.9")
    assert ran.status == 1
    assert ran.err.endswith("Failed to join any nodes.\n")


def test_join_without_address_is_refused(lictor, agent):
    assert lictor("join").status == 1
    assert agent.asked == []


def test_leave(lictor, agent):
    agent.on("PUT", "/v1/agent/leave")
    assert lictor("leave").out == "Graceful leave complete\n"


def test_force_leave_with_prune(lictor, agent):
    agent.on("PUT", "/v1/agent/force-leave/n2")
    assert lictor("force-leave", "-prune", "n2") == (0, "", "")
    assert agent.asked[0].target == "/v1/agent/force-leave/n2?prune=1"


def test_list_peers_does_not_claim_to_know_what_only_the_leader_knows(lictor, agent):
    """Any server answers with -stale; a follower knows how far its own log goes, and nobody else's."""
    server = {"ID": "u", "Node": "s", "Address": "10.0.0.1:8300", "Leader": False, "Voter": True}
    rows = [
        {**server, "ProtocolVersion": "3", "Leader": leads, "LastIndex": index}
        for leads, index in ((True, 0), (False, 7), (False, 0))
    ]
    agent.on("GET", "/v1/operator/raft/configuration", {"Servers": rows, "Index": 9})
    lines = lictor("operator", "raft", "list-peers", "-stale").out.splitlines()
    assert [line.split()[-1] for line in lines[1:]] == ["-", "unknown", "unknown"]


def test_list_peers_marks_the_leader(lictor, agent):
    server = {
        "ID": "id1",
        "Node": "s1",
        "Address": "10.0.0.1:8300",
        "Leader": True,
        "Voter": True,
        "ProtocolVersion": "3",
    }
    other = {**server, "ID": "id2", "Node": "s2", "Leader": False, "LastIndex": 7, "CommitIndex": 6}
    leader = {**server, "LastIndex": 9, "CommitIndex": 8}
    agent.on("GET", "/v1/operator/raft/configuration", {"Servers": [leader, other], "Index": 9})
    assert lictor("operator", "raft", "list-peers", "-stale").out == (
        "Node  ID   Address        State     Voter  RaftProtocol  Commit Index  Trails Leader By\n"
        "s1    id1  10.0.0.1:8300  leader    true   3             9             -\n"
        "s2    id2  10.0.0.1:8300  follower  true   3             7             2 commits\n"
    )
    assert (
        lictor("operator", "raft", "list-peers", "-detailed")
        .out.splitlines()[0]
        .endswith("RaftProtocol  Match Index  Commit Index  Trails Leader By")
    )
    assert agent.asked[0].target.endswith("?stale=")


def configuration(*servers: dict[str, object]) -> dict[str, object]:
    shared = {"Address": "127.0.0.1:8300", "Voter": True, "ProtocolVersion": "3", "Leader": False}
    return {"Servers": [shared | server for server in servers], "Index": 9}


THREE = configuration(
    {"ID": "11111111-6a4d-4a57-9c0e-000000000001", "Node": "server-1", "Leader": True, "LastIndex": 9},
    {"ID": "22222222-6a4d-4a57-9c0e-000000000002", "Node": "server-2", "LastIndex": 7, "CommitIndex": 6},
    {"ID": "33333333-6a4d-4a57-9c0e-000000000003", "Node": "server-3", "LastIndex": 0},
)


def test_list_peers_says_which_servers_cannot_be_reached(lictor, agent):
    agent.on("GET", "/v1/operator/raft/configuration", THREE)
    health = {"Servers": [{"ID": "22222222-6a4d-4a57-9c0e-000000000002", "SerfStatus": "failed"}]}
    agent.on("GET", "/v1/operator/autopilot/health", health, status=429)
    rows = [line.split()[-3:] for line in lictor("operator", "raft", "list-peers").out.splitlines()[2:]]
    assert rows == [["3", "7", "unreachable"], ["3", "-", "unreachable"]]


def test_list_peers_fits_the_terminal(lictor, agent, monkeypatch):
    agent.on("GET", "/v1/operator/raft/configuration", THREE)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    lines = lictor("operator", "raft", "list-peers").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[2].split() == ["server-2", "22222222", "127.0.0.1:8300", "follower", "true", "7", "2", "commits"]
    assert "22222222-6a4d-4a57-9c0e-000000000002" in lictor("operator", "raft", "list-peers", "-detailed").out
