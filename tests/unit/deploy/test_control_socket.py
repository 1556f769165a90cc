import json
import socket

import pytest

from lictor_deploy.local.parent.control import ControlServer
from lictor_deploy.local.parent.federation import Federation
from lictor_deploy.local.parent.supervisor import Process

HOMES = {"server-1.dc1": "server-1", "server-2.dc1": "server-2", "server-3.dc1": "server-3", "agent-1.dc1": "agents-1"}


class FakeSupervisor:
    """Keeps what processes are told, and calls what is readable when told to."""

    def __init__(self):
        self.processes = {name: Process(name) for name in HOMES.values()}
        self.told = []
        self.watched = {}
        self.deaf = set()
        self.ended = []

    def watch(self, sock, ready):
        self.watched[sock.fileno()] = (sock, ready)

    def forget(self, sock):
        self.watched.pop(sock.fileno(), None)

    def tell(self, message, names):
        heard = [name for name in names if name not in self.deaf]
        self.told += [(name, message) for name in heard]
        return heard

    def hold(self, name):
        self.processes[name].held = True

    def kill(self, name):
        self.ended.append(name)

    def let_go(self, name):
        self.ended.append(f"{name} again")

    def turn(self):
        for _, ready in list(self.watched.values()):
            ready()

    def close(self):
        for sock, _ in self.watched.values():
            (getattr(sock, "sock", sock)).close()


class Stage:
    def __init__(self, path, homes=HOMES):
        self.supervisor = FakeSupervisor()
        self.convergence = Federation([node for node in HOMES if node.startswith("server")], ["agent-1.dc1"])
        self.server = ControlServer(path, self.supervisor, self.convergence, homes, {"nodes": []}, data=path.parent)
        self.server.open()
        self.client = socket.socket(socket.AF_UNIX)
        self.client.connect(str(path))
        self.client.settimeout(0.05)
        self.supervisor.turn_accept = next(iter(self.supervisor.watched.values()))[1]
        self.supervisor.turn_accept()

    def ask(self, request, **arguments):
        self.client.sendall(json.dumps({"ask": request, "with": arguments}).encode() + b"\n")
        self.hear()

    def hear(self):
        list(self.supervisor.watched.values())[-1][1]()

    def answer(self):
        try:
            return json.loads(self.client.recv(65536))
        except TimeoutError:
            return None

    def confirm(self, count=1):
        told, self.supervisor.told = self.supervisor.told, []
        for name, message in told:
            self.server.done(name, message["order"], count)
        return told


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path / "control")
    yield made
    made.client.close()
    made.supervisor.close()
    made.server.close()
    assert not (tmp_path / "control").exists()


@pytest.fixture
def shared(tmp_path):
    """Two agents in one process."""
    made = Stage(tmp_path / "shared", HOMES | {"agent-2.dc1": "agents-1"})
    yield made
    made.client.close()
    made.supervisor.close()
    made.server.close()


def test_a_rule_goes_to_every_process_and_the_answer_waits_for_all(stage):
    stage.ask("isolate", nodes="agent-1")
    assert [name for name, _ in stage.supervisor.told] == ["server-1", "server-2", "server-3", "agents-1"]
    assert stage.answer() is None
    *first, last = stage.supervisor.told
    for name, message in first:
        stage.server.done(name, message["order"], 0)
    assert stage.answer() is None
    stage.server.done(last[0], last[1]["order"], 0)
    answer = stage.answer()
    assert answer["fault"] == "f1"
    assert "agent-1.dc1" in answer["what"]
    assert last[1]["rules"]["rules"][0]["effect"] == "drop"
    assert len(stage.server.rules.rules) == 1


def test_what_processes_have_counted_is_added_up(stage):
    stage.ask("counted", what="messages_out")
    assert [message["count"] for _, message in stage.confirm(count=7)] == ["messages_out"] * 4
    assert stage.answer() == {"counted": 28}


def test_a_verb_on_an_actor_goes_to_its_process_only(stage):
    stage.ask("pause", nodes="server@server-2")
    ((name, message),) = stage.confirm()
    assert name == "server-2"
    assert message["actor"] == {"verb": "pause", "node": "server-2.dc1", "role": "server"}
    assert stage.answer()["count"] == 1


def test_healing_takes_rules_back_and_undoes_verbs(stage):
    stage.ask("isolate", nodes="agent-1")
    stage.confirm()
    stage.ask("crash", nodes="agent-1")
    stage.confirm()
    stage.ask("heal_all")
    told = stage.confirm()
    assert [message["actor"]["verb"] for _, message in told if "actor" in message] == ["restart"]
    assert all(message["rules"]["rules"] == [] for _, message in told if "rules" in message)
    assert stage.server.rules.rules == ()


def test_clocks_are_wrong_in_every_life_of_a_process_and_a_jump_outlasts_healing(stage):
    stage.ask("skew", nodes="server-2", by="2s")
    stage.confirm()
    stage.ask("jump", nodes="server-2", by="-500ms")
    told = stage.confirm()
    assert sum(rule["skew_ns"] for rule in told[0][1]["rules"]["clocks"]) == 1_500_000_000
    stage.ask("heal_all")
    stage.confirm()
    assert [(rule.node, rule.skew_ns) for rule in stage.server.rules.clocks] == [("server-2.dc1", -500_000_000)]


