"""What an endpoint wants done: a question for the desk, and how to say the answer over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import orjson

from lictor_actors.consul.status_json import status_json
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.doorway.question import Question
from lictor_messages.answers import Answer, Rendered, RenderedInPart, Written
from lictor_messages.base import FrozenMap, Message
from lictor_messages.refusals import Code, Refused
from lictor_messages.slices import Collected
from lictor_messages.web import GatewayOptions, HttpAnswered

FILTERED = ("X-Consul-Results-Filtered-By-ACLs", "true")
DEFAULT_POLICY = "X-Consul-Default-ACL-Policy"
SHARED = ((DEFAULT_POLICY, "allow"), ("X-Content-Type-Options", "nosniff"))
JSON = (("Content-Type", "application/json"), *SHARED)
TEXT = (("Content-Type", "text/plain; charset=utf-8"), *SHARED)
NOTHING_READ = (("X-Consul-Index", "1"), ("X-Consul-KnownLeader", "false"), ("X-Consul-LastContact", "0"))
"""What Consul says with the error of a read that most endpoints have begun."""
Words = Mapping[Code, Callable[[HttpRequest], HttpAnswered]]
NO_WORDS = cast(Words, FrozenMap())


class Caching(NamedTuple):
    """What a client takes from the agent's cache; times in nanoseconds."""

    refreshed: bool
    """Whether a cached answer is kept right by a blocking query."""
    age_most_ns: int | None
    """None: of any age."""
    stale_if_error_ns: int
    """How old an answer may be if there is no other."""


@dataclass(slots=True)
class HttpQuestion(Question):
    """``render`` turns the answer into a response, or into what is to be asked next."""

    render: Callable[[Any, HttpRequest], HttpAnswered | HttpQuestion]
    final: Words = field(default=NO_WORDS, kw_only=True)
    """Refusals that the endpoint says in its own way, at once; the others are held, and said the table's way."""
    caching: Caching | None = field(default=None, kw_only=True)
    """Set if the agent's cache may answer."""


def under_policy(said: HttpAnswered, options: GatewayOptions) -> HttpAnswered:
    """The same response, with the word that everything is denied by default where that is so."""
    if not options.acl or options.acl_default_policy == "allow":
        return said
    headers = tuple((name, "deny") if name == DEFAULT_POLICY else (name, value) for name, value in said.headers)
    return said.model_copy(update={"headers": headers})


def empty(status: int = 200) -> HttpAnswered:
    """No body and no Content-Type: Consul's way to say that something was done."""
    return HttpAnswered(status=status, headers=SHARED)


def done(_: Message, __: HttpRequest) -> HttpAnswered:
    """Render anything but a refusal as an empty 200."""
    return empty()


def text(status: int, words: str, extra: tuple[tuple[str, str], ...] = ()) -> HttpAnswered:
    """A plain text answer: errors and the like."""
    if not words:
        return HttpAnswered(status=status, headers=SHARED + extra)
    return HttpAnswered(status=status, headers=TEXT + extra, body=words.encode())


def error_answer(error: HttpError, request: HttpRequest | None) -> HttpAnswered:
    """An endpoint's refusal as a response, or that of what is no request."""
    asked = error.status >= 500 and request is not None and request.tells_index
    return text(error.status, error.text, error.headers + (NOTHING_READ if asked else ()))


def refusal_answer(refused: Refused, request: HttpRequest) -> HttpAnswered:
    """A refusal as the table says it."""
    return text(refused.row.status, refused.words, NOTHING_READ if request.tells_index else ())


def json_body(value: Any, request: HttpRequest) -> bytes:
    """Minified, or indented by four with a line end for ``?pretty``."""
    return prettied(orjson.dumps(value), request)


def prettied(body: bytes, request: HttpRequest) -> bytes:
    """JSON that is rendered already, indented if the request says so."""
    if "pretty" not in request.params:
        return body
    return json.dumps(orjson.loads(body), indent=4, ensure_ascii=False).encode() + b"\n"


def json_answer(
    value: Any, request: HttpRequest, status: int = 200, extra: tuple[tuple[str, str], ...] = ()
) -> HttpAnswered:
    """A JSON answer without query headers."""
    return HttpAnswered(status=status, headers=JSON + extra, body=json_body(value, request))


def status_answer(answer: Answer, request: HttpRequest) -> HttpAnswered:
    """What a server says of the cluster itself."""
    return json_answer(status_json(answer), request)


_TRUE, _FALSE = (HttpAnswered(status=200, headers=JSON, body=body) for body in (b"true", b"false"))


def written(answer: Written, request: HttpRequest) -> HttpAnswered:
    """``true``, or ``false`` for a lost compare-and-set."""
    if not request.params:
        return _TRUE if answer.ok else _FALSE
    return HttpAnswered(status=200, headers=JSON, body=prettied(b"true" if answer.ok else b"false", request))


def query_headers(answer: Answer) -> tuple[tuple[str, str], ...]:
    """Where the answer stands in time; never index 0, which clients take for "do not block"."""
    said = (
        ("X-Consul-Index", str(answer.index or 1)),
        ("X-Consul-KnownLeader", "true" if answer.known_leader else "false"),
        ("X-Consul-LastContact", str(answer.last_contact_ms)),
    )
    in_part = answer.in_part if type(answer) is Collected else type(answer) is RenderedInPart
    return (*said, FILTERED) if in_part else said


def query_meta(answer: Answer, consistency: str = "") -> dict[str, Any]:
    """The same as fields of a body, for the answers that repeat them there; how old it is in nanoseconds."""
    return {
        "Index": answer.index,
        "LastContact": answer.last_contact_ms * 1_000_000,
        "KnownLeader": answer.known_leader,
        "ConsistencyLevel": consistency,
        "NotModified": False,
        "Backend": 0,
        "ResultsFilteredByACLs": False,
    }


def rendered(answer: Rendered, request: HttpRequest) -> HttpAnswered:
    """What a server rendered; a miss is 404, empty, and still carries the headers that blocking needs."""
    if not answer.found:
        return HttpAnswered(status=404, headers=SHARED + query_headers(answer))
    if type(answer) is Collected:  # not indented: that would take as long as reading it all at once
        return HttpAnswered(status=200, headers=JSON + query_headers(answer), body=answer.body, more=answer.more)
    body = prettied(answer.body, request) if request.params else answer.body
    return HttpAnswered(status=200, headers=JSON + query_headers(answer), body=body)


def rendered_with_consistency(answer: Rendered, request: HttpRequest) -> HttpAnswered:
    """The same for the endpoints that also say how consistent the answer is."""
    said = rendered(answer, request)
    consistency = (("X-Consul-Effective-Consistency", request.consistency),)
    return HttpAnswered(status=said.status, headers=said.headers + consistency, body=said.body, more=said.more)
