import pytest


def test_a_node_is_put_into_maintenance_and_taken_out(lictor, agent):
    agent.on("PUT", "/v1/agent/maintenance")
    assert lictor("maint", "-enable", "-reason=new disk").out == "Node maintenance is now enabled\n"
    assert lictor("maint", "-disable").out == "Node maintenance is now disabled\n"
    assert [asked.target for asked in agent.asked] == [
        "/v1/agent/maintenance?enable=true&reason=new+disk",
        "/v1/agent/maintenance?enable=false",
    ]


def test_a_service_is_put_into_maintenance(lictor, agent):
    agent.on("PUT", "/v1/agent/service/maintenance/web1")
    assert lictor("maint", "-enable", "-service=web1").out == 'Service maintenance is now enabled for "web1"\n'


def test_what_is_in_maintenance_is_shown(lictor, agent):
    rows = [
        {"CheckID": "_node_maintenance", "Node": "n1", "ServiceID": "", "Notes": "disk"},
        {"CheckID": "_service_maintenance:web1", "Node": "n1", "ServiceID": "web1", "Notes": "deploy"},
        {"CheckID": "service:web1", "Node": "n1", "ServiceID": "web1", "Notes": ""},
    ]
    agent.on("GET", "/v1/agent/checks", {row["CheckID"]: row for row in rows})
    assert lictor("maint").out == (
        "Node:\n  Name:   n1\n  Reason: disk\n\nService:\n  ID:     web1\n  Reason: deploy\n"
    )


@pytest.mark.parametrize("flags", [["-enable", "-disable"], ["-reason=x"], ["-service=web1"]])
def test_what_cannot_be_meant_is_refused(lictor, agent, flags):
    ran = lictor("maint", *flags)
    assert (ran.status, ran.out, agent.asked) == (1, "", [])
    assert "-enable or -disable" in ran.err
