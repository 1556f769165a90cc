"""The audit log of a node with access control: who asked what, from where, and what came of it, and no secret."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from acl_cluster import AGENT, ROOT, Cluster, uuid

from lictor_actors.hosts.doors.http.desk import WebDesk
from lictor_actors.hosts.doors.http.opening import by_path
from lictor_actors.hosts.doors.opening import Site
from lictor_actors.node.audit import GONE, Audit
from lictor_actors.node.bearers import KEPT_MOST, SILENT_NS, UNKNOWN
from lictor_messages import kv
from lictor_messages.acl import ResolveAclToken
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAnswered, HttpAsked

STRANGE = "99999999-2222-4333-8444-555555555555"
FAULTS = "/v1/internal/faults"
NS = 1_000_000_000


class Audited:
    """The one agent of a world, behind a door that is watched."""

    def __init__(self, *, acl: bool = True) -> None:
        self.cluster = Cluster()
        self.world = self.cluster.world
        self.lines: list[str] = []
        self.answers: list[HttpAnswered] = []
        self.audit = Audit(self.lines.append, acl=acl)
        self.node = self.world.machines[AGENT].node
        beside = {FAULTS: self._faults}
        asyncio.run(self.audit.open(Site(self.node, 1, b"", lambda _: None, beside)))
        desk = WebDesk(self.node, "gateway", 1, lambda _: None, door="web")
        self.door = self.audit.over_http(by_path(beside, desk.ask))

    def _faults(self, asked: HttpAsked, answer: Any) -> Any:
        answer(HttpAnswered(status=403))
        return lambda: None

    def ask(self, method: str, target: str, token: str = "", body: bytes = b"") -> Any:
        headers = (("x-consul-token", token),) if token else ()
        asked = HttpAsked(method=method, target=target, headers=headers, body=body, peer="10.1.2.3")
        return self.door(asked, self.answers.append)

    def settled(self, s: float = 1.0) -> list[tuple[str, ...]]:
        """Operation, route, path, accessor id, outcome of each line."""
        self.world.run(s)
        rows = []
        for line in self.lines:
            payload = json.loads(line)["payload"]
            request = payload["request"]
            what = (request["operation"], request.get("route", ""), request.get("endpoint", ""))
            rows.append((*what, payload["auth"]["accessor_id"], payload["response"]["status"]))
        return rows


@pytest.fixture
def audited() -> Audited:
    return Audited()


@pytest.mark.parametrize(
    ("method", "target", "row"),
    [
        ("PUT", "/v1/kv/mine/x", ("PUT", "/v1/kv/", "/v1/kv/mine/x", uuid(1), "200")),
        ("PUT", "/v1/kv/other", ("PUT", "/v1/kv/", "/v1/kv/other", uuid(1), "403")),
        ("GET", "/v1/kv/mine%2Fx?recurse", ("GET", "/v1/kv/", "/v1/kv/mine/x", uuid(1), "404")),
        ("GET", "http://a/v1/status/leader", ("GET", "/v1/status/leader", "/v1/status/leader", uuid(1), "200")),
        ("GET", "/v1/agent/self", ("GET", "/v1/agent/self", "/v1/agent/self", uuid(1), "403")),
        ("GET", f"{FAULTS}/list", ("GET", FAULTS, f"{FAULTS}/list", uuid(1), "403")),
        ("GET", f"/v1/acl/info/{STRANGE}", ("GET", "", "", uuid(1), "404")),
        ("PATCH", "/v1/kv/mine/x", ("PATCH", "", "", uuid(1), "405")),
        ("GET", "/v1/kv/%zz", ("GET", "", "", uuid(1), "400")),
    ],
)
def test_a_line_says_who_what_and_the_outcome(audited: Audited, method: str, target: str, row: tuple[str, ...]) -> None:
    secret = audited.cluster.token('key_prefix "mine/" { policy = "write" }')
    audited.ask(method, target, secret, b"v")
    assert audited.settled() == [row]
    (line,) = audited.lines
    payload = json.loads(line)["payload"]
    assert payload["request"]["remote_addr"] == "10.1.2.3"
    assert payload["timestamp"].endswith("Z")
    assert payload["stage"] == "OperationComplete"


def test_no_secret_stands_in_a_line(audited: Audited) -> None:
    secret = audited.cluster.token('acl = "write"')
    audited.ask("GET", f"/v1/kv/a?token={secret}")
    audited.ask("GET", f"/v1/kv/a?%74oken={secret}")  # it is no name of the parameter, as in the gateway
    audited.door(
        HttpAsked(method="GET", target="/v1/kv/a", headers=(("authorization", f"Bearer {secret}"),)),
        audited.answers.append,
    )
    audited.ask("PUT", "/v1/acl/token", secret, json.dumps({"SecretID": STRANGE}).encode())
    audited.ask("GET", f"/v1/acl/info/{STRANGE}", ROOT)
    audited.ask("PUT", f"/v1/acl/destroy/{STRANGE}", ROOT)
    rows = audited.settled()
    assert len(rows) == 6
    known = [uuid(1)] * 3
    assert sorted(row[3] for row in rows if row[1] in ("/v1/kv/", "/v1/acl/token")) == ["", *known]
    for hidden in (secret, STRANGE, ROOT):
        assert hidden not in "\n".join(audited.lines)


@pytest.mark.parametrize(("token", "accessor"), [("", ""), (STRANGE, UNKNOWN)])
def test_who_has_no_token_is_anonymous_and_a_strange_one_is_unknown(
    audited: Audited, token: str, accessor: str
) -> None:
    audited.ask("GET", "/v1/kv/a", token)
    assert [row[3:] for row in audited.settled()] == [(accessor, "403")]


def test_a_token_that_is_revoked_meanwhile_has_its_name_in_the_line(audited: Audited) -> None:
    secret = audited.cluster.token('acl = "write"')
    audited.ask("GET", "/v1/acl/tokens", secret)
    audited.ask("DELETE", f"/v1/acl/token/{uuid(1)}", ROOT)
    assert uuid(1) in [row[3] for row in audited.settled() if row[0] == "GET"]


def test_a_client_that_hangs_up_is_in_the_log(audited: Audited) -> None:
    audited.ask("PUT", "/v1/kv/a", ROOT, b"1")()
    assert [row[4] for row in audited.settled()] == [GONE]
    assert audited.answers == []


def test_without_a_server_the_line_comes_and_its_asker_is_unknown(audited: Audited) -> None:
    audited.world.crash("server-1.dc1")
    audited.ask("GET", "/v1/kv/a", STRANGE)()
    assert audited.settled(SILENT_NS / NS / 2) == []
    assert [row[3:] for row in audited.settled(SILENT_NS / NS)] == [(UNKNOWN, GONE)]


def test_a_token_is_asked_about_once_for_all_who_show_it(audited: Audited) -> None:
    secret = audited.cluster.token('key_prefix "" { policy = "read" }')
    asked: list[Envelope] = []
    deliver = audited.node.deliver

    def counted(envelope: Envelope) -> None:
        if isinstance(envelope.body, ResolveAclToken) and envelope.source.startswith("audit@"):
            asked.append(envelope)
        deliver(envelope)

    audited.node.deliver = counted  # type: ignore[method-assign]
    for _ in range(20):
        audited.ask("GET", "/v1/kv/a", secret)
    assert [row[3] for row in audited.settled()] == [uuid(1)] * 20
    audited.ask("GET", "/v1/kv/a", secret)
    assert len(audited.settled()) == 21
    assert len(asked) == 1


def test_strangers_tokens_do_not_pile_up(audited: Audited) -> None:
    for number in range(KEPT_MOST + 10):
        audited.ask("GET", "/v1/status/leader", uuid(5000 + number))
    assert len(audited.settled(5)) == KEPT_MOST + 10
    bearers: Any = audited.audit._bearers
    assert len(bearers._known) == KEPT_MOST
    assert not bearers._waiting
    assert not bearers._asked


def test_what_comes_after_the_end_is_written_at_once(audited: Audited) -> None:
    audited.ask("GET", "/v1/kv/a", STRANGE)
    asyncio.run(audited.audit.close())
    hang_up = audited.ask("GET", "/v1/kv/b", ROOT)
    hang_up()
    assert [row[3:] for row in audited.settled(0)] == [(UNKNOWN, GONE)]


def test_without_acls_everybody_is_anonymous() -> None:
    audited = Audited(acl=False)
    audited.ask("GET", "/v1/status/leader", STRANGE)
    assert [row[3] for row in audited.settled()] == [""]


@pytest.mark.parametrize(
    ("answer", "outcome"), [(Written(index=1), "200"), (Refused(code="PermissionDenied"), "PermissionDenied")]
)
def test_a_client_actors_request_is_a_line(audited: Audited, answer: Message, outcome: str) -> None:
    async def ask(_: Envelope, ip: str) -> Message:
        return answer

    envelope = Envelope("door@n", "agent@n", kv.PutKey(key=STRANGE, value=b""), "r", token=ROOT)
    assert asyncio.run(audited.audit.over_messages(ask)(envelope, "10.1.2.3")) is answer
    ((operation, _, _, accessor, said),) = audited.settled()
    assert (operation, said) == (kv.PutKey.kind, outcome)
    assert accessor not in ("", UNKNOWN)
    assert STRANGE not in audited.lines[0]
    assert '"remote_addr": "10.1.2.3"' in audited.lines[0]
