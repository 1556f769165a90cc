"""The commands of the README and the tutorial, and the service of the examples, run as a reader would run them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lictor
from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text()
FAULTS = (ROOT / "docs" / "faults.md").read_text()


@pytest.fixture(scope="module")
def cluster(tracebacks):
    """Small, with as many nodes as the README names."""
    with Cluster.local(3, 7, "-profile", "local") as made:
        yield made
        assert tracebacks(made) == []


def blocks(language, page=README):
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def environment(cluster):
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": beside, **cluster.environment}


def here(words, cluster):
    """A line of a page, with this cluster's addresses instead of those of ``make up``."""
    first, *_, last = cluster.nodes.values()
    words = words.replace(".venv/bin/lictor", "lictor").replace("| less", "| cat")
    return words.replace("127.0.0.1", first.ip).replace("127.0.0.50", last.ip).replace("agent-7", "agent-6")


def commands(page):
    lines = [line[2:].split("  #")[0].strip() for block in blocks("console", page) for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("make ")]


def test_the_pages_have_commands():
    assert len(commands(README)) > 6
    assert len(commands(TUTORIAL)) > 12
    assert blocks("python")


@pytest.mark.parametrize(
    ("page", "values"), [(README, []), (TUTORIAL, ["blue", "blue", "green"])], ids=["readme", "tutorial"]
)
def test_the_commands_of_a_page_run_in_order(cluster, page, values):
    got = []
    for command in commands(page):
        if "-seeds" in command:  # the simulator has tests of its own
            continue
        line = here(command, cluster)
        done = subprocess.run(
            ["sh", "-c", line], env=environment(cluster), capture_output=True, text=True, timeout=60, cwd=ROOT
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        if line.startswith("curl"):
            assert done.stdout in ("true", "hello")
        if line.startswith("lictor kv get"):
            got.append(done.stdout.strip())
    assert got == values
    cluster.faults.heal_all()
    cluster.wait_whole(60)


@pytest.mark.parametrize("begins", ["lictor fault add", "F=http://"])
def test_the_commands_of_the_page_on_faults_run_in_order(cluster, begins):
    (block,) = [block for block in blocks("sh", FAULTS) if block.startswith(begins)]
    lines = [line for line in block.splitlines() if "another cluster" not in line]
    script = here("\n".join(lines), cluster)
    done = subprocess.run(
        ["bash", "-ec", script], env=environment(cluster), capture_output=True, text=True, timeout=60, cwd=ROOT
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "error" not in done.stdout.lower()
    assert "isolate" in done.stdout or "preset" in done.stdout
    cluster.faults.heal_all()
    cluster.wait_whole(60)


def test_the_python_of_the_readme_runs(cluster):
    with lictor.Client(cluster.nodes["agent-1"].door) as client:
        client.agent.register_service("web", port=8080)
    for block in blocks("python"):
        done = subprocess.run(
            [sys.executable, "-c", here(block, cluster)], capture_output=True, text=True, timeout=30, cwd=ROOT
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == "b'hello'"
        assert f"{cluster.nodes['agent-1'].ip} 8080" in done.stdout.splitlines()
    with lictor.Client(cluster.nodes["agent-1"].door) as client:
        client.agent.deregister_service("web")


@pytest.fixture
def service(cluster):
    """``examples/own_service.py`` at agent-2; no life of it survives the test."""
    lives = []

    def start():
        command = [sys.executable, str(ROOT / "examples" / "own_service.py"), cluster.nodes["agent-2"].http]
        life = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lives.append(life)
        return life, life.stdout.readline().split()[0]

    yield start
    for life in lives:
        life.kill()
        life.communicate()


def test_a_service_of_ones_own_is_found_turns_critical_and_comes_back(cluster, service, http, until):
    far = cluster.nodes["agent-6"]

    def curl(path):
        return subprocess.run(["curl", "-s", f"http://{far.http}{path}"], capture_output=True, text=True).stdout

    life, name = service()
    with lictor.Client(far.door) as client:

        def healthy():
            return [one.service.id for one in client.health.service("web", passing=True)]

        until(lambda: name in healthy())
        assert name in curl("/v1/health/service/web?passing")
        (found,) = client.health.service("web", passing=True)
        assert found.node.node == "agent-2"
        said = http(f"{found.service.address}:{found.service.port}", "GET", "/")
        assert said.text.startswith("hello")

        life.kill()
        until(lambda: name not in healthy())
        (gone,) = [one for one in client.health.service("web") if one.service.id == name]
        check = next(check for check in gone.checks if check.service_id == name)
        assert (check.status, "refused" in check.output) == ("critical", True)
        assert curl("/v1/health/service/web?passing") == "[]"

        again, renamed = service()
        until(lambda: renamed in healthy())
        again.terminate()


def test_an_actor_of_ones_own_outlives_its_process():
    command = [sys.executable, str(ROOT / "examples" / "own_actor" / "live.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"has counted (\d+)", done.stdout) == ["10", "20"]
