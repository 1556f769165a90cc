import json
import uuid

import pytest

from lictor_actors.node.tree import tree
from lictor_deploy.agent.identity import lost_journal, node_id
from lictor_deploy.agent.spec import node_spec
from lictor_deploy.config.flags import node_meta_of
from lictor_deploy.config.load import Sources, load
from lictor_deploy.words.sentence import Failure


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def config(*files, flags=None, dirs=(), dev=False):
    return load(Sources(files, dirs), flags or {}, dev=dev)[0]


def test_later_files_win_lists_append_and_objects_merge(file):
    one = file("a.json", {"node_name": "a", "retry_join": ["x"], "ports": {"http": 1, "server": 2}})
    two = file("b.json", {"node_name": "b", "retry_join": ["y"], "ports": {"http": 3}})
    merged = config(one, two)
    assert (merged.node_name, merged.retry_join) == ("b", ["x", "y"])
    assert (merged.ports.http, merged.ports.server) == (3, 2)


def test_flags_win_over_files_and_append_to_lists(file):
    merged = config(
        file("a.json", {"datacenter": "A", "start_join": ["x"]}), flags={"datacenter": "B", "start_join": ["y"]}
    )
    assert (merged.datacenter, merged.start_join) == ("b", ["x", "y"])


def test_directories_are_read_in_the_order_of_names(file, tmp_path):
    file("2.json", {"node_name": "late", "log_level": "DEBUG"})
    file("1.json", {"node_name": "early"})
    file("readme.txt", "not ours")
    (tmp_path / "sub.json.d").mkdir()
    assert config(dirs=[str(tmp_path)]).node_name == "late"


def test_service_and_check_add_to_the_lists(file):
    one = file("a.json", {"service": {"name": "web"}, "services": [{"name": "db"}]})
    two = file("b.json", {"service": {"name": "mail"}, "check": {"name": "c", "ttl": "10s"}})
    merged = config(one, two)
    assert [service["name"] for service in merged.services] == ["db", "web", "mail"]
    assert len(merged.checks) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"nodename": "x"}, "invalid config key nodename"),
        ({"nodeName": "x"}, "invalid config key nodeName"),
        ({"ports": {"htpp": 1}}, "invalid config key ports.htpp"),
        (
            {"encrypt": "YWJj"},
            "encrypt is no gossip key: key size must be 16, 24 or 32 bytes.",
        ),
        ({"auto_encrypt": {"tls": True}}, "Consul has it, Lictor not yet: certificates are made with lictor tls cert"),
        ({"ports": {"http": "8500"}}, 'config key ports.http must be a whole number, not "8500"'),
        ({"server": "yes"}, 'config key server must be true or false, not "yes"'),
        ({"retry_join": "x"}, 'config key retry_join must be a list, not "x"'),
        ({"ports": 8500}, "config key ports must be an object"),
        ({"node_meta": {"a": 1}}, "config key node_meta.a must be a string"),
        ({"gossip_profile": "fast"}, "config key gossip_profile must be 'lan', 'wan' or 'local'"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_the_file(file, content, words):
    path = file("a.json", content)
    with pytest.raises(Failure) as failure:
        config(path)
    assert str(failure.value).startswith(path)
    assert words in str(failure.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", "{", "is not JSON"),
        ("a.json", "[]", "must hold a JSON object"),
        ("a.hcl", "a = [1", "is not HCL: line 1, column 7: the end stands there"),
        ("a.hcl", "sever = true", "did you mean server"),
    ],
)
def test_files_that_are_no_configuration(file, name, content, words):
    with pytest.raises(Failure, match=words):
        config(file(name, content))


def test_files_that_are_not_there():
    with pytest.raises(Failure, match="no such file"):
        config("/nowhere.json")
    with pytest.raises(Failure, match="no such file"):
        config(dirs=["/nowhere"])


def test_harmless_keys_are_accepted_and_named(file):
    merged, ignored = load(Sources([file("a.json", {"peering": {"enabled": True}, "node_name": "x"})]), {}, dev=False)
    assert (merged.node_name, ignored) == ("x", ["peering"])
    sections = {"limits": {"rpc_client_timeout": "5s"}, "ports": {"grpc_tls": 8503, "grpc": -1}, "raft_protocol": 3}
    assert load(Sources([file("b.json", sections)]), {}, dev=False)[1] == [
        "limits.rpc_client_timeout",
        "raft_protocol",
        "ports.grpc_tls",
    ]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"bootstrap_expect": 3}, "needs -server"),
        ({"server": True, "bootstrap_expect": -1}, "cannot be negative"),
        ({"datacenter": "a.b"}, "Invalid datacenter"),
        ({"ports": {"http": 70000}}, "ports.http must be a port"),
        ({"performance": {"raft_multiplier": 0}}, "raft_multiplier"),
        ({"enable_fault_injection": True}, "needs a fault_injection_token, a secret that callers send"),
        ({"fault_injection_token": "x"}, "guards nothing unless enable_fault_injection is true"),
        ({"bootstrap": True}, "needs -server"),
        ({"server": True, "bootstrap": True, "bootstrap_expect": 3}, "give one of the two"),
        ({"retry_interval": "soon"}, "retry_interval 'soon' is no length of time"),
        ({"performance": {"rpc_hold_timeout": "0s"}}, "performance.rpc_hold_timeout '0s' is no length of time"),
        ({"bind_addr": "localhost"}, "bind_addr 'localhost' is a name"),
        ({"advertise_addr": "0.0.0.0"}, "advertise_addr '0.0.0.0' leads nowhere"),
        ({"http_config": {"allowed_hosts": ["http://consul"]}}, "'http://consul' is no host's name"),
        ({"http_config": {"allowed_hosts": ["*.example"]}}, "write consul.example, or"),
    ],
)
def test_what_cannot_be_meant_is_refused(flags, words):
    with pytest.raises(Failure, match=words):
        config(flags=flags)


