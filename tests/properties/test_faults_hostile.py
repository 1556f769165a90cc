"""Whatever is asked of ``/v1/internal/faults`` is answered: with a fault, or with why not."""

from __future__ import annotations

import json

from hostile_http import ODD, odd_values
from hypothesis import given
from hypothesis import strategies as st
from told_ground import ToldGround

from lictor_actors.faults import Engine, FaultBook, NodeView
from lictor_actors.faults.desk import FaultDesk
from lictor_actors.faults.over_http import FaultsOverHttp
from lictor_actors.faults.selectors import roles_of
from lictor_actors.faults.steps import TIMES
from lictor_actors.faults.vocabulary import VERBS, written_as
from lictor_messages.faults import FAULTS_PATH
from lictor_messages.web import HttpAnswered, HttpAsked

NODES = [NodeView("server-1.dc1", True, True, roles_of(True)), NodeView("agent-1.dc1", roles=roles_of(False))]


USUAL = {
    "nodes": '"leader"',
    "duration": '"10s"',
    "match": '"raft.*"',
    "probability": "0.5",
    "latency": '"1s"',
    "by": '"2s"',
}
FITTING = st.sampled_from(
    [*USUAL.values(), '"all"', '"server-1"', '["server-1", "agent-1"]', '{"preset":"wan"}', "1e300"]
)


@st.composite
def verbs(draw: st.DrawFn) -> str:
    """A verb with its parameters, one of them odd perhaps, as JSON."""
    name = draw(st.sampled_from(sorted(VERBS)))
    keys = [written_as(key, field) for key, field in VERBS[name].model_fields.items()]
    chosen = draw(st.lists(st.sampled_from(keys), unique=True)) if keys else []
    pairs = {"verb": json.dumps(name)} | {key: USUAL.get(key, '"all"') for key in chosen}
    pairs |= draw(st.dictionaries(st.sampled_from([*keys, "verb", "x"]), FITTING | odd_values, max_size=2))
    return object_of(pairs)


@st.composite
def plans(draw: st.DrawFn) -> str:
    """A plan of one step."""
    name = draw(st.sampled_from(sorted(VERBS)))
    pairs = {name: draw(FITTING | odd_values)}
    pairs |= draw(st.dictionaries(st.sampled_from(TIMES), FITTING | odd_values, max_size=3))
    return object_of({"steps": f"[{object_of(pairs)}]"})


def object_of(pairs: dict[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(key)}:{value}" for key, value in pairs.items()) + "}"


@given(
    body=verbs() | plans() | st.sampled_from(ODD),
    path=st.sampled_from(["", "/", "/f1", "/%ff", "/release", "/" + "9" * 5000]),
)
def test_any_fault_that_is_asked_for_is_answered(body, path):
    faults = FaultsOverHttp(FaultDesk(Engine(FaultBook(lambda: NODES, "live"), ToldGround())).ask, "token")
    headers = (("x-consul-token", "token"),)
    for method in ("PUT", "DELETE", "GET"):
        answers: list[HttpAnswered] = []
        data = body.encode("utf-8", "surrogatepass")
        faults.ask(HttpAsked(method=method, target=FAULTS_PATH + path, headers=headers, body=data), answers.append)
        assert len(answers) == 1
        assert answers[0].status in (200, 400, 404, 405, 413)
        assert answers[0].body
