"""What messages that hold secrets show of them in a log or a traceback: nothing, also where they cannot be read."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from lictor_messages.acl import AclToken, PutAclToken
from lictor_messages.agent import CheckSpec, RegisterCheck
from lictor_messages.agent_acl import SetAgentToken
from lictor_messages.base import Message, read
from lictor_messages.envelope import Envelope
from lictor_messages.jobs import ProbeHttp, RunScript
from lictor_messages.journal import Append, AppendMany, Cell
from lictor_messages.queries import PreparedQuery, ServiceQuery
from lictor_messages.raft import AppendEntries, InstallSnapshot
from lictor_messages.secret import is_same, without_password
from lictor_messages.server import ServerOptions
from lictor_messages.web import HttpAnswered, HttpAsked

S, B = "5ec4e7", b"5ec4e7"
HEADER = (("Authorization", (S,)),)
CHECK = CheckSpec(name="c", header=HEADER, body=S, args=("curl", S))
TOKEN = AclToken(accessor_id="a", secret_id=S)


@pytest.mark.parametrize(
    "message",
    [
        TOKEN,
        PutAclToken(token=TOKEN),
        CHECK,
        RegisterCheck(check=CHECK),
        SetAgentToken(name="agent", token=S),
        Envelope("a@b", "c@d", SetAgentToken(name="agent", token=S), token=S),
        ProbeHttp(ticket="1", url="http://x", header=HEADER, body=S, timeout_ns=1),
        RunScript(ticket="1", args=("curl", S), timeout_ns=1, output_max_size=1),
        Cell(name="token:agent", data=B),
        Append(index=1, term=1, data=B),
        AppendMany(index=1, term=1, bodies=(B,)),
        PreparedQuery(id="q", token=S, service=ServiceQuery(service="web")),
        AppendEntries.model_construct(entries=(B,)),
        InstallSnapshot.model_construct(data=B),
        ServerOptions.model_construct(acl_initial_management=S),
        HttpAsked(method="GET", target=f"/v1/kv/a?token={S}", headers=(("x-consul-token", S),), body=B),
        HttpAnswered(status=200, body=B, more=(B,)),
    ],
    ids=lambda message: type(message).__name__,
)
def test_no_repr_holds_a_secret(message):
    assert S not in repr(message)


@pytest.mark.parametrize("kind", [SetAgentToken, HttpAsked, Cell, PutAclToken])
def test_an_error_does_not_repeat_what_it_refuses(kind: type[Message]):
    with pytest.raises(ValidationError) as refused:
        read(kind, {"token": [S], "name": [S], "data": {S: S}, "method": [S], "target": {S: 1}})
    assert S not in str(refused.value) + repr(refused.value)


@pytest.mark.parametrize(
    ("given", "same"), [(S, True), ("5ec4e8", False), ("", False), ("\ud800", False), ("é", False)]
)
def test_secrets_of_any_characters_are_compared(given, same):
    assert is_same(given, S) is same


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://me:pass@host/a?b=c:d@e", "http://me:***@host/a?b=c:d@e"),
        ("https://me:p@ss@host", "https://me:***@host"),
        ("http://me@host/", "http://me@host/"),
        ("http://host:80/a:b@c", "http://host:80/a:b@c"),
        ("http://[::1]:80/", "http://[::1]:80/"),
    ],
)
def test_a_url_is_shown_without_its_password(url, shown):
    assert without_password(url) == shown
