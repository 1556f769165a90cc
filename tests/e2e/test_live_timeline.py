"""A running cluster writes down who says what to whom, through a fault and back."""

import pytest

from lictor_actors.timeline.diagram import page
from lictor_deploy.local.handle import Cluster
from lictor_deploy.timelines.live import recording

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_messages_drops_delays_faults_elections_and_clients_are_on_one_timeline(http, until):
    with Cluster.local(3, 2, "-profile", "local") as cluster, recording(cluster) as records:
        old = cluster.status()["status"]["leader"]
        assert http(cluster.nodes["agent-1"], "PUT", "/v1/kv/x", b"1").text == "true"
        with cluster.faults.isolate("leader"):
            until(lambda: cluster.status()["status"]["majority_leader"] not in ("", old))
        with cluster.faults.delay("servers", "servers", "30ms"):
            assert http(cluster.nodes["agent-1"], "PUT", "/v1/kv/x", b"2").text == "true"
        cluster.wait_whole(40)
    messages = [record for record in records if record.kind == "message"]
    dropped = [record for record in messages if record.fate == "dropped"]
    assert all(old in (record.node, record.to) and not record.until for record in dropped)
    assert any(record.what.startswith("raft.") for record in dropped)
    late = [record.until - record.t for record in messages if record.fate == "delayed" and record.until]
    assert min(late) >= 0.029  # the loop counts in whole milliseconds, from the beginning of its turn
    plain = [record for record in messages if not record.fate]
    assert all(record.until > record.t - 0.001 for record in plain)
    assert len(plain) > 20
    leads = [record.node for record in records if record.what.startswith("raft: leads term")]
    assert leads[0] == old
    assert set(leads) != {old}
    faults = [record for record in records if record.kind == "fault"]
    assert [fault.what.split()[1] for fault in faults] == ["isolate", "delay"]
    assert all(fault.until > fault.t for fault in faults)
    put = next(record for record in records if record.kind == "operation" and "PUT" in record.what)
    assert put.until > put.t
    assert any(message.cause == put.cause for message in messages)
    assert "".join(page(records, records)).count('"dropped"') >= len(dropped)
