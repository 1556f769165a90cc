"""/v1/operator/: Raft's configuration, peers, leadership; autopilot's configuration, health and state."""

from __future__ import annotations

import json

import pytest

from lictor_messages.answers import Written
from lictor_messages.autopilot import (
    AutopilotConfiguration,
    AutopilotConfigured,
    AutopilotHealth,
    GetAutopilotHealth,
    RemovePeer,
    ServerHealth,
    SetAutopilotConfiguration,
    TransferLeadership,
)
from lictor_messages.refusals import Refused
from lictor_messages.status import GetRaftConfiguration, RaftConfiguration

CONFIGURATION = "/v1/operator/autopilot/configuration"


def server(**changes: object) -> ServerHealth:
    made = ServerHealth(
        node="s1.dc1",
        id="u1",
        name="s1",
        address="10.0.0.1:8300",
        version="1.0",
        status="alive",
        leader=True,
        voter=True,
        healthy=True,
        last_contact_ns=0,
        last_term=4,
        last_index=11,
        commit_index=10,
        stable_since_ns=1_700_000_000_000_000_000,
    )
    return made.model_copy(update=changes)


def test_the_configuration_comes_from_the_leader_unless_any_server_will_do(desk):
    desk.http("GET", "/v1/operator/raft/configuration")
    assert desk.upstream() == GetRaftConfiguration()
    request = desk.http("GET", "/v1/operator/raft/configuration?stale")
    assert desk.upstream() == GetRaftConfiguration(consistency="stale")
    desk.answer(RaftConfiguration(index=5, servers=()))
    assert desk.answers[request].body == b'{"Servers":[],"Index":0}'


@pytest.mark.parametrize(
    ("target", "asked"), [("id=u1", RemovePeer(id="u1")), ("address=1.2.3.4:8300", RemovePeer(address="1.2.3.4:8300"))]
)
def test_a_peer_is_removed_by_id_or_address(desk, target, asked):
    request = desk.http("DELETE", f"/v1/operator/raft/peer?{target}")
    assert desk.upstream() == asked
    desk.answer(Written(index=9))
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b"")


@pytest.mark.parametrize("query", ["", "?id=a&address=b"])
def test_which_peer_has_to_be_said_once(desk, query):
    answer = desk.answers[desk.http("DELETE", f"/v1/operator/raft/peer{query}")]
    assert answer.status == 400
    assert answer.body.startswith(b"Bad request: Must specify ")


def test_an_unknown_peer_is_consuls_500(desk):
    request = desk.http("DELETE", "/v1/operator/raft/peer?address=nope")
    words = 'address "nope" was not found in the Raft configuration'
    desk.answer(Refused(code="Invalid", text=words))
    assert (desk.answers[request].status, desk.answers[request].body.decode()) == (500, words)


def test_leadership_is_transferred(desk):
    request = desk.http("POST", "/v1/operator/raft/transfer-leader?id=u2")
    assert desk.upstream() == TransferLeadership(id="u2")
    desk.answer(Written())
    assert desk.answers[request].body == b'{"Success":true}'


def test_a_transfer_that_has_nobody_to_go_to_is_a_500(desk):
    request = desk.http("POST", "/v1/operator/raft/transfer-leader")
    desk.answer(Refused(code="Invalid", text="failed to transfer leadership: cannot find peer"))
    assert desk.answers[request].status == 500


def test_autopilots_configuration_is_shown_with_gos_durations(desk):
    request = desk.http("GET", CONFIGURATION)
    desk.answer(AutopilotConfigured(configuration=AutopilotConfiguration(create_index=4, modify_index=5)))
    assert json.loads(desk.answers[request].body) == {
        "CleanupDeadServers": True,
        "LastContactThreshold": "200ms",
        "MaxTrailingLogs": 250,
        "MinQuorum": 0,
        "ServerStabilizationTime": "10s",
        "RedundancyZoneTag": "",
        "DisableUpgradeMigration": False,
        "UpgradeVersionTag": "",
        "CreateIndex": 4,
        "ModifyIndex": 5,
    }


