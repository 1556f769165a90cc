"""The hooks and fixtures. pytest imports this in every run of everyone who has Lictor installed, so it imports little.

What a fixture needs is imported inside it, when a test asks for it.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from lictor_deploy.pytest_plugin.failing_seeds import FailingSeeds, summary
from lictor_deploy.pytest_plugin.marker import ClusterMarker, read_markers
from lictor_deploy.words.sentence import Failure

if TYPE_CHECKING:
    from lictor_deploy.pytest_plugin.live import LiveCluster, SharedCluster
    from lictor_deploy.sim.cluster import SimCluster

MARKER = """cluster(servers=3, agents=5, kind="local", faults=(), seeds=1, profile="lan"): the cluster that the \
`cluster` fixture gives this test: real processes, here or on Ray (kind="ray", at RAY_ADDRESS if that is set), or \
kind="sim", a simulated one for each of `seeds` seeds; `faults` \
names presets that are in force all along."""
STORY = pytest.StashKey[Callable[[], str]]()
"""Of a test: what its cluster has to say if the test fails."""
FAILED = pytest.StashKey[bool]()
SHARED = pytest.StashKey["SharedCluster"]()
TESTS = pytest.StashKey[int]()
PREFIX = pytest.StashKey[str]()
FAILING = pytest.StashKey[FailingSeeds]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which seeds to run, and how large the shared cluster is."""
    group = parser.getgroup("lictor", "clusters to break on purpose")
    group.addoption(
        "--lictor-seed",
        action="append",
        type=int,
        default=[],
        metavar="SEED",
        help="run tests of simulated clusters with this seed instead of their own (may be given several times)",
    )
    group.addoption("--lictor-seeds", type=int, metavar="N", help="run tests of simulated clusters with seeds 0 to N-1")
    parser.addini("lictor_servers", "servers of the shared_cluster fixture (3)", default="3")
    parser.addini("lictor_agents", "agents of the shared_cluster fixture (5)", default="5")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, refuse to run nothing."""
    config.addinivalue_line("markers", MARKER)
    config.stash[FAILING] = FailingSeeds()
    count: int | None = config.getoption("--lictor-seeds")
    if count is not None and count < 1:
        raise pytest.UsageError(f"--lictor-seeds is how many, 1 or more, not {count}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed of a simulated cluster."""
    if "lictor_seed" not in metafunc.fixturenames:
        return
    seeds = _seeds(metafunc.config, _of_item(metafunc.definition))
    if seeds:
        metafunc.parametrize("lictor_seed", seeds, ids=[f"seed={seed}" for seed in seeds])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Every run of a test has a prefix of its own."""
    number = item.config.stash[TESTS] = item.config.stash.get(TESTS, 0) + 1
    item.config.stash[PREFIX] = f"test/{number}/{re.sub(r'[^A-Za-z0-9_.-]+', '_', item.name)}/"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """No test hands a broken cluster on to the next."""
    try:
        yield
    finally:
        shared = _shared(item)
        if shared is not None:
            _tidy(shared)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure's report has the story of the cluster; of many seeds that fail, the first one's."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        if item.config.stash[FAILING].shorten(report, _again(item)):
            return report
        story, shared = item.stash.get(STORY, None), _shared(item)
        if story is None and shared is not None:
            story = _local_story(item, shared.story)
        if story is not None:
            report.sections.append(("Lictor cluster", story()))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which seeds of a test fail, in a line."""
    for line in summary(report.nodeid for report in terminalreporter.getreports("failed")):
        terminalreporter.write_line(line)


@pytest.fixture
def lictor_seed() -> int | None:
    """The seed of this test's simulated cluster, for what else a test draws; None with a local cluster."""
    return None


@pytest.fixture
def cluster(
    request: pytest.FixtureRequest, lictor_seed: int | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveCluster | SimCluster]:
    """A cluster of this test's own, whole, as ``@pytest.mark.cluster(…)`` says."""
    wanted = _of_item(request.node)
    if wanted.kind != "sim":
        yield from _local(request.node, wanted, tmp_path_factory)
    else:
        yield from _simulated(request.node, wanted, wanted.seeds[0] if lictor_seed is None else lictor_seed)


