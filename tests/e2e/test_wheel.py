"""The wheel, installed beside a project that has its own ``messages`` and ``actors``."""

import re
import shlex
import subprocess
import sys
import threading
import tomllib
import venv
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]
ROOT = Path(__file__).parents[2]
PACKAGES = ("lictor", "lictor_messages", "lictor_actors", "lictor_deploy")


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built by the backend that pyproject.toml names, if need be from a cache of pip's."""
    to = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", to, ROOT]
    done = subprocess.run([str(word) for word in build], capture_output=True, text=True, timeout=120)
    if done.returncode and "No matching distribution" in done.stderr:
        pytest.skip("the build backend is not here and no package index answers")
    assert done.returncode == 0, done.stderr
    return next(to.glob("lictor-*.whl"))


@pytest.fixture(scope="module")
def project(tmp_path_factory, wheel):
    """A project with packages of the same names as our folders, and an environment with the wheel.

    What the wheel needs is borrowed from the environment that runs the tests: only its own files are new.
    """
    root = tmp_path_factory.mktemp("project")
    for package in ("messages", "actors", "deploy"):
        (root / package).mkdir()
        (root / package / "__init__.py").write_text(f"WHOSE = 'my own {package}'\n")
    venv.create(root / "env", with_pip=False, symlinks=True)
    python = root / "env" / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip())
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    borrowed = Path(pytest.__file__).parents[1]
    for path in borrowed.iterdir():
        # Not the editable install of Lictor itself, whose .pth would show the checkout.
        if path.suffix != ".pth" and "lictor" not in path.name and not (site / path.name).exists():
            (site / path.name).symlink_to(path)
    return root


def said(project, program):
    return run(project / "env" / "bin" / "python", "-c", program, cwd=project, env={"PATH": "/usr/bin:/bin"})


def test_the_wheel_holds_four_packages_with_their_types_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    for package in PACKAGES:
        assert f"{package}/py.typed" in names
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_it_says_from_which_commit_it_was_built(wheel, project):
    commit = run("git", "rev-parse", "--short=12", "HEAD", cwd=ROOT).strip() if (ROOT / ".git").exists() else ""
    told = run(project / "env" / "bin" / "python", "-m", "lictor_deploy.cli.entry", "version", cwd=project).splitlines()
    assert [line for line in told if line.startswith("Revision")] == ([f"Revision {commit}"] if commit else [])


def test_it_lives_beside_a_project_with_its_own_messages_and_actors(project):
    program = (
        "import messages, actors, deploy, lictor, lictor_messages, lictor_actors, lictor_deploy\n"
        "print(messages.WHOSE, actors.WHOSE, deploy.WHOSE, lictor.Client.__name__, lictor.__file__, sep='|')"
    )
    *own, client, where = said(project, program).strip().split("|")
    assert own == ["my own messages", "my own actors", "my own deploy"]
    assert client == "Client"
    assert Path(where).is_relative_to(project)


def test_the_light_client_does_not_import_what_only_nodes_need(project):
    heavy = ("aiohttp", "httptools", "cyclopts", "rich", "lark", "uvloop", "sortedcontainers", "lictor_actors.roles")
    program = (
        "import sys, lictor\n"
        "print(len([name for name in sys.modules if name.startswith('pydantic')]))\n"
        "lictor.Client, lictor.AsyncClient, lictor.connect, lictor.LictorError\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    before, after = said(project, program).splitlines()
    assert before == "0"
    assert after == "[]"


@pytest.fixture(scope="module")
def light(tmp_path_factory, wheel):
    """An environment with what ``pip install lictor`` brings, and nothing else."""
    root = tmp_path_factory.mktemp("light")
    venv.create(root / "env", with_pip=False, symlinks=True)
    python = root / "env" / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip())
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    borrowed = Path(pytest.__file__).parents[1]
    for name in with_their_own(wanted):
        for top in {Path(file).parts[0] for file in distribution(name).files or ()} - {".."}:
            if not (site / top).exists():
                (site / top).symlink_to(borrowed / top)
    return root