def test_autopilots_configuration_is_set_whole(desk):
    body = {"LastContactThreshold": "1s", "MaxTrailingLogs": 9, "ServerStabilizationTime": 5_000_000_000}
    request = desk.http("PUT", CONFIGURATION, body)
    asked = desk.upstream()
    assert isinstance(asked, SetAutopilotConfiguration)
    assert asked.cas is None
    assert asked.configuration == AutopilotConfiguration(
        cleanup_dead_servers=False,
        last_contact_threshold_ns=1_000_000_000,
        max_trailing_logs=9,
        server_stabilization_time_ns=5_000_000_000,
    )
    desk.answer(Written(index=7))
    assert desk.answers[request].body == b"true"


def test_a_lost_compare_and_set_is_false(desk):
    request = desk.http("PUT", f"{CONFIGURATION}?cas=3", {"MinQuorum": 3})
    assert desk.upstream().cas == 3
    desk.answer(Written(ok=False, index=7))
    assert desk.answers[request].body == b"false"


def test_a_configuration_that_is_none_is_refused(desk):
    answer = desk.answers[desk.http("PUT", CONFIGURATION, {"LastContactThreshold": "soon"})]
    assert answer.status == 400
    assert answer.body == b'Error parsing autopilot config: time: invalid duration "soon"'


def test_health_is_200_or_429_with_the_same_body(desk, header):
    answers = []
    for healthy in (True, False):
        request = desk.http("GET", "/v1/operator/autopilot/health")
        assert desk.upstream() == GetAutopilotHealth()
        rows = (server(), server(id="u2", leader=False, healthy=healthy, last_contact_ns=1_500_000_000))
        desk.answer(AutopilotHealth(healthy=healthy, failure_tolerance=0, servers=rows))
        answers.append(desk.answers[request])
    assert [answer.status for answer in answers] == [200, 429]
    assert header(answers[1], "Content-Type").startswith("text/plain")
    body = json.loads(answers[1].body)
    assert body["Servers"][0] == {
        "ID": "u1",
        "Name": "s1",
        "Address": "10.0.0.1:8300",
        "SerfStatus": "alive",
        "Version": "1.0",
        "Leader": True,
        "LastContact": "0s",
        "LastTerm": 4,
        "LastIndex": 11,
        "Healthy": True,
        "Voter": True,
        "StableSince": "2023-11-14T22:13:20Z",
    }
    assert body["Servers"][1]["LastContact"] == "1.5s"


def test_state_is_by_server(desk):
    request = desk.http("GET", "/v1/operator/autopilot/state")
    rows = (server(), server(id="u2", leader=False), server(id="u3", leader=False, voter=False))
    desk.answer(AutopilotHealth(healthy=True, failure_tolerance=0, servers=rows))
    state = json.loads(desk.answers[request].body)
    assert (state["Leader"], state["Voters"]) == ("u1", ["u1", "u2"])
    assert [row["Status"] for row in state["Servers"].values()] == ["leader", "voter", "non-voter"]
    assert [(row["LastIndex"], row["CommitIndex"]) for row in state["Servers"].values()] == [(11, 10)] * 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b'{"MaxTrailingLogs": -1}',
            "number -1 into Go struct field AutopilotConfiguration.MaxTrailingLogs of type uint64",
        ),
        (b'{"MinQuorum": -1}', "number -1 into Go struct field AutopilotConfiguration.MinQuorum of type uint64"),
        (b'{"ServerStabilizationTime": "-1s"}', "ServerStabilizationTime must not be negative"),
    ],
)
def test_no_figure_of_autopilots_is_negative(desk, body, words):
    refused = desk.answers[desk.http("PUT", "/v1/operator/autopilot/configuration", body)]
    assert refused.status == 400
    assert words in refused.body.decode()
