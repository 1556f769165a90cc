"""HTTP in front of the faults: which requests there are, what is refused and in which words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from told_ground import ToldGround

from lictor_actors.faults import Engine, FaultBook, NodeView
from lictor_actors.faults.desk import FaultDesk
from lictor_actors.faults.over_http import FaultsOverHttp
from lictor_actors.faults.selectors import roles_of
from lictor_messages.faults import FAULTS_PATH
from lictor_messages.web import HttpAnswered, HttpAsked

NODES = [NodeView("server-1.dc1", True, True, roles_of(True)), NodeView("agent-1.dc1", roles=roles_of(False))]
TOKEN = "open sesame"


class Web:
    """Asks with the right token unless told otherwise."""

    def __init__(self, faults: FaultsOverHttp) -> None:
        self._faults = faults

    def __call__(self, method: str, path: str = "", body: Any = b"", **headers: str) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answers: list[HttpAnswered] = []
        peer = headers.pop("peer", "127.0.0.1")
        headers = headers or {"x_consul_token": TOKEN}
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        asked = HttpAsked(method=method, target=FAULTS_PATH + path, headers=named, body=data, peer=peer)
        self._faults.ask(asked, answers.append)()
        (answer,) = answers
        is_json = ("Content-Type", "application/json") in answer.headers
        return answer.status, json.loads(answer.body) if is_json else answer.body.decode()


@pytest.fixture
def web() -> Web:
    return Web(
        FaultsOverHttp(
            FaultDesk(Engine(FaultBook(lambda: NODES, "live"), ToldGround())).ask, TOKEN, "It is in the file t."
        )
    )


def test_faults_are_added_listed_and_healed(web: Web) -> None:
    assert web("GET") == (200, [])
    status, made = web("PUT", body={"verb": "isolate", "nodes": "leader", "duration": "10s"})
    assert (status, made["id"]) == (200, "f1")
    assert made["what"].startswith("isolate server-1.dc1")
    assert web("POST", body={"verb": "hold"})[1]["id"] == "f2"
    assert [fault["id"] for fault in web("GET")[1]] == ["f1", "f2"]
    assert web("PUT", "/release") == (200, {"healed": ["f2"]})
    assert web("DELETE", "/f1") == (200, {"healed": ["f1"]})
    assert web("PUT", body={"verb": "pause", "nodes": "prober@all"})[0] == 200
    assert web("DELETE") == (200, {"healed": ["f3"]})
    assert web("GET") == (200, [])


def test_what_is_over_at_once_has_no_id(web: Web) -> None:
    assert web("PUT", body={"verb": "jump", "nodes": "leader", "by": "2s"})[1]["id"] == ""


def test_a_plan_is_steps_as_in_a_scenario(web: Web) -> None:
    assert web("PUT", body={"steps": [{"at": 1, "for": "5s", "preset": "gc-pause"}]}) == (200, {"play": "p1"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("PUT", "", b"", 400, "the body is not JSON"),
        ("PUT", "", b"[" * 60_000, 400, "the body is not JSON: json: exceeded max depth"),
        ("PUT", "", b"9" * 5_000, 400, "the body is not JSON: json: cannot unmarshal number 999"),
        ("PUT", "", b'{"verb":"hold","match":' + b"[" * 40 + b"]" * 40 + b"}", 400, "more than 32 levels deep"),
        ("PUT", "", b'{"verb":"\\ud800"}', 400, "verb: there is no"),
        ("PUT", "", b'{"verb":"isolate","nodes":"leader","duration":1e300}', 400, "duration"),
        ("PUT", "", b"a" * 65_537, 413, "max size: 65536 bytes"),
        ("PUT", "", b"[1]", 400, 'Send a JSON object such as {"verb": "isolate"'),
        ("PUT", "", {"nodes": "leader"}, 400, "verb is missing"),
        ("PUT", "", {"verb": "isolat"}, 400, "did you mean 'isolate'? (partition, isolate"),
        ("PUT", "", {"verb": ["isolate"]}, 400, "verb: there is no"),
        ("PUT", "", {"verb": "isolate"}, 400, "nodes is missing"),
        ("PUT", "", {"verb": "delay", "latncy": "1s"}, 400, "did you mean 'latency'"),
        ("PUT", "", {"verb": "loss", "probability": 2}, 400, "probability: a probability lies between 0 and 1, not 2"),
        ("PUT", "", {"verb": "isolate", "nodes": "agent-9"}, 400, "names no node"),
        ("PUT", "", {"steps": [{"at": "soon", "preset": "wan"}]}, 400, "soon"),
        ("PUT", "", {"verb": "isolate", "nodes": 3}, 400, "nodes: whom?"),
        ("PUT", "", {"verb": "pause", "nodes": "probr@leader"}, 400, "'probr' is no actor of server-1.dc1: there are"),
        ("PUT", "", {"verb": "hold", "match": "swim.pong"}, 400, "no message is called 'swim.pong': did you mean"),
        ("PUT", "", {"steps": "all"}, 400, "steps is a list"),
        ("PUT", "", {"steps": []}, 400, "steps is a list"),
        ("PUT", "", {"steps": ["wan"]}, 400, "1: a step is a table"),
        ("PUT", "", {"steps": [{"preset": "wan"}], "for": "9s"}, 400, "there is no 'for' beside steps"),
        ("PUT", "", {"steps": [{"at": "9s", "bridge": {"node": "all"}}]}, 400, "a bridge is one node"),
        ("PUT", "", {"steps": [{"at": "9s", "hold": {"match": "swim.pong"}}]}, 400, "no message is called"),
        ("PUT", "/f1", {"verb": "isolate"}, 405, "method PUT not allowed here"),
        ("PATCH", "", {}, 405, "use GET, PUT or DELETE"),
        ("DELETE", "/f9", b"", 404, "there is no fault 'f9' in force"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused_in_words(
    web: Web, method: str, path: str, body: Any, status: int, words: str
) -> None:
    answer = web(method, path, body)
    assert answer[0] == status
    assert words in answer[1]
    assert web("GET") == (200, [])


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "10.0.0.7"])
@pytest.mark.parametrize("headers", [{"host": "x"}, {"x_consul_token": "wrong"}, {"authorization": "Bearer wröng"}])
def test_without_the_token_nobody_is_listened_to(web: Web, method: str, peer: str, headers: dict[str, str]) -> None:
    """Other users of this machine come from its own address too, and so do pages in somebody's browser."""
    status, words = web(method, body={"verb": "isolate", "nodes": "leader"}, peer=peer, **headers)
    assert status == 403
    assert words == ("Faults are taken only with a token: send it in the header X-Consul-Token. It is in the file t.\n")
    assert web("GET") == (200, [])


def test_who_knows_the_token_is_listened_to_wherever_it_comes_from(web: Web) -> None:
    assert web("GET", peer="10.0.0.7", x_consul_token=TOKEN) == (200, [])
    assert web("GET", peer="10.0.0.7", authorization=f"Bearer {TOKEN}") == (200, [])


def test_an_empty_token_is_nobodys() -> None:
    web = Web(FaultsOverHttp(FaultDesk(Engine(FaultBook(lambda: NODES, "live"), ToldGround())).ask))
    assert web("GET", host="x")[0] == web("GET", x_consul_token="")[0] == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_without_faults_every_request_is_refused_with_the_remedy(method: str) -> None:
    status, words = Web(FaultsOverHttp())(method, body={"verb": "isolate", "nodes": "all"})
    assert status == 403
    assert "enable_fault_injection" in words
