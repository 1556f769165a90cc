NODE = {"ID": "933b471c-9bf4", "Node": "n1", "Address": "10.0.0.1", "Datacenter": "dc1", "Meta": {"rack": "a"}}
NODE["TaggedAddresses"] = {"lan": "10.0.0.1"}


def test_nodes_show_the_start_of_the_id(lictor, agent):
    agent.on("GET", "/v1/catalog/nodes", [NODE])
    assert lictor("catalog", "nodes").out == "Node  ID        Address   DC\nn1    933b471c  10.0.0.1  dc1\n"


def test_nodes_detailed(lictor, agent):
    agent.on("GET", "/v1/catalog/nodes", [NODE])
    assert "933b471c-9bf4  10.0.0.1  dc1  lan=10.0.0.1" in lictor("catalog", "nodes", "-detailed").out


def test_nodes_by_meta(lictor, agent):
    agent.on("GET", "/v1/catalog/nodes", [NODE])
    assert "n1" in lictor("catalog", "nodes", "-node-meta=rack=a").out
    assert lictor("catalog", "nodes", "-node-meta=rack=b").err.startswith("No nodes match")


def test_nodes_of_a_service_appear_once(lictor, agent):
    instance = {**NODE, "NodeMeta": {}, "ServiceName": "web"}
    agent.on("GET", "/v1/catalog/service/web", [instance, instance])
    assert lictor("catalog", "nodes", "-service=web").out.count("n1") == 1


def test_services_are_sorted(lictor, agent):
    agent.on("GET", "/v1/catalog/services", {"web": ["b", "a"], "consul": []})
    assert lictor("catalog", "services").out == "consul\nweb\n"
    assert lictor("catalog", "services", "-tags").out == "consul\nweb       a,b\n"


def test_services_of_a_node(lictor, agent):
    agent.on("GET", "/v1/catalog/node/n1", {"Node": NODE, "Services": {"web-1": {"Service": "web", "Tags": []}}})
    assert lictor("catalog", "services", "-node=n1").out == "web\n"


def test_services_of_an_unknown_node_is_status_1(lictor, agent):
    agent.on("GET", "/v1/catalog/node/nope", None)
    ran = lictor("catalog", "services", "-node=nope")
    assert (ran.status, ran.out) == (1, "")


def test_datacenters(lictor, agent):
    agent.on("GET", "/v1/catalog/datacenters", ["dc1", "dc2"])
    assert lictor("catalog", "datacenters").out == "dc1\ndc2\n"


def test_the_datacenter_flag_travels(lictor, agent):
    agent.on("GET", "/v1/catalog/services", {})
    lictor("catalog", "services", "-datacenter=dc2")
    assert agent.asked[0].target == "/v1/catalog/services?dc=dc2"


def test_event_prints_its_id(lictor, agent):
    agent.on("PUT", "/v1/event/fire/deploy", {"ID": "e-1"})
    assert lictor("event", "-name=deploy", "-service=web", "1.2.3").out == "Event ID: e-1\n"
    assert agent.asked[0].target == "/v1/event/fire/deploy?service=web"
    assert agent.asked[0].body == b"1.2.3"


def test_event_needs_a_name_and_a_service_for_its_tag(lictor, agent):
    assert lictor("event").status == 1
    assert lictor("event", "-name=x", "-tag=y").status == 1
    assert agent.asked == []


def test_info_is_sorted_by_group(lictor, agent):
    agent.on("GET", "/v1/agent/self", {"Stats": {"raft": {"term": "2"}, "agent": {"services": "1", "checks": "0"}}})
    assert lictor("info").out == "agent:\n\tchecks = 0\n\tservices = 1\nraft:\n\tterm = 2\n"
