"""What tokens may do with an agent that reaches no server: each down policy, for a known token and for another."""

from __future__ import annotations

import pytest
from acl_cluster import Cluster

from lictor_messages.agent import Accepted, RegisterService
from lictor_messages.base import Message
from lictor_messages.catalog import ServiceRecord
from lictor_messages.refusals import Refused

SERVER = "server-1.dc1"
AFTER_THE_TTL_S = 40
EXPECTED = {
    "allow": (True, True),
    "deny": (False, False),
    "extend-cache": (True, False),
    "async-cache": (True, False),
}
"""Down policy → whether a token may register that was known before, and whether one may that was not."""


def register(cluster: Cluster, token: str) -> Message:
    return cluster.ask(RegisterService(service=ServiceRecord(node="", id="web", service="web")), token)


@pytest.mark.parametrize("policy", EXPECTED)
def test_without_servers_the_down_policy_holds_and_with_them_their_word(policy: str) -> None:
    cluster = Cluster(agent__acl_down_policy=policy)
    known, unknown = (cluster.token('service "web" { policy = "write" }') for _ in range(2))
    narrow = cluster.token('service "db" { policy = "write" }')
    for token in (known, narrow):
        register(cluster, token)
    cluster.world.kill(SERVER)
    cluster.world.run(AFTER_THE_TTL_S)
    answers = [register(cluster, token) for token in (known, unknown)]
    assert tuple(isinstance(answer, Accepted) for answer in answers) == EXPECTED[policy]
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert all(answer.code == "PermissionDenied" for answer in refused)
    assert isinstance(register(cluster, narrow), Accepted) == (policy == "allow")
    cluster.world.restart(SERVER)
    cluster.world.run(AFTER_THE_TTL_S)
    assert [type(register(cluster, token)) for token in (known, unknown, narrow)] == [Accepted, Accepted, Refused]
