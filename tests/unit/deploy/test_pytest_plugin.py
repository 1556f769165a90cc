"""The pytest plugin in somebody else's project, which has folders named messages and actors of its own."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from lictor_deploy.pytest_plugin.marker import ClusterMarker, read_markers
from lictor_deploy.pytest_plugin.presets import preset
from lictor_deploy.sim.cluster import SimCluster

pytestmark = pytest.mark.timeout(400)
"""A run of pytest in another process takes seconds, and on a busy machine many times as long."""
ON_CI = ("CI", "BUILD_NUMBER")
"""Where one of them is set, pytest's summary repeats whole messages, and counts of what it prints would differ."""
EXAMPLE = Path(__file__).parents[3] / "examples" / "test_with_lictor.py"
SETTINGS = """
[tool.pytest.ini_options]
addopts = "--strict-markers --strict-config -p no:cacheprovider"
filterwarnings = ["error"]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
lictor_servers = 1
lictor_agents = 1
"""


class Project:
    """A directory with a project in it, and pytest run there as its owner would."""

    def __init__(self, path):
        self.path = path
        for name, text in {"messages": "GREETING = 'hello'", "actors": "def act(): return 'ours'"}.items():
            (path / name).mkdir()
            (path / name / "__init__.py").write_text(text)
        (path / "pyproject.toml").write_text(SETTINGS)

    def test(self, text, *flags):
        (self.path / "test_it.py").write_text(f"import pytest\n{text}")
        return self.pytest("test_it.py", *flags)

    def pytest(self, *words):
        environment = {
            name: value for name, value in os.environ.items() if name not in ON_CI and not name.startswith("PYTEST_")
        }
        # Schemathesis, which is here for another test, shows every mistake of a collection with a traceback.
        alone = ["-p", "no:schemathesis", "--basetemp", str(self.path / "tmp")]
        command = [sys.executable, "-m", "pytest", *alone, *words]
        return subprocess.run(command, cwd=self.path, env=environment, capture_output=True, text=True, timeout=120)

    def kept(self):
        """Files of clusters that are still there after the run, but for locks."""
        files = (self.path / "tmp").rglob("*")
        return sorted(file.name for file in files if file.is_file() and file.name != "lock")


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


# -- the marker ------------------------------------------------------------------


def test_the_nearest_marker_has_the_last_word():
    assert read_markers([{"servers": 5, "agents": 1}, {"agents": 0}]) == ClusterMarker(servers=5, agents=0)


def test_seeds_ask_for_a_simulated_cluster():
    assert read_markers([{"seeds": 3}]) == ClusterMarker(kind="sim", seeds=(0, 1, 2))
    assert read_markers([{"seeds": [7, 1234]}]).seeds == (7, 1234)
    assert read_markers([{"kind": "sim"}]).seeds == (0,)
    assert read_markers([]).seeds == ()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"serverz": 3}, "does not know 'serverz'"),
        ({"servers": 0}, "servers is a number from 1 to 9"),
        ({"servers": 2000}, "servers is a number from 1 to 9"),
        ({"servers": True}, "servers is a number"),
        ({"agents": "3"}, "agents is a number from 0 to 1000"),
        ({"kind": "docker"}, "kind is one of local, ray, sim"),
        ({"kind": "local", "seeds": 3}, "seeds are for simulated clusters"),
        ({"seeds": 0}, "seeds is how many"),
        ({"seeds": "7"}, "seeds is how many"),
        ({"seeds": []}, "seeds is how many"),
        ({"seeds": [True]}, "seeds is how many"),
        ({"faults": 3}, "faults names a preset"),
        ({"faults": ["wan", "wam"]}, "there is no fault preset 'wam': there are .*flaky-wifi.*wan"),
        ({"profile": "fast"}, "profile is one of lan, wan, local"),
    ],
)
def test_what_cannot_be_asked_for_is_a_sentence(arguments, words):
    with pytest.raises(ValueError, match=words):
        read_markers([arguments])


@pytest.mark.parametrize(("name", "least_s"), [("wan", 0.16), ("flaky-wifi", 0.008)])
def test_a_cluster_works_in_the_weather_of_a_preset(name, least_s):
    cluster = SimCluster(3, 1, seed=4)
    cluster.wait_whole()
    preset(name)(cluster.faults)
    before = cluster.time_s
    assert cluster.kv.put("a", b"1")
    assert cluster.time_s - before > least_s
    cluster.eventually(lambda: cluster.world.counters.get("dropped_by_fault"), within_s=100)
    cluster.faults.heal_all()
    cluster.wait_whole()


# -- in a project ----------------------------------------------------------------