def test_bootstrap_means_to_expect_one():
    assert config(flags={"server": True, "bootstrap": True}).bootstrap_expect == 1


@pytest.mark.parametrize(("server", "leaves"), [(True, False), (False, True)])
def test_client_agents_leave_on_signals_and_servers_do_not(server, leaves):
    plain = config(flags={"server": server})
    assert (plain.leaves_on_interrupt, plain.leaves_on_terminate) == (leaves, leaves)
    turned = config(flags={"server": server, "skip_leave_on_interrupt": leaves, "leave_on_terminate": not leaves})
    assert (turned.leaves_on_interrupt, turned.leaves_on_terminate) == (not leaves, not leaves)


def test_dev_is_a_fast_server_of_its_own():
    spec = node_spec(config(dev=True, flags={"node_name": "n"}))
    assert (spec.server, spec.bootstrap_expect, spec.address, spec.data_dir) == (True, 1, "127.0.0.1", "")
    assert (spec.settings["prober.profile"], spec.settings["server.raft_multiplier"]) == ("local", 1.0)
    assert spec.listen_urls == ("tcp://127.0.0.1:8301", "tcp://127.0.0.1:8300", "tcp://127.0.0.1:8302")


@pytest.mark.parametrize("flags", [{"server": False, "bootstrap_expect": 0}, {"ports": {"serf_wan": -1}}], ids=str)
def test_client_agents_and_servers_without_its_port_know_no_other_datacenter(flags):
    spec = node_spec(config(dev=True, flags=flags))
    assert (len(spec.listen_urls), spec.crosses) == (2, False)


def test_a_port_of_0_is_its_default_and_minus_1_is_none():
    spec = node_spec(config(dev=True, flags={"ports": {"http": 0, "bus": -1}}))
    assert (spec.http_port, spec.door_port) == (8500, -1)


def test_names_that_http_may_be_asked_under(file):
    config_file = file("c.json", {"http_config": {"allowed_hosts": ["consul.example"]}})
    flags = {"http_config": {"allowed_hosts": ["proxy:9000"]}}
    assert node_spec(config(config_file, dev=True, flags=flags)).http_allowed_hosts == ("consul.example", "proxy:9000")


def test_the_times_of_the_configuration_are_those_of_the_actors():
    flags = {"retry_interval": "10s", "performance": {"rpc_hold_timeout": "3s"}}
    options = {spec.role: spec.options for spec in tree(node_spec(config(dev=True, flags=flags)))}
    assert options["prober"].retry_join_ns == 10_000_000_000
    assert options["gateway"].rpc_hold_timeout_ns == 3_000_000_000


@pytest.mark.parametrize("given", [True, False])
def test_rejoining_after_a_leave_is_the_probers_business(file, given):
    config_file = file("c.json", {"rejoin_after_leave": given})
    options = {spec.role: spec.options for spec in tree(node_spec(config(config_file, dev=True)))}
    assert options["prober"].rejoin_after_leave is given


def test_a_wildcard_bind_listens_everywhere_and_advertises_an_address():
    spec = node_spec(config(flags={"node_name": "n", "advertise_addr": "10.1.2.3"}))
    assert spec.gossip_url == "tcp://10.1.2.3:8301"
    assert spec.listen_urls == ("tcp://0.0.0.0:8301", "tcp://0.0.0.0:8300")


def test_a_node_id_that_cannot_be_kept_is_a_sentence(tmp_path):
    (tmp_path / "node-id.new").mkdir()
    with pytest.raises(Failure, match=r"The node's id cannot be kept in .*node-id: Is a directory"):
        node_id("", str(tmp_path))


