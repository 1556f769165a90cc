"""Encrypted gossip in the world: keys are changed on all nodes, and who has none is not there."""

import base64
import json

import pytest

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_messages.keyring import GossipEncryption, KeyringReport, RunKeyring
from lictor_messages.web import HttpAsked

OLD, NEW = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))


class Site:
    """Three servers and two agents, whose gossip is encrypted."""

    def __init__(self, seed=7, keys=(OLD,) * 5, settings=(), **modes):
        self.world = World(seed)
        for spec, key in zip(cluster_specs(seed, 3, 2), keys, strict=True):
            encryption = GossipEncryption(key=key, **modes) if key else None
            add_node(self.world, spec.model_copy(update={"encryption": encryption}).having(dict(settings)))

    def prober(self, node):
        return self.world.actor(f"prober@{node}.dc1")

    def met(self, among=5, within_s=30.0):
        """Whether so many know each other, as the first of them see it."""
        names = ("server-1", "server-2", "server-3", "agent-1", "agent-2")[:among]
        return self.world.run_until(lambda: all(self.knows(name) == among for name in names), within_s)

    def knows(self, name):
        prober = self.prober(name)
        return prober.alive_count if prober is not None else 0

    def run(self, verb, key="", node="agent-1"):
        report = self.world.ask(f"{node}.dc1", f"agent@{node}.dc1", RunKeyring(verb=verb, key=key))
        assert isinstance(report, KeyringReport)
        return report

    def http(self, method, key="", query="", token=""):
        headers = (("x-consul-token", token),) if token else ()
        body = json.dumps({"Key": key}).encode() if method != "GET" else b""
        asked = HttpAsked(method=method, target=f"/v1/operator/keyring{query}", headers=headers, body=body)
        return self.world.ask("agent-1.dc1", "gateway@agent-1.dc1", asked)

    def counted(self, what):
        return self.world.counters.get(what, 0)


@pytest.fixture
def site():
    site = Site()
    assert site.met()
    return site


def test_a_rotation_on_all_nodes(site):
    assert dict(site.run("list").keys) == {OLD: 5}
    for verb, key in (("install", NEW), ("use", NEW), ("remove", OLD)):
        assert site.run(verb, key).error == ""
    after = site.run("list", node="server-2")
    assert (dict(after.keys), dict(after.primary_keys), after.nodes) == ({NEW: 5}, {NEW: 5}, 5)
    site.world.run(20)
    assert site.met()
    assert not site.counted("frame_sealed_unknown_key")


def test_keys_outlive_a_restart_and_not_a_disk(site):
    for verb, key in (("install", NEW), ("use", NEW), ("remove", OLD)):
        site.run(verb, key)
    site.world.crash("agent-2.dc1")
    assert site.met(4)
    site.world.restart("agent-2.dc1")
    assert site.met(5)
    assert site.run("list").nodes == 5
    site.world.restart("agent-2.dc1", keep_disk=False)
    assert site.met(4)
    site.world.run(10)
    assert site.counted("frame_sealed_unknown_key") > 5
    assert site.met(4)


@pytest.mark.parametrize(
    ("verb", "key", "error", "message"),
    [
        ("remove", OLD, "5/5 nodes reported failure", "removing the primary key is not allowed"),
        ("use", NEW, "5/5 nodes reported failure", "requested key is not in the keyring"),
        ("install", "YWJj", "5/5 nodes reported failure", "key size must be 16, 24 or 32 bytes"),
        ("install", "no key!", "illegal base64 data", None),
    ],
)
def test_refusals_in_serfs_words(site, verb, key, error, message):
    report = site.run(verb, key)
    assert report.error == error
    assert set(report.messages.values()) == ({message} if message else set())
    assert dict(site.run("list").keys) == {OLD: 5}


def test_a_node_that_is_cut_off_is_missed(site):
    site.world.kill("agent-2.dc1")
    report = site.run("install", NEW)
    assert (report.error, report.nodes) == ("4/5 nodes reported success", 5)


def test_where_nothing_is_encrypted_no_key_leaves_its_node():
    site = Site(keys=("",) * 5)
    assert site.met()
    heard = []
    site.world.listeners.append(lambda envelope: heard.append(repr(envelope.body)))
    report = site.run("install", NEW)
    assert set(report.messages.values()) == {"No keyring to modify (encryption not enabled)"}
    assert set(site.run("list").messages.values()) == {"Keyring is empty (encryption not enabled)"}
    raw = base64.b64decode(NEW)
    assert not any(raw in part.encode("latin1", "replace") or NEW in part for part in heard)