@pytest.mark.slow
def test_a_project_with_folders_of_these_names_pays_nothing_until_it_asks(project):
    done = project.test("""
import sys
HEAVY = [name for name in ("lictor_actors", "lictor_messages", "pydantic", "pynng", "aiohttp") if name in sys.modules]

from actors import act
from messages import GREETING

def test_ours():
    assert (act(), GREETING, HEAVY) == ("ours", "hello", [])

@pytest.mark.cluster(kind="sim", servers=1, agents=0)
def test_both(cluster):
    assert cluster.kv.put("greeting", GREETING)
    assert cluster.kv.get("greeting").value == b"hello"

@pytest.mark.cluster(kind="sim", servers=1, agents=0)
async def test_in_a_loop(cluster, lictor_seed):
    assert cluster.wait_for_leader() == "server-1"
    assert lictor_seed == cluster.seed == 0
""")
    assert "3 passed" in done.stdout, done.stdout
    assert done.stderr == ""


FAILS_AT_ONE = """
@pytest.mark.cluster(servers=3, agents=1, seeds=3, faults="wan")
def test_seeds(cluster):
    cluster.kv.put("a", b"1")
    cluster.faults.isolate("leader")
    cluster.run(1)
    assert cluster.seed not in (1, 77)
"""


def again(done):
    """The command that a failure prints, as words, without the program."""
    program, *words = shlex.split(re.search(r"^again: (.*)$", done.stdout, re.MULTILINE)[1])
    assert program == "pytest"
    return words


def story(done):
    return done.stdout.partition("Lictor cluster")[2].partition("short test summary")[0]


@pytest.mark.slow
def test_a_failing_seed_tells_its_story_and_how_to_see_it_again(project):
    done = project.test(FAILS_AT_ONE)
    assert "1 failed, 2 passed" in done.stdout
    told = story(done)
    assert "seed 1, 4 nodes" in told
    assert "in force: f1 delay all > all" in told
    assert re.search(r"in force: f3 isolate server-\d\.dc1", told)
    assert "leads term" in told
    trace = told.partition("trace (last 40 of ")[2].splitlines()
    assert len([line for line in trace if re.match(r"  \d+\.\d{6} ", line)]) == 40
    assert again(done) == ["test_it.py::test_seeds[seed=1]"]
    second = project.pytest(*again(done))
    assert "1 failed in" in second.stdout
    assert story(second) == told


@pytest.mark.slow
def test_of_many_failing_seeds_one_is_told_in_full_and_all_are_named(project):
    done = project.test("""
@pytest.mark.cluster(servers=1, agents=0, seeds=5)
def test_seeds(cluster):
    assert cluster.seed == 3, "not three"
""")
    assert "4 failed, 1 passed" in done.stdout
    assert done.stdout.count("Lictor cluster") == 1
    assert done.stdout.count("told in full: test_it.py::test_seeds[seed=0]") == 3
    assert "again: pytest 'test_it.py::test_seeds[seed=4]'" in done.stdout
    assert "test_it.py::test_seeds[seed=*] fails for seeds 0–2, 4\n" in done.stdout


@pytest.mark.slow
def test_the_command_line_names_other_seeds(project):
    done = project.test(FAILS_AT_ONE, "--lictor-seed", "77", "--lictor-seed", "4")
    assert "1 failed, 1 passed" in done.stdout
    assert again(done) == ["test_it.py::test_seeds[seed=77]", "--lictor-seed", "77"]
    assert "1 failed in" in project.pytest(*again(done)).stdout
    assert "1 failed, 7 passed" in project.pytest("test_it.py", "--lictor-seeds", "8").stdout


@pytest.mark.slow
def test_a_mistake_in_a_marker_is_a_sentence_at_collection(project):
    done = project.test("""
@pytest.mark.cluster(3)
def test_it(cluster): pass
""")
    assert "test_it.py::test_it: the cluster marker takes keyword arguments only" in done.stdout
    assert "plugin.py" not in done.stdout


