"""The way by HTTP: what is asked of Consul's API, and what is made of what comes back."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certificates import Signer
from scripted_http import HANG_UP, ScriptedHttp, reply

import lictor
from lictor_actors.client import (
    acl,
    agent,
    auth_methods,
    catalog,
    coordinates,
    kv,
    operator,
    queries,
    sessions,
    snapshots,
    status,
    txn,
)
from lictor_actors.client.http import acl as acl_http
from lictor_actors.client.http import agent as agent_http
from lictor_actors.client.http import catalog as catalog_http
from lictor_actors.client.http import coordinates as coordinates_http
from lictor_actors.client.http import kv as kv_http
from lictor_actors.client.http import operator as operator_http
from lictor_actors.client.http import queries as queries_http
from lictor_actors.client.http import sessions as sessions_http
from lictor_actors.client.http import snapshots as snapshots_http
from lictor_actors.client.http import status as status_http
from lictor_actors.client.http import txn as txn_http
from lictor_actors.client.http.call import HttpReply
from lictor_actors.client.http.link import family_of
from lictor_actors.client.http.place import http_place
from lictor_actors.client.http.refusals import refusal_of
from lictor_messages.acl import AclToken
from lictor_messages.answers import Command, Query
from lictor_messages.base import Message
from lictor_messages.catalog import CheckRecord, NodeRecord, ServiceRecord
from lictor_messages.txn import NodeOperation, Operation, ServiceOperation, SessionOperation

ENTRY = '[{"Key":"a","Value":"MQ==","Flags":0,"LockIndex":0,"CreateIndex":4,"ModifyIndex":9,"Later":{"Not":"known"}}]'
Asked = Callable[[lictor.AsyncClient], Any]
TRANSLATORS = (
    acl_http,
    agent_http,
    catalog_http,
    coordinates_http,
    kv_http,
    operator_http,
    queries_http,
    sessions_http,
    snapshots_http,
    status_http,
    txn_http,
)


def test_every_question_of_the_client_can_be_asked_over_http() -> None:
    groups = (acl, agent, auth_methods, catalog, coordinates, kv, operator, queries, sessions, snapshots, status, txn)
    kinds = {kind for group in groups for kind in vars(group).values() if isinstance(kind, type)}
    questions = {kind for kind in kinds if issubclass(kind, Query | Command)}
    known = {kind: module.__name__.rpartition(".")[2] for module in TRANSLATORS for kind in module.TRANSLATIONS}
    assert questions == {kind for kind in known if issubclass(kind, Query | Command)}
    assert known.keys() <= kinds
    assert {kind.kind: family_of(kind.kind) for kind in known} == {kind.kind: module for kind, module in known.items()}


NODE = NodeRecord(node="n", address="10.0.0.1", meta={"a": "b"})
WEB = ServiceRecord(node="n", id="web", service="web", port=80)
CHECK = CheckRecord(node="n", check_id="c", name="c", status="passing")
ASKED: list[tuple[Asked, str, str]] = [
    (lambda c: c.kv.get("a b/ü", dc="x"), "GET /v1/kv/a%20b/%C3%BC?dc=x", ""),
    (lambda c: c.kv.list("p/", consistency="stale", max_stale="5s"), "GET /v1/kv/p/?recurse=&stale=&max_stale=5s", ""),
    (lambda c: c.kv.keys("p/", separator="/"), "GET /v1/kv/p/?keys=&separator=%2F", ""),
    (lambda c: c.kv.put("a", "v", flags=3, cas=0), "PUT /v1/kv/a?flags=3&cas=0", "v"),
    (lambda c: c.kv.delete("a", recurse=True), "DELETE /v1/kv/a?recurse=", ""),
    (
        lambda c: c.health.service("web", passing=True, tags=["x", "y"], filter="a == b", index=7, wait="1m"),
        "GET /v1/health/service/web?tag=x&tag=y&passing=true&index=7&wait=1m0s&filter=a+%3D%3D+b",
        "",
    ),
    (lambda c: c.catalog.nodes(node_meta=(("a", "b"),)), "GET /v1/catalog/nodes?node-meta=a%3Ab", ""),
    (
        lambda c: c.catalog.register(NODE, service=WEB, checks=[CHECK], dc="x"),
        "PUT /v1/catalog/register?dc=x",
        '{"Node":"n","Address":"10.0.0.1","NodeMeta":{"a":"b"},"SkipNodeUpdate":false,'
        '"Service":{"ID":"web","Service":"web","Port":80,"Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false,'
        '"Proxy":{"Mode":"","MeshGateway":{},"Expose":{}}},'
        '"Checks":[{"Node":"n","CheckID":"c","Name":"c","Status":"passing","ExposedPort":0}],"Datacenter":"x"}',
    ),
    (
        lambda c: c.session.create("s", ttl="15s", lock_delay=0, node_checks=()),
        "PUT /v1/session/create",
        '{"Name":"s","LockDelay":0,"Behavior":"release","TTL":"15s","NodeChecks":[]}',
    ),
    (
        lambda c: c.txn.apply(
            lictor.Op.cas("a", "v", 0),
            Operation(node=NodeOperation(verb="set", node=NODE)),
            Operation(service=ServiceOperation(verb="get", service=ServiceRecord(node="n", id="web", service="web"))),
            Operation(session=SessionOperation(verb="delete", id="s")),
            dc="x",
        ),
        "PUT /v1/txn?dc=x",
        '[{"KV":{"Verb":"cas","Key":"a","Value":"dg==","Flags":0,"Index":0}},'
        '{"Node":{"Verb":"set","Node":{"Node":"n","Address":"10.0.0.1","Meta":{"a":"b"},"CreateIndex":0,"ModifyIndex":0}}},'
        '{"Service":{"Verb":"get","Node":"n","Service":{"ID":"web","Service":"web","Port":0,'
        '"Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false,'
        '"Proxy":{"Mode":"","MeshGateway":{},"Expose":{}},"CreateIndex":0,"ModifyIndex":0}}},'
        '{"Session":{"Verb":"delete","Session":{"ID":"s"}}}]',
    ),
    (
        lambda c: c.query.create("web", "find-web", only_passing=True, dns_ttl="5s"),
        "POST /v1/query",
        '{"Name":"find-web","Service":{"Service":"web","Failover":{"NearestN":0,"Datacenters":null},"OnlyPassing":true,'
        '"Connect":false},"DNS":{"TTL":"5s"}}',
    ),
    (lambda c: c.query.execute("a/b", limit=2, near="n"), "GET /v1/query/a/b/execute?limit=2&near=n", ""),
    (lambda c: c.agent.warn("c", "slow"), "PUT /v1/agent/check/update/c", '{"Status":"warning","Output":"slow"}'),
    (lambda c: c.event.fire("deploy", "v2", node="n"), "PUT /v1/event/fire/deploy?node=n", "v2"),
    (lambda c: c.event.fire("deploy", dc="dc2"), "PUT /v1/event/fire/deploy?dc=dc2", ""),
    (lambda c: c.event.list("deploy", index=3), "GET /v1/event/list?name=deploy&index=3", ""),
    (
        lambda c: c.acl.create_policy("p", 'key_prefix "" {}'),
        "PUT /v1/acl/policy",
        '{"Name":"p","Rules":"key_prefix \\"\\" {}"}',
    ),
    (lambda c: c.acl.role(name="r"), "GET /v1/acl/role/name/r", ""),
    (lambda c: c.acl.tokens(service="web"), "GET /v1/acl/tokens?servicename=web", ""),
    (
        lambda c: c.acl.create_token("d", policies=["p"], expires="1h", token=AclToken(accessor_id="a", secret_id="s")),
        "PUT /v1/acl/token",
        '{"Description":"d","Policies":[{"ID":"","Name":"p"}],"AccessorID":"a","SecretID":"s","Local":false,'
        '"ExpirationTTL":"1h0m0s"}',
    ),
    (lambda c: c.acl.login("m", "j"), "POST /v1/acl/login", '{"AuthMethod":"m","BearerToken":"j"}'),
    (lambda c: c.acl.logout(), "POST /v1/acl/logout", ""),
    (
        lambda c: c.acl.create_binding_rule("m", "service", "web"),
        "PUT /v1/acl/binding-rule",
        '{"AuthMethod":"m","BindType":"service","BindName":"web"}',
    ),
    (lambda c: c.coordinate.node("n", dc="x"), "GET /v1/coordinate/node/n?dc=x", ""),
    (lambda c: c.operator.keyring(relay_factor=2), "GET /v1/operator/keyring?local-only=true&relay-factor=2", ""),
    (lambda c: c.operator.install_key("aw=="), "POST /v1/operator/keyring", '{"Key":"aw=="}'),
    (lambda c: c.operator.use_key("aw=="), "PUT /v1/operator/keyring", '{"Key":"aw=="}'),
    (
        lambda c: c.operator.remove_key("aw==", relay_factor=1),
        "DELETE /v1/operator/keyring?relay-factor=1",
        '{"Key":"aw=="}',
    ),
    (lambda c: c.operator.remove_peer(address="a:1"), "DELETE /v1/operator/raft/peer?address=a%3A1", ""),
    (lambda c: c.operator.transfer_leader("i"), "POST /v1/operator/raft/transfer-leader?id=i", ""),
    (lambda c: c.operator.usage(dc="x"), "GET /v1/operator/usage?dc=x", ""),
    (lambda c: c.agent.force_leave("n", prune=True), "PUT /v1/agent/force-leave/n?prune=", ""),
]


@pytest.mark.parametrize(("ask", "line", "body"), ASKED, ids=[line for _, line, _ in ASKED])
async def test_what_is_asked(ask: Asked, line: str, body: str) -> None:
    async with ScriptedHttp(reply("nothing", 400)).serving() as site:
        client = lictor.AsyncClient(site.url, timeout=5)
        with pytest.raises(lictor.BadRequest, match="nothing"):
            await ask(client)
        await client.close()
    assert site.lines == [line]
    assert site.requests[0].partition("\r\n\r\n")[2] == body


async def test_a_check_of_a_service_says_what_consul_takes() -> None:
    check = lictor.CheckSpec(id="c", ttl="10s", status="passing", service_id="other")
    async with ScriptedHttp(reply()).serving() as site, lictor.connect(site.url) as client:
        await client.agent.register_service("web", port=80, checks=[check])
    body = site.requests[0].partition("\r\n\r\n")[2]
    assert '"Name":"web"' in body
    assert '"TTL":"10s"' in body
    assert "ServiceID" not in body
    assert "Token" not in body


async def test_rows_are_records_and_headers_their_figures() -> None:
    headers = {"X_Consul_Index": 9, "X_Consul_KnownLeader": "false", "X_Consul_LastContact": 12}
    async with ScriptedHttp(reply(ENTRY, **headers)).serving() as site, lictor.connect(site.url) as client:
        found = await client.kv.list()
    assert [(entry.key, entry.value, entry.modify_index) for entry in found] == [("a", b"1", 9)]
    assert (found.index, found.known_leader, found.last_contact_ms) == (9, False, 12)


async def test_what_is_not_there_has_an_index_to_wait_for() -> None:
    script = (reply("", 404, X_Consul_Index=5), reply(ENTRY, X_Consul_Index=9))
    async with ScriptedHttp(*script).serving() as site, lictor.connect(site.url) as client:
        seen = client.watch(client.kv.get, "a")
        assert await anext(seen) is None
        assert (await anext(seen)).modify_index == 9
    assert site.lines == ["GET /v1/kv/a", "GET /v1/kv/a?index=5"]


@pytest.mark.parametrize("index", ["0", "", "-1", "x", "²"])
async def test_an_index_that_would_not_block_is_one(index: str) -> None:
    headers = {"x-consul-index": index}
    assert HttpReply(200, headers, b"").figures["index"] == 1


async def test_a_watch_starts_anew_when_the_index_goes_back() -> None:
    script = [reply(ENTRY, X_Consul_Index=index) for index in (9, 4, 4)]
    async with ScriptedHttp(*script).serving() as site, lictor.connect(site.url) as client:
        seen = client.watch(client.kv.get, "a")
        await anext(seen)
        await anext(seen)
    assert site.lines == ["GET /v1/kv/a", "GET /v1/kv/a?index=9", "GET /v1/kv/a"]


REFUSED: list[tuple[int, str, type[lictor.LictorError], bool]] = [
    (400, "Missing name", lictor.BadRequest, True),
    (403, "Permission denied", lictor.Refused, True),
    (404, "Unknown service ID", lictor.NotFound, True),
    (413, "too large", lictor.TooLarge, True),
    (429, "Too many", lictor.Unavailable, True),
    (500, "No cluster leader", lictor.NoLeader, True),
    (500, "rpc error making call: No cluster leader", lictor.NoLeader, True),
    (500, "No known Consul servers", lictor.NoServers, True),
    (500, "No path to datacenter", lictor.NoPathToDatacenter, True),
    (500, 'invalid session "x"', lictor.BadRequest, True),
    (500, "leadership lost while committing log", lictor.Indefinite, False),
    (500, "rpc error making call: EOF", lictor.Indefinite, False),
    (503, "upstream is away", lictor.Indefinite, False),
    (301, "", lictor.BadRequest, True),
]


@pytest.mark.parametrize(("status", "text", "kind", "definite"), REFUSED)
def test_what_a_refusal_means(status: int, text: str, kind: type[lictor.LictorError], definite: bool) -> None:
    error = refusal_of(HttpReply(status, {}, text.encode()))
    assert type(error) is kind
    assert error.definite is definite
    assert str(error)


async def test_an_unhealthy_cluster_is_an_answer() -> None:
    server = (
        '{"ID":"i","Name":"s","Address":"a:1","SerfStatus":"failed","Version":"1","Leader":false,"LastContact":"1.5s",'
        '"LastTerm":2,"LastIndex":7,"Healthy":false,"Voter":true,"StableSince":"2026-12-01T00:00:00.25Z"}'
    )
    said = f'{{"Healthy":false,"FailureTolerance":0,"Servers":[{server}]}}'
    async with ScriptedHttp(reply(said, 429)).serving() as site, lictor.connect(site.url) as client:
        health = await client.operator.autopilot_health()
    assert not health.healthy
    (found,) = health.servers
    assert (found.status, found.last_contact_ns) == ("failed", 1_500_000_000)
    assert found.stable_since_ns % 1_000_000_000 == 250_000_000


async def test_a_snapshot_that_came_damaged_replaces_no_file(tmp_path: Path) -> None:
    kept = tmp_path / "kept.snap"
    kept.write_bytes(b"old")
    async with ScriptedHttp(reply("no archive")).serving() as site, lictor.connect(site.url) as client:
        with pytest.raises(lictor.Unexpected, match="of no use"):
            await client.snapshot.save(kept, stale=True, dc="x")
        with pytest.raises(lictor.InvalidArgument, match="archive is of no use"):
            await client.snapshot.restore(kept)
    assert site.lines == ["GET /v1/snapshot?dc=x&stale="]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


async def test_the_gossip_keys_of_the_own_pool_are_told() -> None:
    said = '[{"WAN":false,"Datacenter":"dc1","Segment":"","Keys":{"k":3},"PrimaryKeys":{"k":3},"NumNodes":3}]'
    async with ScriptedHttp(reply(said)).serving() as site, lictor.connect(site.url) as client:
        report = await client.operator.keyring()
    assert (report.dc, report.nodes, dict(report.keys), dict(report.primary_keys)) == ("dc1", 3, {"k": 3}, {"k": 3})


async def test_a_transaction_that_fails_says_which_operations_and_why() -> None:
    said = '{"Results":null,"Errors":[{"OpIndex":1,"What":"key \\"b\\" exists"}]}'
    async with ScriptedHttp(reply(said, 409)).serving() as site, lictor.connect(site.url) as client:
        with pytest.raises(lictor.TransactionFailed, match='operation 1: key "b" exists') as raised:
            await client.txn.apply(lictor.Op.set("a"), lictor.Op.check_not_exists("b"))
    assert raised.value.definite
    assert raised.value.failures == ((1, 'key "b" exists'),)


async def test_a_transaction_tells_of_each_kind_of_data() -> None:
    said = """{"Results": [
        {"KV": {"Key": "a", "Value": null, "ModifyIndex": 5}},
        {"Node": {"Node": "n", "Address": "10.0.0.1"}},
        {"Service": {"ID": "web", "Service": "web"}},
        {"Check": {"Node": "n", "CheckID": "c", "Name": "c", "Status": "passing"}}
    ], "Errors": null}"""
    async with ScriptedHttp(reply(said)).serving() as site, lictor.connect(site.url) as client:
        kv, node, service, check = await client.txn.apply(lictor.Op.set("a"))
    assert kv.kv.modify_index == 5
    assert node.node.address == "10.0.0.1"
    assert service.service.id == "web"
    assert check.check.status == "passing"


async def test_a_read_is_asked_again_when_the_connection_breaks() -> None:
    async with ScriptedHttp(HANG_UP, reply(ENTRY)).serving() as site, lictor.connect(site.url) as client:
        assert (await client.kv.get("a")).value == b"1"
    assert site.lines == ["GET /v1/kv/a"] * 2


async def test_a_write_that_may_have_happened_is_sent_once() -> None:
    async with ScriptedHttp(HANG_UP, reply("true")).serving() as site, lictor.connect(site.url) as client:
        with pytest.raises(lictor.ConnectionFailed) as raised:
            await client.kv.put("a")
    assert not raised.value.definite
    assert len(site.lines) == 1


async def test_a_write_that_did_not_happen_is_sent_again() -> None:
    script = (reply("No cluster leader", 500), reply("true"))
    async with ScriptedHttp(*script).serving() as site, lictor.connect(site.url) as client:
        assert await client.kv.put("a")


async def test_connections_are_used_again_unless_the_agent_ends_them() -> None:
    script = (reply(ENTRY), reply(ENTRY, Connection="close"), reply(ENTRY))
    async with ScriptedHttp(*script).serving() as site, lictor.connect(site.url) as client:
        for _ in script:
            await client.kv.get("a")
    assert site.connections == 2


async def test_silence_ends_with_the_deadline() -> None:
    async with ScriptedHttp().serving() as site, lictor.connect(site.url) as client:
        with pytest.raises(lictor.Timeout):
            await client.kv.get("a", timeout=0.2)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"SSH-2.0-OpenSSH\r\n", lictor.ConnectionFailed),
        (reply("<html>"), lictor.Unexpected),
        (reply("<html>Not here", 404), lictor.Unexpected),
        (reply('{"an": "object"}'), lictor.Unexpected),
        (reply('[{"Key": 5}]'), lictor.Unexpected),
        (reply('["no object"]'), lictor.Unexpected),
    ],
)
async def test_what_no_agent_says_is_an_error_of_the_tree(said: bytes, kind: type[lictor.LictorError]) -> None:
    async with ScriptedHttp(said).serving() as site, lictor.connect(site.url) as client:
        with pytest.raises(kind) as raised:
            await client.kv.get("a")
    assert not raised.value.passing


async def test_a_reply_in_pieces_is_put_together() -> None:
    chunks = f"{len(ENTRY):x}\r\n{ENTRY}\r\n0\r\n\r\n"
    said = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}".encode()
    async with ScriptedHttp(said).serving() as site, lictor.connect(site.url) as client:
        assert (await client.kv.get("a")).value == b"1"


async def test_closing_ends_what_is_open() -> None:
    async with ScriptedHttp().serving() as site:
        client = lictor.AsyncClient(site.url)
        await client.close()
        with pytest.raises(lictor.ClientClosed):
            await client.kv.get("a")


async def test_what_consul_does_not_have_is_said_before_it_is_asked() -> None:
    class Unheard(Message):
        pass

    client = lictor.AsyncClient("http://127.0.0.1:1")
    with pytest.raises(lictor.InvalidArgument, match="tcp://HOST:8304"):
        await client.ask(Unheard())
    with pytest.raises(lictor.InvalidArgument, match="one address at a time"):
        await client.agent.join("a", "b")


# -- addresses ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "port", "prefix"),
    [
        ("http://h:80", "h", 80, ""),
        ("http://h", "h", 8500, ""),
        ("https://h", "h", 443, ""),
        ("http://[::1]:81/a/b/", "::1", 81, "/a/b"),
        ("unix:///run/x.sock", "localhost", 0, ""),
    ],
)
def test_addresses(url: str, host: str, port: int, prefix: str) -> None:
    place = http_place(url)
    assert (place.host, place.port, place.prefix) == (host, port, prefix)


@pytest.mark.parametrize("url", ["http://h:x", "http://h:0x", "unix://relative", "http://h?x=1", "http://[::1"])
@pytest.mark.parametrize("made", [lictor.Client, lictor.AsyncClient])
def test_an_address_that_is_none_is_said_at_once(made: Any, url: str) -> None:
    with pytest.raises(lictor.ConnectionFailed, match="cannot dial") as raised:
        made(url)
    assert not raised.value.passing


def test_a_password_in_an_address_is_not_shown() -> None:
    with pytest.raises(lictor.ConnectionFailed, match="token=") as raised:
        lictor.Client("http://me:hidden@h:80")
    assert "hidden" not in str(raised.value)


async def test_the_environment_says_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedHttp(reply(ENTRY), reply(ENTRY)).serving() as site:
        monkeypatch.setenv("CONSUL_HTTP_ADDR", site.url.removeprefix("http://"))
        monkeypatch.setenv("CONSUL_HTTP_TOKEN", "of-the-environment")
        async with lictor.connect() as client:
            await client.kv.get("a")
        async with lictor.connect(token="given") as client:
            await client.kv.get("a")
    said, told = site.requests
    assert "X-Consul-Token: of-the-environment\r\n" in said
    assert "X-Consul-Token: given\r\n" in told


async def test_a_token_of_a_file_and_a_name_for_a_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("of-the-file\n", encoding="utf-8")
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "of-the-environment")
    monkeypatch.setenv("CONSUL_HTTP_TOKEN_FILE", str(file))
    monkeypatch.setenv("CONSUL_HTTP_AUTH", "me:secret")
    async with ScriptedHttp(reply(ENTRY), reply(ENTRY)).serving() as site:
        async with lictor.connect(site.url) as client:
            await client.kv.get("a")
        async with lictor.connect(site.url, token="given", auth="you:known") as client:
            await client.kv.get("a")
    said, told = site.requests
    assert "X-Consul-Token: of-the-file\r\n" in said
    assert "Authorization: Basic bWU6c2VjcmV0\r\n" in said
    assert "X-Consul-Token: given\r\n" in told
    assert "Authorization: Basic eW91Omtub3du\r\n" in told


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("CONSUL_HTTP_TOKEN_FILE", "/nowhere", "CONSUL_HTTP_TOKEN_FILE: cannot read /nowhere: "),
        ("CONSUL_HTTP_SSL_VERIFY", "perhaps", "CONSUL_HTTP_SSL_VERIFY=perhaps is neither true nor false"),
    ],
)
def test_variables_that_are_of_no_use_are_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(lictor.InvalidArgument, match=words):
        lictor.Client("http://h")


@pytest.mark.parametrize("token", ["a\r\nb", "ü", "x\n"])
def test_a_token_that_would_be_another_header_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(lictor.InvalidArgument, match="token") as raised:
        lictor.Client("http://h:80", token=token)
    assert token not in str(raised.value)


# -- TLS ---------------------------------------------------------------------------


def serving(files: Any, ca: Any = None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.cert_file, files.key_file)
    if ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(ca)
    return context


async def test_https_believes_the_authority_that_is_named_and_shows_what_it_is_given(tmp_path: Path) -> None:
    signer = Signer(tmp_path)
    server, mine = signer.files("localhost"), signer.files("me", "client")
    async with ScriptedHttp(reply(ENTRY)).serving(serving(server, server.ca_file)) as site:
        shown = {"ca": server.ca_file, "cert": mine.cert_file, "key": mine.key_file}
        async with lictor.connect(site.url, **shown) as client:
            assert (await client.kv.get("a")).value == b"1"


async def test_https_believes_any_certificate_if_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Signer(tmp_path).files("another.name")
    async with ScriptedHttp(reply(ENTRY), reply(ENTRY)).serving(serving(server)) as site:
        async with lictor.connect(site.url, verify=False) as client:
            assert (await client.kv.get("a")).value == b"1"
        monkeypatch.setenv("CONSUL_HTTP_SSL_VERIFY", "False")
        async with lictor.connect(site.url) as client:
            assert (await client.kv.get("a")).value == b"1"
        with pytest.raises(lictor.ConnectionFailed, match="CONSUL_CACERT"):
            await lictor.AsyncClient(site.url, verify=True).kv.get("a")


async def test_https_says_whom_it_does_not_believe(tmp_path: Path) -> None:
    server = Signer(tmp_path).files("localhost")
    async with ScriptedHttp().serving(serving(server)) as site:
        with pytest.raises(lictor.ConnectionFailed, match=r"ca= \(CONSUL_CACERT\)") as raised:
            await lictor.AsyncClient(site.url).kv.get("a")
        assert not raised.value.passing
        with pytest.raises(lictor.ConnectionFailed, match=r"other\.name"):
            await lictor.AsyncClient(site.url, ca=server.ca_file, server_name="other.name").kv.get("a")


def test_files_that_are_of_no_use_are_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(lictor.InvalidArgument, match=r"ca: cannot use /nowhere: "):
        lictor.Client("https://h", ca="/nowhere")
    with pytest.raises(lictor.InvalidArgument, match="cert: cannot use "):
        lictor.Client("https://h", cert=str(empty), key=str(empty))
    with pytest.raises(lictor.InvalidArgument, match="go together"):
        lictor.Client("https://h", cert=str(empty))
    with pytest.raises(lictor.InvalidArgument, match="auth is for a proxy"):
        lictor.Client("tcp://127.0.0.1:8304", auth="me:secret")
    with pytest.raises(lictor.InvalidArgument, match="plain_token is for addresses of the bus"):
        lictor.Client("http://h", token="x", plain_token=True)
    with pytest.raises(TypeError, match="takes no tokn"):
        lictor.Client("http://h", tokn="x")  # type: ignore[call-arg]
    with pytest.raises(lictor.InvalidArgument, match="HTTP names no cluster"):
        lictor.Client("http://h", cluster="x")
