"""Scenario files: what they may say, and that every mistake is named at its line with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from lictor_actors.scenario import ScenarioError, load, of_preset, parse

WHOLE = """\
name = "leader isolated during writes"
seed = 42
[cluster]
servers = 3
agents = 20
kind = "sim"
[workload]
kv = { clients = 8, ops = ["put", "get", "cas"], keys = 5, rate = 200 }
[[step]]
at = "5s"
isolate = { nodes = "leader", direction = "both" }
for = "12s"
[[step]]
at = "8s"
delay = { from = "follower", to = "agents", latency = "80ms", jitter = "20ms", correlation = 0.3 }
slow_disk = { nodes = "one(servers)", fsync = "400ms", probability = 0.5 }
for = "10s"
[[step]]
every = "15s"
kill = { nodes = "one(agents)", restart_after = "3s" }
until = "60s"
[expect]
linearizable = ["kv"]
eventually = { one_leader = "5s", members_agree = "10s", no_false_failed = true }
"""
ISOLATE = 'isolate = { nodes = "leader", direction = "both" }'


def test_a_whole_scenario() -> None:
    made = parse(WHOLE)
    assert (made.name, made.seed, made.cluster.agents, made.lasts_s) == ("leader isolated during writes", 42, 20, 68.0)
    assert [[fault.name for fault in step.faults] for step in made.step] == [
        ["isolate"],
        ["delay", "slow_disk"],
        ["kill"],
    ]
    assert made.expect.eventually.bounds == {"one_leader": 5.0, "members_agree": 10.0, "no_false_failed": 10.0}
    assert made.workload.kv is not None
    assert made.workload.kv.rate == 200


def test_a_scenario_may_say_nearly_nothing() -> None:
    made = parse('[[step]]\npreset = "wan"\n', default_name="quick")
    assert (made.name, made.cluster.servers, made.lasts_s) == ("quick", 3, 5.0)


def test_steps_that_never_end_last_half_a_minute_unless_told() -> None:
    endless = '[[step]]\nevery = "5s"\nkill = "one(agents)"\n'
    assert parse(endless).lasts_s == 30.0
    assert parse(f'duration = "9s"\n{endless}').lasts_s == 9.0


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("servers = 3", "servers = 0", 4, "cluster.servers: Input should be greater than or equal to 1, not 0"),
        ("agents = 20", 'agents = "many"', 5, "valid integer"),
        ('kind = "sim"', 'kind = "rya"', 6, "'sim', 'local' or 'ray'"),
        ('name = "leader', 'nane = "x"\nname = "leader', 1, "there is no 'nane' in this table: did you mean 'name'"),
        ("clients = 8", "client = 8", 8, "there is no 'client' in this table: did you mean 'clients'"),
        ('ops = ["put"', 'ops = ["putt"', 8, "'get', 'put', 'cas' or 'delete', not 'putt'"),
        ("rate = 200", "rate = 0", 8, "must be more than 0"),
        ('at = "5s"', 'at = "soon"', 10, 'step.1.at: time: invalid duration "soon"'),
        ("isolate =", "isolat =", 11, "step.1.isolat: there is no 'isolat' in a step: did you mean 'isolate'"),
        (
            "latency =",
            "latncy =",
            15,
            "step.2.delay.latncy: there is no 'latncy' in this table: did you mean 'latency'",
        ),
        ("correlation = 0.3", "correlation = 3", 15, "a probability lies between 0 and 1, not 3"),
        ("probability = 0.5", "probability = 2.0", 16, "step.2.slow_disk.probability"),
        ('every = "15s"\n', "", 20, "step.3.until: until says when a repeated step ends: add every"),
        ('[expect]\nlinearizable = ["kv"]', '[expect]\nlinearizable = ["locks"]', 23, "'kv', not 'locks'"),
        ("members_agree", "members_agrees", 24, "did you mean 'members_agree'"),
        ('one_leader = "5s"', 'one_leader = "-5s"', 24, "negative"),
        ("[cluster]", "[cluster", 3, "this is no TOML"),
        ("rate = 200", "rate = inf", 8, "must be more than 0 and at most"),
        (
            '"leader", dir',
            '"leadr", dir',
            11,
            "step.1.isolate: 'leadr' names no node of this cluster; there are server-1",
        ),
        ("one(agents)", "one(agentz)", 20, "step.3.kill: 'one(agentz)' names no node"),
        ("one(agents)", "21 of agents", 20, "there are server-1 to server-3 and agent-1 to agent-20"),
        ("one(agents)", "percent(200)", 20, "percent(200) must lie between 0 and 100"),
        ("one(agents)", "prober@server-1", 20, "kill is for nodes, not for an actor like prober@server-1.dc1"),
        ("agents = 20", "agents = 0", 15, "'agents' names no node of this cluster; there are server-1 to server-3"),
        ("correlation = 0.3", 'match = "raft.apend"', 15, "step.2.delay.match: no message is called 'raft.apend'"),
        ('at = "5s"', "at = true", 10, "step.1.at: a time is not true: write it like 80ms, or as seconds"),
        ('at = "5s"', "at = inf", 10, "step.1.at: a time is not longer than"),
        ("seed = 42", "duration = nan", 2, "duration: a time is not longer than"),
        ("seed = 42", 'duration = "7s"', 13, "step.2: it first strikes at 8 s, and the scenario ends at 7 s"),
        ('until = "60s"', 'until = "6s"', 21, "until 6 s is before the step first strikes, at 15 s"),
        ('for = "10s"', 'quiet = "10s"', 17, "step.2.quiet: quiet ends every fault: give it a step of its own"),
        (ISOLATE, "drift = { nodes = 'leader', rate = 1e300 }", 11, "a clock's rate lies between 0.01 and 100"),
        (ISOLATE, "skew = { nodes = 'leader', by = 1e300 }", 11, "a time is not longer than"),
    ],
)
def test_a_mistake_is_named_at_its_line(old: str, new: str, line: int, words: str) -> None:
    assert old in WHOLE
    with pytest.raises(ScenarioError) as caught:
        parse(WHOLE.replace(old, new, 1), "x.toml")
    said = str(caught.value)
    assert words in said
    assert said.startswith(f"x.toml:{line}: ")


def test_a_table_of_its_own_is_found_too() -> None:
    text = '[workload.kv]\nclients = 2\nkeys = 0\n\n[[step]]\nat = "1s"\n[step.delay]\nfrom = "leader"\njiter = "1s"\n'
    with pytest.raises(ScenarioError, match=r"^x:9: step.1.delay.jiter: .*did you mean 'jitter'"):
        parse(text, "x")
    with pytest.raises(ScenarioError, match=r"^x:3: workload.kv.keys: "):
        parse(text.replace("jiter", "jitter"), "x")


def test_what_is_to_be_judged_needs_a_workload() -> None:
    with pytest.raises(ScenarioError, match=r"^x:3: expect.linearizable: this needs a workload to judge: add"):
        parse('seed = 3\n[expect]\nlinearizable = ["kv"]\n', "x")


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("name = 'x'".encode("utf-16"), "x.toml: cannot be read: it is no text in UTF-8"),
        (b"name = " + b"[" * 5000 + b"]" * 5000, "x.toml:1: this is no scenario: its values are nested too deeply"),
        (b"step = [1, 2]", "x.toml:1: step: write each step as [[step]]"),
        (b"step = 'kill'", "x.toml:1: step: write each step as [[step]]"),
        (b"[cluster]\nservers = 1\n[[step]]\npreset = 'split-brain'\n", "x.toml:4: step.1.preset: 'minority' names no"),
        (b"[[step]]\nat = '1s'\nquiet = '1s'\npreset = 'wan'\n", "x.toml:3: step.1.quiet: quiet ends every"),
    ],
)
def test_whatever_a_file_holds_there_is_a_sentence(content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert says in str(caught.value)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b"\xef\xbb\xbfname = 'marked'\n")
    assert load(file).name == "marked"


def test_a_preset_is_a_scenario() -> None:
    made = of_preset("wan")
    assert (made.name, made.lasts_s, len(made.step)) == ("wan", 30.0, 1)
    with pytest.raises(LookupError, match=r"no preset 'wam': there are .*wan"):
        of_preset("wam")