@pytest.fixture(scope="session")
def shared_cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedCluster]:
    """A local cluster for all tests of the session; ``prefix`` is for the keys of the running test."""
    from lictor_deploy.pytest_plugin import live

    config = request.config
    data = tmp_path_factory.mktemp("lictor-shared")
    try:
        with live.started(_of_config(config), data) as made:
            config.stash[SHARED] = shared = live.SharedCluster(made.control, lambda: config.stash[PREFIX])
            yield shared
            del config.stash[SHARED]
            shared.close()
    except (Failure, ValueError) as failure:
        raise _sentence(failure) from None
    live.sweep(data, keep_logs=request.session.testsfailed > 0)


@pytest.fixture
def consul_url(request: pytest.FixtureRequest) -> str:
    """``http://ip:port`` of server-1: of this test's own cluster if it is marked or has one, else of the shared one."""
    own = "cluster" in request.fixturenames or request.node.get_closest_marker("cluster") is not None
    if own and _of_item(request.node).kind == "sim":
        pytest.fail("a simulated cluster has no consul_url: ask cluster.client(), or use kind='local'", pytrace=False)
    found = request.getfixturevalue("cluster" if own else "shared_cluster")
    return f"http://{found.nodes['server-1'].http}"


def _local(item: pytest.Item, wanted: ClusterMarker, temporary: pytest.TempPathFactory) -> Iterator[LiveCluster]:
    from lictor_deploy.pytest_plugin import live

    data = temporary.mktemp("lictor")
    item.stash[STORY] = _local_story(item, lambda: live.happened(data / "logs"))
    try:
        with live.started(wanted, data) as made:
            item.stash[STORY] = _local_story(item, made.story)
            yield made
    except Failure as failure:
        raise _sentence(failure) from None
    live.sweep(data, keep_logs=item.stash.get(FAILED, False))


def _simulated(item: pytest.Item, wanted: ClusterMarker, seed: int) -> Iterator[SimCluster]:
    from lictor_deploy.pytest_plugin import sim

    made = sim.make(wanted, seed)
    flags = () if seed in wanted.seeds else ("--lictor-seed", str(seed))
    item.stash[STORY] = lambda: sim.story(made, _again(item, *flags))
    try:
        sim.settle(made, wanted)
    except Failure as failure:
        raise _sentence(failure) from None
    yield made
    if not item.stash.get(FAILED, False):
        made.check()


def _local_story(item: pytest.Item, told: Callable[[], str]) -> Callable[[], str]:
    return lambda: f"{told()}\nagain: {_again(item)}"


def _tidy(shared: SharedCluster) -> None:
    try:
        shared.tidy()
    except Failure as failure:
        raise _sentence(failure) from None


def _sentence(error: Exception) -> BaseException:
    """What a person got wrong, or could not have: said without a traceback."""
    return pytest.fail.Exception(str(error), pytrace=False)


def _of_item(item: pytest.Item) -> ClusterMarker:
    """What all cluster markers of this test, its class and its module say together; the nearest has the last word."""
    markers = list(item.iter_markers("cluster"))[::-1]
    try:
        if any(marker.args for marker in markers):
            raise ValueError("the cluster marker takes keyword arguments only: cluster(servers=3, agents=5)")
        return read_markers(marker.kwargs for marker in markers)
    except ValueError as error:
        raise _sentence(ValueError(f"{item.nodeid}: {error}")) from None


def _of_config(config: pytest.Config) -> ClusterMarker:
    """What pytest's configuration says of the shared cluster; ValueError names the setting."""
    said = {name: str(config.getini(f"lictor_{name}")) for name in ("servers", "agents")}
    try:
        return read_markers([{name: int(text) if text.isdecimal() else text for name, text in said.items()}])
    except ValueError as error:
        raise ValueError(f"in pytest's configuration, lictor_{error}") from None


def _seeds(config: pytest.Config, wanted: ClusterMarker) -> tuple[int, ...]:
    """Those of the command line if it names any, else the test's own; none for a local cluster."""
    if wanted.kind != "sim":
        return ()
    count: int | None = config.getoption("--lictor-seeds")
    return tuple(config.getoption("--lictor-seed")) or (wanted.seeds if count is None else tuple(range(count)))


def _shared(item: pytest.Item) -> SharedCluster | None:
    """The shared cluster, if it runs and this test uses it."""
    uses = {"shared_cluster", "consul_url"} & set(getattr(item, "fixturenames", ()))
    return item.config.stash.get(SHARED, None) if uses else None


def _again(item: pytest.Item, *flags: str) -> str:
    """The command that runs this test alone, from the directory that pytest was started in."""
    path = os.path.relpath(item.path, item.config.invocation_params.dir)
    return shlex.join(["pytest", path + item.nodeid[item.nodeid.index("::") :], *flags])