@pytest.mark.parametrize("key", [NEW, ""], ids=["foreign", "none"])
def test_who_has_another_key_or_none_is_not_there(key):
    site = Site(keys=(OLD, OLD, OLD, OLD, key))
    assert site.met(4)
    site.world.run(20)
    assert (site.knows("server-1"), site.knows("agent-2")) == (4, 1)
    refused = site.counted("frame_sealed_unknown_key") if key else site.counted("gossip_not_encrypted")
    assert refused > 3


def test_a_cluster_that_changes_over_hears_plain_nodes():
    site = Site(keys=(OLD, OLD, OLD, OLD, ""), verify_incoming=False, verify_outgoing=False)
    assert site.met(5)


def test_over_http(site):
    (row,) = json.loads(site.http("GET").body)
    shown = {"WAN": False, "Datacenter": "dc1", "Segment": "", "Keys": {OLD: 5}, "PrimaryKeys": {OLD: 5}, "NumNodes": 5}
    assert row == shown
    for method, key in (("POST", NEW), ("PUT", NEW), ("DELETE", OLD)):
        answer = site.http(method, key)
        assert (answer.status, answer.body) == (200, b"")
    (row,) = json.loads(site.http("GET", query="?local-only=1&relay-factor=2").body)
    assert (row["Keys"], row["PrimaryKeys"]) == ({NEW: 5}, {NEW: 5})


def test_what_http_says_of_failures(site):
    answer = site.http("DELETE", OLD)
    nodes = [f"\t* {name}.dc1: removing the primary key is not allowed\n" for name in ("agent-1", "server-3")]
    assert answer.status == 500
    assert answer.body.decode().startswith("6 errors occurred:\n\t* dc1 (LAN) error: 5/5 nodes reported failure\n")
    assert all(line in answer.body.decode() for line in nodes)


@pytest.mark.parametrize(
    ("method", "query", "words"),
    [
        ("GET", "?relay-factor=6", "Invalid relay-factor: Relay factor must be in range: [0, 5]"),
        ("GET", "?relay-factor=-1", "Invalid relay-factor: Relay factor must be in range: [0, 5]"),
        ("PUT", "?relay-factor=x", 'Error parsing relay factor: strconv.Atoi: parsing "x": invalid syntax'),
        ("GET", "?local-only=x", 'Error parsing local-only: strconv.ParseBool: parsing "x": invalid syntax'),
        ("PUT", "?local-only=true", "Invalid use of local-only: local-only can only be set for list requests"),
    ],
)
def test_questions_that_http_refuses(site, method, query, words):
    answer = site.http(method, OLD, query)
    assert (answer.status, answer.body.decode()) == (400, words)


ROOT = "11111111-2222-4333-8444-555555555555"
ACLS = {
    **{f"{role}.acl": True for role in ("server", "agent", "gateway")},
    **{f"{role}.acl_default_policy": "deny" for role in ("server", "agent", "gateway")},
    "server.acl_initial_management": ROOT,
}


@pytest.mark.parametrize("seed", range(7, 12))
def test_keys_are_guarded(seed):
    """A token may be used as soon as it is made, at a server that has not heard of it, too."""
    site = Site(seed, settings=ACLS)
    assert site.met()
    assert site.world.run_until(lambda: site.http("GET", token=ROOT).status == 200, 30)
    assert site.http("GET").status == 403
    assert [site.http(method, NEW).status for method in ("POST", "PUT", "DELETE")] == [403] * 3
    policy = json.dumps({"Name": "reads", "Rules": 'keyring = "read"'}).encode()
    token = json.dumps({"Policies": [{"Name": "reads"}]}).encode()
    asked = [
        HttpAsked(method="PUT", target=f"/v1/acl/{what}", headers=(("x-consul-token", ROOT),), body=body)
        for what, body in (("policy", policy), ("token", token))
    ]
    made = [site.world.ask("agent-1.dc1", "gateway@agent-1.dc1", each) for each in asked]
    reader = json.loads(made[-1].body)["SecretID"]
    assert site.http("GET", token=reader).status == 200
    assert [site.http(method, NEW, token=reader).status for method in ("POST", "PUT", "DELETE")] == [403] * 3
    assert json.loads(site.http("GET", token=ROOT).body)[0]["Keys"] == {OLD: 5}