def with_their_own(requirements, known=frozenset()):
    """Names of what these need, and of what that needs, without extras."""
    for line in requirements:
        wanted = Requirement(line)
        if wanted.name not in known and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            known = with_their_own(distribution(wanted.name).requires or (), known | {wanted.name})
    return known


HEAVY = ("pynng", "cffi", "ray", "grpc", "cryptography", "psutil", "lark", "re2", "h2", "sortedcontainers", "uvloop")
UNUSED = (
    "lictor_messages.every",
    "lictor_messages.catalog",
    "lictor_actors.bus",
    "lictor_actors.store",
    "lictor_actors.roles",
    "lictor_deploy",
)
LIGHT = f"""
import sys
from importlib.util import find_spec
import lictor
print([name for name in {HEAVY!r} if find_spec(name)])
with lictor.Client(sys.argv[1]) as client:
    print(client.kv.get("greeting").value.decode())
print([name for name in {HEAVY + UNUSED!r} if name in sys.modules])
try:
    lictor.Client("tcp://127.0.0.1:1", timeout=0.1).kv.get("a")
except lictor.ConnectionFailed:
    print("the bus is spoken")
"""


class Greeting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b'[{"Key": "greeting", "Value": "aGVsbG8="}]'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_the_light_client_asks_over_http_without_anything_heavy(light):
    with ThreadingHTTPServer(("127.0.0.1", 0), Greeting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        told = run(light / "env" / "bin" / "python", "-c", LIGHT, url, cwd=light, env={"PATH": "/usr/bin:/bin"})
        server.shutdown()
    installed, answer, imported, bus = told.splitlines()
    assert installed == "[]"
    assert answer == "hello"
    assert imported == "[]"
    assert bus == "the bus is spoken"


def test_the_console_script_runs(project):
    script = project / "env" / "bin" / "lictor"
    assert run(script, "version", cwd=project).startswith("Consul v1.")
    assert "operator" in run(script, "--help", cwd=project)


def test_a_cluster_runs_from_the_wheel(project):
    script = project / "env" / "bin" / "lictor"
    address = run(
        sys.executable, "-c", "from lictor_deploy.local.handle import own_addresses; print(own_addresses()[1])"
    )
    flags = ["-servers", "1", "-agents", "1", "-base-ip", address.strip()]
    assert run(script, "dev", *flags, "-exec", "lictor members", cwd=project).count("alive") == 2


TESTS = """
import pytest
from actors import WHOSE as ACTORS
from messages import WHOSE as MESSAGES

@pytest.mark.cluster(servers=3, agents=1, faults="wan", seeds=3, kind="sim")
def test_sim(cluster):
    cluster.kv.put("whose", ACTORS + MESSAGES)
    assert cluster.seed != 2

@pytest.mark.cluster(servers=1, agents=1, faults="wan")
def test_live(cluster, consul_url):
    assert cluster.nodes["server-1"].http in consul_url
    cluster.kv.put("whose", ACTORS)
    assert cluster.kv.get("whose").value == b"my own actors"
"""


def pytest_in(project, *words):
    command = [project / "env" / "bin" / "python", "-m", "pytest", "-p", "no:cacheprovider", *words]
    return subprocess.run([str(word) for word in command], cwd=project, capture_output=True, text=True, timeout=120)


def test_the_pytest_plugin_of_the_wheel_serves_that_project_and_a_failing_seed_is_run_again(project):
    (project / "test_mine.py").write_text(TESTS)
    ran = pytest_in(project, "test_mine.py")
    assert "1 failed, 3 passed" in ran.stdout, ran.stdout + ran.stderr
    told = ran.stdout.partition("Lictor cluster")[2]
    assert "seed 2, 4 nodes" in told
    assert "leads term" in told
    program, *words = shlex.split(re.search(r"^again: (.*)$", told, re.MULTILINE)[1])
    assert (program, words) == ("pytest", ["test_mine.py::test_sim[seed=2]"])
    again = pytest_in(project, *words)
    assert "1 failed in" in again.stdout
    hashes = re.findall(r"events, hash (\w+)\)", ran.stdout + again.stdout)
    assert len(hashes) == 2
    assert len(set(hashes)) == 1
