"""Each example's test fails when the feature that the example shows has a bug, and says what is wrong.

A bug is one text in place of another, in one module of the product, in every process that the test starts: Python runs
``sitecustomize`` at its start where its folder is in PYTHONPATH, and here that one puts the other text in place when
the module is loaded. The examples on Ray, the large one and the actor of one's own in the world have theirs beside
their tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PLANTS = """from importlib.machinery import SourceFileLoader

genuine = SourceFileLoader.get_code


def get_code(self, name):
    if name != {module!r}:
        return genuine(self, name)
    return self.source_to_code(self.get_source(name).replace({right!r}, {wrong!r}), self.path)


SourceFileLoader.get_code = get_code
"""
DEV, READERS, SIM = "tests/e2e/test_dev_examples.py", "tests/e2e/test_examples.py", "tests/sim"
SHOWS = f"{DEV}::test_an_example_shows_what_it_promises"
FAMILIES = "lictor_actors.store.families"


class Bug(NamedTuple):
    """What is planted, and what the example's test then says."""

    test: str
    module: str
    right: str
    wrong: str
    seen: str
    """A pattern in pytest's report."""


BUGS = {
    "hello_catalog.py": Bug(
        f"{SHOWS}[hello_catalog.py]",
        f"{FAMILIES}.catalog.queries",
        "query.state in (ANY, check.status)",
        "query.state not in (ANY, check.status)",
        "too many values to unpack",
    ),
    "own_service.py": Bug(
        f"{READERS}::test_a_service_of_ones_own_is_found_turns_critical_and_comes_back",
        "lictor_actors.checks.http",
        'return "critical", result.text',
        'return "warning", result.text',
        r"\('warning', True\) == \('critical', True\)",
    ),
    "find_service.py": Bug(
        f"{DEV}::test_a_service_of_ones_own_is_found_through_another_node",
        f"{FAMILIES}.catalog.queries",
        'any(check.status != "passing" for check in checks)',
        'any(check.status == "passing" for check in checks)',
        "no healthy instance of web",
    ),
    "fastapi_pair.py": Bug(
        f"{SHOWS}[fastapi_pair.py]",
        "lictor_actors.client.lifespan",
        "connect(url) as client, client.register(name, ttl=ttl, **service):",
        "connect(url) as client:",
        "TimeoutError",
    ),
    "kv_and_watch.py": Bug(
        f"{DEV}::test_kv_and_watch",
        f"{FAMILIES}.kv.table",
        "old.modify_index == cas",
        "old.modify_index >= cas",
        "with an old index: True",
    ),
    "live_configuration.py": Bug(
        f"{SHOWS}[live_configuration.py]",
        "lictor_actors.client.watching",
        "before, self._index = self._index, index if index >= self._index else 0",
        "before, self._index = 0, 0",
        r"(?s)re\.fullmatch.*discount=0\)(?:\\n|\n).*discount=0\)",
    ),
    "leader_election.py": Bug(
        f"{SHOWS}[leader_election.py]",
        "lictor_actors.client.locks",
        "if taken and found is not None and found.session == self.session:",
        "if found is not None:",
        "two lead at once",
    ),
    "semaphore.py": Bug(
        f"{SHOWS}[semaphore.py]",
        "lictor_actors.client.semaphores",
        "len(listed.holders) < self._limit",
        "len(listed.holders) <= self._limit",
        "too many at once",
    ),
    "blue_green.py": Bug(
        f"{SHOWS}[blue_green.py]",
        f"{FAMILIES}.queries.table",
        "elif wanted not in has:",
        "elif wanted in has:",
        r"began with blue: callers reach \[9002\]",
    ),
    "datacenter_failover.py": Bug(
        f"{DEV}::test_callers_fail_over_to_another_datacenter_and_come_back",
        "lictor_actors.roles.wan.failover",
        "if dc in others]",
        "if dc not in others]",
        "no answer from dc2 within",
    ),
    "break_it.py": Bug(
        f"{DEV}::test_break_it",
        "lictor_actors.faults.selectors",
        "return [n.name for n in nodes if n.leader]",
        'return _named("follower", nodes, chance)',
        "the others chose no new leader within",
    ),
    "ticket_office.py": Bug(
        f"{SIM}/test_ticket_office.py::test_no_ticket_is_sold_twice",
        f"{FAMILIES}.kv.table",
        "old.modify_index == cas",
        "old.modify_index >= cas",
        "seed 0 replays it: tickets .* were sold twice",
    ),
    "test_with_lictor.py": Bug(
        "examples/test_with_lictor.py::test_a_cart_outlives_its_leader",
        "lictor_actors.faults.selectors",
        "return [n.name for n in nodes if n.leader]",
        'return _named("follower", nodes, chance)',
        "wait_for_leader",
    ),
    "scenarios/": Bug(
        f"{SIM}/test_scenarios.py::test_an_example_keeps_its_promises[1-leader-isolated]",
        "lictor_actors.raft.quorum",
        "ordered[len(ordered) // 2]",
        "ordered[0]",
        "AssertionError",
    ),
    "own_actor/": Bug(
        f"{READERS}::test_an_actor_of_ones_own_outlives_its_process",
        "lictor_actors.hosts.seat",
        "records=batch, done=done",
        "records=(), done=done",
        "20 clicks were answered, and 0 counted",
    ),
}


def table_of_examples() -> set[str]:
    """The first column of the page that lists the examples."""
    page = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    firsts = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    return {name for first in firsts for name in re.findall(r"`(.*?)`", first)}


def test_every_example_has_a_bug() -> None:
    elsewhere = {"ray/", "large/", "integrations/", "go-grpc/", "prometheus/", "picture.py"}
    assert table_of_examples() == BUGS.keys() | elsewhere


@pytest.mark.parametrize("example", BUGS)
def test_a_bug_is_where_it_is_planted(example: str) -> None:
    bug = BUGS[example]
    source = ROOT / "actors" / f"{bug.module.replace('.', '/')}.py"
    assert source.read_text(encoding="utf-8").count(bug.right) == 1


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.timeout(200)
@pytest.mark.parametrize("example", BUGS)
def test_an_example_with_a_bug_in_what_it_shows_fails(example: str, tmp_path: Path) -> None:
    bug = BUGS[example]
    text = PLANTS.format(module=bug.module, right=bug.right, wrong=bug.wrong)
    (tmp_path / "sitecustomize.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-x", bug.test]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=180, cwd=ROOT
    )
    assert (done.returncode, "1 failed" in done.stdout) == (1, True), done.stdout + done.stderr
    assert re.search(bug.seen, done.stdout), done.stdout
