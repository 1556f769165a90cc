"""One server is parted from two, with agents on both sides: the minority refuses, both sides go on, healing unites."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import pytest
from local_site import serving

import lictor
from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def cluster(tracebacks):
    with Cluster.local(3, 6, "-profile", "local") as made:
        yield made
        assert tracebacks(made) == []


LEADERS = (("PUT", "/v1/kv/x"), ("GET", "/v1/kv/before"), ("GET", "/v1/kv/before?consistent"))
"""What only a leader can answer."""


@pytest.fixture
def pool():
    with ThreadPoolExecutor() as made:
        yield made


@pytest.fixture
def health(cluster):
    """A service whose health the test chooses; everything that asks gets this status."""

    class Health(BaseHTTPRequestHandler):
        status = 200

        def do_GET(self):
            self.send_response(Health.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with serving(Health, cluster.nodes["agent-1"].ip) as port:
        Health.port = port
        yield Health


def test_a_minority_refuses_writes_both_sides_go_on_and_healing_unites_them(cluster, http, until, health, pool):
    leader = cluster.status()["status"]["leader"].partition(".")[0]
    lonely, kept = "agent-1", "agent-4"
    minority = [leader, "agent-1", "agent-2"]
    majority = [name for name in cluster.nodes if name not in minority]
    few, many = cluster.nodes[lonely], cluster.nodes[kept]

    def seen(node, status):
        return {m["Name"] for m in http(node, "GET", "/v1/agent/members").json if m["Status"] == status}

    def catalog(node, check, mode=""):
        found = http(node, "GET", f"/v1/health/state/any{mode}").json
        return next((one["Status"] for one in found if one["CheckID"] == check), None)

    assert http(few, "PUT", "/v1/kv/before", "1").text == "true"
    url = f"http://{few.ip}:{health.port}/"
    registration = {"Name": "parted", "Check": {"HTTP": url, "Interval": "200ms", "Timeout": "1s"}}
    assert http(few, "PUT", "/v1/agent/service/register", registration).status == 200
    until(lambda: catalog(many, "service:parted") == "passing")

    with cluster.faults.partition(minority, majority):
        until(lambda: cluster.status()["status"]["majority_leader"].partition(".")[0] not in ("", leader))

        until(lambda: http(cluster.nodes[leader], "GET", "/v1/status/leader").text == '""')
        # The minority refuses what needs a leader, in Consul's words; each refusal takes the seven seconds of holding.
        refused = [pool.submit(http, cluster.nodes[leader], *words) for words in LEADERS]

        # Each side finds the other failed: gossip goes on.
        until(lambda: seen(few, 4) == set(majority), 60)
        until(lambda: seen(many, 4) == set(minority), 60)
        refused += [pool.submit(http, few, *words) for words in LEADERS]

        # Stale reads are answered, and say what they are worth.
        stale = http(few, "GET", "/v1/kv/before?stale")
        assert (stale.status, stale.headers["X-Consul-KnownLeader"]) == (200, "false")
        with lictor.Client(few.door, timeout=3) as client, pytest.raises(lictor.NoLeader):
            client.kv.put("x", b"1")

        # Checks go on in the minority: its agent knows that the service is ill, the catalog does not yet.
        health.status = 503
        until(lambda: http(few, "GET", "/v1/agent/checks").json["service:parted"]["Status"] == "critical")
        assert catalog(few, "service:parted", "?stale") == "passing"

        # The majority goes on as if nothing had happened.
        until(lambda: http(many, "PUT", "/v1/kv/during", "2").text == "true")
        assert http(many, "GET", "/v1/kv/during?raw&consistent").text == "2"
        until(lambda: node_health(http, many, lonely) == "critical")
        assert http(many, "PUT", "/v1/agent/service/register", {"Name": "new-here"}).status == 200
        until(lambda: http(many, "GET", "/v1/catalog/service/new-here").json)

        # A service deregistered while parted: the agent forgets it at once.
        assert http(cluster.nodes["agent-2"], "PUT", "/v1/agent/service/register", {"Name": "late"}).status == 200
        assert http(cluster.nodes["agent-2"], "PUT", "/v1/agent/service/deregister/late").status == 200
        for asked in refused:
            answer = asked.result(30)
            assert (answer.status, answer.text) == (500, "No cluster leader")

    cluster.wait_whole(60)
    until(lambda: catalog(many, "service:parted") == "critical", 60)
    health.status = 200
    until(lambda: catalog(many, "service:parted") == "passing")
    for node in cluster.nodes.values():
        assert http(node, "GET", "/v1/kv/during?raw").text == "2"
        until(lambda node=node: http(node, "GET", "/v1/kv/during?raw&stale").text == "2")
    until(lambda: node_health(http, few, lonely) == "passing")
    assert http(few, "GET", "/v1/catalog/service/late").json == []
    assert http(few, "GET", "/v1/kv/x").status == 404


def node_health(http, node, name):
    checks = http(node, "GET", f"/v1/health/node/{name}").json
    return next(check["Status"] for check in checks if check["CheckID"] == "serfHealth")


def test_two_of_three_servers_stopped_for_a_while(cluster, http, until):
    """A process that hangs is like one that died, only that it comes back with its memory."""
    cluster.wait_whole(60)
    leader = cluster.status()["status"]["leader"].partition(".")[0]
    stopped = [name for name in ("server-1", "server-2", "server-3") if name != leader]
    pids = [cluster.status()["processes"][name] for name in stopped]
    node = cluster.nodes["agent-3"]
    assert http(node, "PUT", "/v1/kv/kept", "1").text == "true"
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        refused = until(lambda: (a := http(cluster.nodes[leader], "PUT", "/v1/kv/x", "1")).status == 500 and a, 30)
        assert refused.text.startswith(("No cluster leader", "leadership lost", "rpc error making call: "))
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    cluster.wait_whole(60)
    assert http(node, "GET", "/v1/kv/kept?raw").text == "1"
    until(lambda: http(node, "PUT", "/v1/kv/after", "1").text == "true")