def test_the_node_id_survives_restarts(tmp_path):
    flags = {"node_name": "n", "bind_addr": "127.0.0.1", "data_dir": str(tmp_path)}
    first = node_spec(config(flags=flags)).id
    assert str(uuid.UUID(first)) == first
    assert node_spec(config(flags=flags)).id == first
    for junk in (b"nonsense", b"\xff\xfe", b""):
        (tmp_path / "node-id").write_bytes(junk)
        with pytest.raises(Failure, match="not a UUID"):
            node_spec(config(flags=flags))


@pytest.mark.parametrize("name", ["a@b", "a/b", "a b", "a\0b", "n" * 256, "é" * 128])
def test_node_names_that_cannot_be_addressed(name):
    with pytest.raises(Failure, match="Invalid node name"):
        node_spec(config(dev=True, flags={"node_name": name}))


def test_definitions_become_registrations():
    service = {
        "name": "web",
        "Port": 80,
        "tags": ["a"],
        "Meta": {"k": "v"},
        "check": {"http": "http://x", "interval": "10s"},
    }
    spec = node_spec(config(dev=True, flags={"services": [service], "checks": [{"name": "c", "ttl": "15s"}]}))
    (web,) = spec.services
    assert (web.service.service, web.service.id, web.service.port, web.service.tags) == ("web", "web", 80, ("a",))
    assert (web.checks[0].http, web.checks[0].interval_ns) == ("http://x", 10_000_000_000)
    assert (spec.checks[0].name, spec.checks[0].ttl_ns) == ("c", 15_000_000_000)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"services": [{"port": 1}]}, "Missing service name"),
        ({"services": [{"name": "web", "colour": "red"}]}, 'unknown field "colour"'),
        ({"services": [{"name": "web", "port": "80"}]}, "service web is wrong"),
        ({"services": [{"name": "web", "connect": {"sidecar_service": {}}}]}, "SidecarService needs the service mesh"),
        ({"checks": [{"name": "c", "http": "http://x"}]}, "check c is wrong: .*Interval must be > 0"),
        ({"checks": [{"name": "c", "interval": "soon"}]}, "invalid duration"),
    ],
)
def test_definitions_that_are_wrong_are_named(flags, words):
    with pytest.raises(Failure, match=words):
        node_spec(config(dev=True, flags=flags))


def test_node_meta_flags():
    assert node_meta_of(["a:b:c", "d:"]) == {"a": "b:c", "d": ""}
    with pytest.raises(Failure, match="key:value"):
        node_meta_of(["a"])


def test_the_agent_command_says_what_is_missing(lictor):
    assert "lictor agent -dev" in lictor("agent").err
    ran = lictor("agent", "-server", "-bootstrap-expect=1", "-config-file=/dev/null/x.json")
    assert (ran.status, ran.out) == (1, "")
    assert "-config-file" in ran.err


def test_a_directory_with_an_id_and_no_journal_is_said_to_start_empty(tmp_path):
    assert lost_journal(str(tmp_path)) == ""
    node_id("", str(tmp_path))
    assert f"{tmp_path} has a node-id and no journal" in lost_journal(str(tmp_path))
    for name in ("node-has-journal", "journal-00000001"):
        file = tmp_path / name
        file.touch()
        assert lost_journal(str(tmp_path)) == ""
        file.unlink()


def test_a_cluster_has_a_root_where_connect_is_enabled_and_with_dev(file):
    cluster_id = "11111111-2222-3333-4444-555555555555"
    chosen = file("a.json", {"server": True, "connect": {"enabled": True, "ca_config": {"cluster_id": cluster_id}}})
    flags = {"node_name": "n", "advertise_addr": "10.1.2.3", "server": True}

    def connect(*files, dev=False):
        [server] = [
            spec.options for spec in tree(node_spec(config(*files, flags=flags, dev=dev))) if spec.role == "server"
        ]
        return server.connect, server.cluster_id

    assert connect(chosen) == (True, cluster_id)
    assert connect(dev=True) == (True, "")
    assert connect() == (False, "")


@pytest.mark.parametrize("cluster_id", ["x", 7, ["a"], {"a": 1}])
def test_a_trust_domain_that_is_no_uuid_is_refused(file, cluster_id):
    with pytest.raises(Failure, match=r"connect\.ca_config: cluster_id must be a UUID"):
        config(file("a.json", {"connect": {"ca_config": {"cluster_id": cluster_id}}}))


@pytest.mark.parametrize(
    "key",
    [
        {"acl": {"enabled": True, "tokens": {"agent": {"5ec4e7": 1}}}},
        {"acl": {"enabled": True, "tokens": "5ec4e7"}},
        {"fault_injection_token": {"5ec4e7": 1}},
    ],
)
def test_a_complaint_about_a_secret_does_not_repeat_it(tmp_path, key):
    file = tmp_path / "c.json"
    file.write_text(json.dumps(key))
    with pytest.raises(Failure, match=r"token.* must be an? (string|object), not what it is") as refused:
        load(Sources(files=[str(file)]), {}, dev=True)
    assert "5ec4e7" not in str(refused.value)