@pytest.mark.slow
def test_what_no_cluster_can_give_is_a_sentence(project):
    done = project.test("""
@pytest.mark.cluster(kind="sim")
def test_url(consul_url): pass
""")
    assert "a simulated cluster has no consul_url" in done.stdout
    assert "1 error" in done.stdout
    assert "plugin.py" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["-o", "lictor_servers=0"], "in pytest's configuration, lictor_servers is a number from 1 to 9, not 0"),
        (["-o", "lictor_agents=few"], "lictor_agents is a number from 0 to 1000, not 'few'"),
        (["--lictor-seeds", "0"], "--lictor-seeds is how many, 1 or more, not 0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_a_sentence(project, flags, words):
    done = project.test("def test_it(shared_cluster): pass", *flags)
    assert words in done.stdout + done.stderr
    assert "plugin.py" not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_project_may_have_a_cluster_of_its_own(project):
    done = project.test("""
@pytest.fixture
def cluster():
    return "ours"

@pytest.mark.cluster(seeds=20)
def test_ours(cluster):
    assert cluster == "ours"
""")
    assert "1 passed" in done.stdout, done.stdout


@pytest.mark.slow
def test_an_actor_that_raised_unnoticed_fails_the_test_at_its_end(project):
    done = project.test("""
@pytest.mark.cluster(kind="sim", servers=1, agents=0)
def test_it(cluster):
    cluster.world.crashes.append(("server@server-1.dc1", ValueError("oh no")))
""")
    assert "1 passed, 1 error" in done.stdout
    assert "server@server-1.dc1 raised ValueError('oh no')" in done.stdout


# -- real processes --------------------------------------------------------------


@pytest.mark.e2e
@pytest.mark.slow
def test_clusters_of_real_processes_are_apart_and_leave_nothing(project):
    done = project.test("""
from urllib.request import Request, urlopen

def write(url, key):
    with urlopen(Request(f"{url}/v1/kv/{key}", data=b"1", method="PUT"), timeout=20) as answer:
        return answer.read()

prefixes = []

def test_prefix(shared_cluster, consul_url):
    prefixes.append(shared_cluster.prefix)
    assert write(consul_url, prefixes[0] + "k") == b"true"
    assert shared_cluster.kv.get(prefixes[0] + "k").value == b"1"
    shared_cluster.crash("agent-1")

def test_the_next_has_a_prefix_and_a_whole_cluster(shared_cluster):
    assert shared_cluster.prefix not in prefixes
    assert shared_cluster.status()["faults"] == []
    assert len(shared_cluster.client("agent-1").members()) == 2

@pytest.mark.cluster(servers=1, agents=1, faults="wan", profile="local")
def test_own(cluster, shared_cluster, consul_url):
    assert "delay" in cluster.status()["faults"][0]["what"]
    assert cluster.nodes["server-1"].http in consul_url
    assert cluster.wait_for_leader() == cluster.leader() == "server-1"
    assert write(consul_url, "k") == b"true"
    assert cluster.kv.get("k").value == b"1"
    assert shared_cluster.kv.get("k") is None
    cluster.crash("agent-1")
    cluster.eventually(lambda: "failed" in [m.status for m in cluster.client("server-1").members()])
    cluster.restart("agent-1")
    assert cluster.status()["status"]["converged"] < 2
    cluster.wait_whole()
    cluster.crash("agent-1")
    cluster.restart("agent-1")
    assert cluster.status()["status"]["converged"] < 2
    cluster.wait_whole()

@pytest.mark.cluster(servers=1, agents=0)
def test_marked_is_enough(consul_url, shared_cluster):
    assert shared_cluster.nodes["server-1"].http not in consul_url
""")
    assert "4 passed" in done.stdout, done.stdout
    assert project.kept() == []


@pytest.mark.e2e
@pytest.mark.slow
def test_a_failure_on_real_processes_shows_facts_and_logs_and_keeps_the_logs(project):
    done = project.test("""
@pytest.mark.cluster(servers=1, agents=1)
def test_it(cluster):
    cluster.faults.pause("agent-1")
    with pytest.raises(AssertionError, match="no longer true"):
        cluster.always(lambda: False, 5)
    cluster.eventually(lambda: False, within_s=0.1)
""")
    assert "not within 0.1 s" in done.stdout
    told = story(done)
    assert "CONSUL_HTTP_ADDR=127." in told
    assert "nodes: 2" in told
    assert "in force: f1 pause agent-1.dc1" in told
    assert "leads term" in told
    assert told.index("leads term") < told.index("! f1 pause")
    assert again(done) == ["test_it.py::test_it"]
    logs = Path(re.search(r"^logs: (.*)$", told, re.MULTILINE)[1])
    assert "leads term" in (logs / "server-1.log").read_text()
    assert project.kept() == ["agents-1.log", "faults.log", "server-1.log"]


@pytest.mark.e2e
@pytest.mark.slow
def test_a_cluster_that_cannot_start_says_why(project, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/dev/null")
    done = project.test("""
@pytest.mark.cluster(servers=1, agents=0)
def test_own(cluster): pass

def test_shared(shared_cluster): pass
""")
    assert done.stdout.count("Cannot use /dev/null/lictor-") == 2, done.stdout
    assert done.stdout.count("The cluster did not start") >= 2
    assert "Traceback" not in done.stdout
    assert "2 errors" in done.stdout


@pytest.mark.e2e
@pytest.mark.slow
def test_the_example_runs(project):
    done = project.pytest(str(EXAMPLE))
    assert "8 passed" in done.stdout, done.stdout
