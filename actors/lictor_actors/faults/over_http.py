"""Faults over HTTP, for a cluster that was started for them: requests become those of the control socket.

``GET /v1/internal/faults`` lists, ``PUT`` (or ``POST``) with ``{"verb": "isolate", "nodes": "leader"}`` puts a fault in
force, ``DELETE …/f1`` heals one and ``DELETE`` without a name all. A node's host answers these, not its gateway.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from lictor_actors.faults.desk import Ask, Said
from lictor_actors.faults.vocabulary import VERBS
from lictor_messages.faults import FAULTS_PATH
from lictor_messages.web import HttpAnswered, HttpAsked

OFF = (
    "Faults are off: this agent was not started for them. `lictor dev` is; `lictor agent` needs "
    '"enable_fault_injection": true in its configuration.'
)
FOREIGN = "Faults cannot be asked for by another site's page: this request has its Origin."
BODY = 'Send a JSON object such as {"verb": "isolate", "nodes": "leader", "duration": "10s"}'


class Refusal(Exception):
    """A request that cannot be meant."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class FaultsOverHttp:
    """Answers what lies under ``FAULTS_PATH``; without an ``ask`` every request is refused."""

    def __init__(self, ask: Ask | None = None) -> None:
        self._ask = ask

    def ask(self, asked: HttpAsked, answer: Callable[[HttpAnswered], None]) -> Callable[[], None]:
        """See ``hosts.http.Ask``. Nobody is told when the client hangs up: what was asked for is done."""
        try:
            if self._ask is None:
                raise Refusal(403, OFF)
            question = question_of(asked)
            self._ask(question, lambda said: answer(answered(question, said)))
        except Refusal as refusal:
            answer(text(refusal.status, refusal.text))
        return _nothing


def question_of(asked: HttpAsked) -> Said:
    """The request in the words of the control socket. Raises Refusal."""
    refuse_foreign(dict(asked.headers))
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


def refuse_foreign(headers: dict[str, str]) -> None:
    """A browser says which site's page it asks for: a page that somebody only looks at must not break a cluster."""
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        raise Refusal(403, FOREIGN)


def said_in(body: bytes) -> Said:
    """A verb with its parameters, or ``{"steps": [...]}``, a plan like a scenario's. Raises Refusal."""
    try:
        said: Any = json.loads(body)
    except ValueError as error:
        raise Refusal(400, f"the body is not JSON: {error}. {BODY}") from None
    if not isinstance(said, dict):
        raise Refusal(400, f"the body is no object. {BODY}")
    if "steps" in said:
        return {"ask": "play", "with": {"steps": said["steps"]}}
    verb = said.pop("verb", None)
    if not isinstance(verb, str) or verb not in VERBS:
        raise Refusal(400, f"verb is missing. {BODY}" if verb is None else f"verb: {no_such(verb)}")
    return {"ask": verb, "with": said}


def no_such(verb: object) -> str:
    """There is no such verb; here are those that there are."""
    return f"there is no fault {verb!r}: there are {', '.join(VERBS)}"


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
    """What was asked for is done, whether somebody still waits or not."""
