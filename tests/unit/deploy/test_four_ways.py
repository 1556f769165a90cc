"""Python, scenario files, the command line and HTTP: the same verbs, the same parameters, the same meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lictor_actors.faults import VERBS, Verbs, make
from lictor_actors.faults.over_http import question_of
from lictor_actors.faults.steps import read_step
from lictor_actors.faults.vocabulary import Verb
from lictor_deploy.cli.tree import build, dashed
from lictor_messages.web import HttpAsked

LINK = {"from": "server-1", "to": "agent-*"}
NETWORK = {"match": ["raft.*", "swim.ping"], "probability": 0.25, "direction": "both", "duration": "10s"}
SAID: dict[str, dict[str, Any]] = {
    "partition": {"groups": [["server-1", "agent-1"], ["server-2"]], **NETWORK},
    "isolate": {"nodes": "percent(20, agents)", **NETWORK},
    "bridge": {"node": "follower", **NETWORK},
    "cut": {**LINK, **NETWORK},
    "hold": {**LINK, **NETWORK},
    "delay": {**LINK, "latency": "80ms", "jitter": "20ms", "correlation": 0.5, **NETWORK},
    "loss": {**LINK, "correlation": 0.5, **NETWORK},
    "duplicate": {**LINK, **NETWORK},
    "reorder": {**LINK, "within": "1s", **NETWORK},
    "corrupt": {**LINK, **NETWORK},
    "bandwidth": {**LINK, "rate": 9000, **NETWORK},
    "pause": {"nodes": "prober@percent(10)", "duration": "10s"},
    "resume": {"nodes": "leader"},
    "stall": {"nodes": "leader", "busy": "1s", "every": "5s", "duration": "10s"},
    "crash": {"nodes": "leader", "duration": "10s"},
    "kill": {"nodes": "leader", "duration": "10s"},
    "stop": {"nodes": "leader", "duration": "10s"},
    "restart": {"nodes": "leader", "wipe": True},
    "skew": {"nodes": "leader", "by": "-30s", "duration": "10s"},
    "drift": {"nodes": "leader", "rate": 1.01, "duration": "10s"},
    "jump": {"nodes": "leader", "by": "2s"},
    "slow_disk": {"nodes": "leader", "fsync": "50ms", "probability": 0.5, "duration": "10s"},
    "full_disk": {"nodes": "leader", "duration": "10s"},
    "io_error": {"nodes": "leader", "probability": 0.5, "duration": "10s"},
    "lose_unsynced": {"nodes": "leader", "duration": "10s"},
    "torn_write": {"nodes": "leader", "duration": "10s"},
    "bit_flip": {"nodes": "leader"},
    "lying_fsync": {"nodes": "leader", "duration": "10s"},
}


class Heard(Verbs[Verb]):
    """Keeps what is said to it."""

    def inject(self, verb: Verb) -> Verb:
        return verb


def in_python(verb: str) -> Verb:
    said = {{"from": "sources", "to": "targets"}.get(name, name): value for name, value in SAID[verb].items()}
    groups = said.pop("groups", ())
    heard: Verb = getattr(Heard(), verb)(*groups, **said)
    return heard


def in_a_file(verb: str) -> Verb:
    (step,) = read_step({"at": "1s", verb: SAID[verb]})
    return step.faults[0]


def over_http(verb: str) -> Verb:
    asked = HttpAsked(method="PUT", target="/v1/internal/faults", body=json.dumps({"verb": verb} | SAID[verb]).encode())
    question = question_of(asked)
    return make(question["ask"], **question["with"])


def on_the_command_line(verb: str, monkeypatch: pytest.MonkeyPatch) -> Verb:
    heard: list[Verb] = []

    class Fault:
        id, what = "f1", "as told"

    monkeypatch.setattr("lictor_deploy.cli.fault.verbs", lambda _: Keeps(heard, Fault))
    words = ["fault", "add", verb.replace("_", "-"), *flags_of(SAID[verb])]
    build("fault")(dashed(words), exit_on_error=False, print_error=False, result_action="return_value")
    return heard[0]


class Keeps:
    def __init__(self, heard: list[Verb], answer: Any) -> None:
        self.heard, self.answer = heard, answer

    def inject(self, verb: Verb) -> Any:
        self.heard.append(verb)
        return self.answer


def flags_of(said: dict[str, Any]) -> list[str]:
    words: list[str] = []
    for name, value in said.items():
        if name == "groups":
            words += [",".join(group) for group in value]
        elif name in ("nodes", "node"):
            words.append(value)
        elif value is True:
            words.append(f"-{name}")
        else:
            words += [
                word for one in (value if isinstance(value, list) else [value]) for word in (f"-{name}", str(one))
            ]
    return words


def test_every_parameter_of_every_verb_is_tried_here_and_explained_to_people() -> None:
    new = [verb for verb in VERBS if verb not in SAID]
    assert not new, f"say all parameters of these in SAID: {new}"
    assert list(SAID) == sorted(VERBS, key=list(SAID).index)
    for verb, model in VERBS.items():
        names = set() if model.lasts else {"duration"}  # which is refused, see below
        names ^= {field.alias or name.removesuffix("_s") for name, field in model.model_fields.items()}
        assert names == set(SAID[verb]), verb
        assert model.example
        assert all(field.description for field in model.model_fields.values()), verb


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_means_the_same_however_it_is_said(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    meant = in_a_file(verb)
    assert in_python(verb) == meant
    assert over_http(verb) == meant
    assert on_the_command_line(verb, monkeypatch) == meant


@pytest.mark.parametrize("verb", [verb for verb, model in VERBS.items() if not model.lasts])
def test_what_is_over_at_once_takes_no_duration(verb: str) -> None:
    with pytest.raises(ValueError, match=f"{verb} is not something that lasts: leave duration out"):
        make(verb, **SAID[verb], duration="10s")