def test_healing_what_is_not_there_heals_nothing(stage):
    stage.client.sendall(b'{"ask": "heal", "fault": "f9"}\n')
    stage.hear()
    assert stage.answer() == {"healed": []}


def test_a_process_that_dies_meanwhile_is_not_waited_for(stage):
    stage.ask("isolate", nodes="agent-1")
    stage.server.gone("server-3")
    stage.confirm()
    assert stage.answer()["fault"] == "f1"


def test_a_process_that_is_down_is_not_waited_for(stage):
    stage.supervisor.deaf.add("agents-1")
    stage.ask("crash", nodes="agent-1")
    assert stage.answer()["count"] == 0


def test_the_leader_is_whom_most_servers_follow(stage):
    stage.convergence.report({node: [4, "h", "server-2.dc1", 4] for node in HOMES if node.startswith("server")})
    stage.ask("pause", nodes="leader")
    assert stage.confirm()[0][0] == "server-2"


@pytest.mark.parametrize(
    ("request_", "arguments", "words"),
    [
        ("isolate", {"nodes": "nobody"}, "names no node"),
        ("isolate", {"nodes": "leader"}, "names no node"),
        ("loss", {"sources": "all", "targets": "all", "probability": 2}, "between 0 and 1"),
        ("isolate", {"whom": "x"}, "there is no 'whom'"),
        ("launch", {}, "does not know"),
        ("_resolve", {"nodes": "all"}, "does not know"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_changes_nothing(stage, request_, arguments, words):
    stage.ask(request_, **arguments)
    assert words in stage.answer()["error"]
    assert stage.supervisor.told == []
    assert stage.server.rules.rules == ()


@pytest.mark.parametrize(
    ("verb", "arguments"), [("restart", {"wipe": True}), ("lose_unsynced", {}), ("torn_write", {}), ("bit_flip", {})]
)
def test_what_needs_a_disk_of_its_own_is_refused_before_anything_is_done(shared, verb, arguments):
    shared.ask(verb, nodes=["server-1", "agent-1"], **arguments)
    assert "agent-1.dc1 shares a process" in shared.answer()["error"]
    assert shared.supervisor.told == shared.supervisor.ended == []
    shared.ask("status")
    assert shared.answer()["faults"] == []


def test_a_plan_goes_on_when_part_of_it_cannot_be_done_and_says_so_at_the_end(shared):
    shared.ask("play", steps=[{"at": 0, "lose_unsynced": "agent-1", "hold": {}}])
    shared.confirm()
    assert shared.answer() == {"play": "p1"}
    shared.ask("halt", play="p1")
    ended = shared.answer()
    assert ended["struck"] == 1
    assert "shares a process" in ended["refused"][0]


def test_a_power_cut_is_confirmed_by_the_end_of_its_process(stage):
    stage.ask("torn_write", nodes="server-2")
    ((name, message),) = stage.supervisor.told
    assert (name, message["actor"]["verb"], message["actor"]["torn"]) == ("server-2", "cut_power", True)
    assert stage.supervisor.processes["server-2"].held
    assert stage.answer() is None
    stage.server.gone("server-2")
    assert stage.answer()["fault"] == "f1"


def test_a_server_that_is_down_already_starts_with_an_empty_disk(stage, tmp_path):
    (tmp_path / "server-2").mkdir()
    stage.ask("restart", nodes="server-2", wipe=True)
    assert not (tmp_path / "server-2").exists()
    assert stage.supervisor.ended == ["server-2", "server-2 again"]


def test_a_bit_flips_in_what_was_written(stage, tmp_path):
    file = tmp_path / "server-2" / "journal"
    file.parent.mkdir()
    file.write_bytes(b"x" * 100 + bytes(1000))
    stage.ask("bit_flip", nodes="server-2")
    assert stage.answer()["fault"] == ""
    after = file.read_bytes()
    changed = [place for place in range(1100) if after[place] != (b"x" * 100 + bytes(1000))[place]]
    assert len(changed) == 1
    assert changed[0] < 100
    assert (after[changed[0]] ^ ord("x")).bit_count() == 1


def test_a_server_that_cannot_start_stays_down(stage):
    stage.server.cannot_start("server-2", "server-2 cannot start: the journal is damaged")
    assert stage.supervisor.ended == ["server-2"]


def test_facts_and_status(stage):
    stage.ask("facts")
    assert stage.answer() == {"nodes": []}
    stage.ask("partition", groups=["server-1", ["server-2", "server-3"]])
    stage.confirm()
    assert stage.answer()["fault"] == "f1"
    stage.ask("status")
    answer = stage.answer()
    assert answer["status"]["nodes"] == 4
    assert [fault["id"] for fault in answer["faults"]] == ["f1"]
    assert answer["processes"]["agents-1"] == 0


def test_junk_ends_the_connection_and_nothing_else(stage):
    stage.client.sendall(b"GET / HTTP/1.1\r\n")
    stage.hear()
    assert stage.client.recv(100) == b""
