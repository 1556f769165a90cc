"""Faults over HTTP, for a cluster that was started for them: requests become those of the control socket.

``GET /v1/internal/faults`` lists, ``PUT`` (or ``POST``) with ``{"verb": "isolate", "nodes": "leader"}`` puts a fault in
force, ``DELETE …/f1`` heals one and ``DELETE`` without a name all. A node's host answers these, not its gateway, and
only to those who know the token.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from lictor_actors.consul.decode import BadBody, parse_json
from lictor_actors.faults.desk import Ask, Said
from lictor_actors.faults.guard import objection
from lictor_actors.faults.steps import unknown
from lictor_actors.faults.vocabulary import VERBS
from lictor_messages.faults import FAULTS_PATH
from lictor_messages.web import HttpAnswered, HttpAsked, too_large

OFF = (
    "Faults are off: this agent was not started for them. `lictor dev` is; `lictor agent` needs "
    '"enable_fault_injection": true and a "fault_injection_token" in its configuration.'
)
BODY_MOST = 64 * 1024
"""Bytes. It is told on to the process that carries faults out, in a line of JSON that has a limit too."""
LEVELS_MOST = 32
"""Deeper nesting means nothing here, and takes a stack wherever it is said again."""
BODY = 'Send a JSON object such as {"verb": "isolate", "nodes": "leader", "duration": "10s"}'


class Refusal(Exception):
    """A request that cannot be meant."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class FaultsOverHttp:
    """Answers what lies under ``FAULTS_PATH``, to those who know the token; without an ``ask`` all are refused."""

    def __init__(self, ask: Ask | None = None, token: str = "", whence: str = "") -> None:
        """``whence``: a sentence that says where the token is to be had."""
        self._ask = ask
        self._token = token
        self._whence = whence

    def ask(self, asked: HttpAsked, answer: Callable[[HttpAnswered], None]) -> Callable[[], None]:
        """See ``hosts.http.Ask``. A client that hangs up changes nothing: what was asked for is done."""
        try:
            if self._ask is None:
                raise Refusal(403, OFF)
            if why := objection(asked, self._token, self._whence):
                raise Refusal(403, why)
            question = question_of(asked)
            self._ask(question, lambda said: answer(answered(question, said)))
        except Refusal as refusal:
            answer(text(refusal.status, refusal.text))
        return _nothing


def question_of(asked: HttpAsked) -> Said:
    """The request in the words of the control socket. Raises Refusal."""
    name = unquote(asked.target.partition("?")[0].removeprefix(FAULTS_PATH).strip("/"))
    match asked.method, name:
        case "GET", "":
            return {"ask": "faults"}
        case (("PUT" | "POST"), ""):
            return said_in(asked.body)
        case (("PUT" | "POST"), "release"):
            return {"ask": "release"}
        case "DELETE", "":
            return {"ask": "heal_all"}
        case "DELETE", name:
            return {"ask": "heal", "fault": name}
        case method, "":
            raise Refusal(405, f"method {method} not allowed: use GET, PUT or DELETE")
    raise Refusal(405, f"method {asked.method} not allowed here: DELETE {FAULTS_PATH}/{name} heals a fault")


def said_in(body: bytes) -> Said:
    """A verb with its parameters, or ``{"steps": [...]}``, a plan like a scenario's. Raises Refusal."""
    if len(body) > BODY_MOST:
        raise Refusal(413, too_large(len(body), BODY_MOST))
    try:
        said = parse_json(body)
    except BadBody as error:
        raise Refusal(400, f"the body is not JSON: {error}. {BODY}") from None
    if not isinstance(said, dict):
        raise Refusal(400, f"the body is no object. {BODY}")
    if is_deep(said):
        raise Refusal(400, f"the body is nested more than {LEVELS_MOST} levels deep. {BODY}")
    if "steps" in said:
        return plan_in(said)
    verb = said.pop("verb", None)
    if verb is None:
        raise Refusal(400, f"verb is missing. {BODY}")
    if not isinstance(verb, str):
        raise Refusal(400, f"verb: there is no fault without a name. {BODY}")
    if verb not in VERBS:
        raise Refusal(400, f"verb: {unknown(verb, VERBS, 'the list of faults')}")
    return {"ask": verb, "with": said}


def is_deep(value: Any) -> bool:
    """True for more than LEVELS_MOST levels of objects and lists."""
    level = [value]
    for _ in range(LEVELS_MOST):
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [part for parts in inner for part in parts]
    return any(isinstance(one, dict | list) for one in level)


def plan_in(said: Said) -> Said:
    """Steps and nothing else. Raises Refusal."""
    for key in said:
        if key != "steps":
            raise Refusal(400, f"there is no {key!r} beside steps: what a step does is said inside it")
    if not isinstance(said["steps"], list) or not said["steps"]:
        raise Refusal(400, 'steps is a list such as [{"at": "1s", "for": "5s", "isolate": "leader"}]')
    return {"ask": "play", "with": said}


def answered(question: Said, said: Said) -> HttpAnswered:
    """The reply in the words of HTTP."""
    match question, said:
        case _, {"error": str(why)}:
            return text(400, why)
        case {"ask": "heal", "fault": name}, {"healed": []}:
            return text(404, f"there is no fault {name!r} in force: GET {FAULTS_PATH} lists them")
        case {"ask": "faults"}, {"faults": faults}:
            return as_json(faults)
        case _, {"fault": name, "what": what}:
            return as_json({"id": name, "what": what})
    return as_json(said)


def as_json(value: Any) -> HttpAnswered:
    """200 and this."""
    return HttpAnswered(
        status=200, headers=(("Content-Type", "application/json"),), body=json.dumps(value).encode() + b"\n"
    )


def text(status: int, words: str) -> HttpAnswered:
    """A sentence."""
    return HttpAnswered(
        status=status, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=words.encode() + b"\n"
    )


def _nothing() -> None:
    """What was asked for is done, even if the client has gone."""
