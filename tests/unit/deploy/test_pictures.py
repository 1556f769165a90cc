"""Pictures say in words what they show, and are drawn."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib: pip install 'lictor[notebooks]'")

from lictor_actors.swarm.plan import draw
from lictor_actors.swarm.report import Report, Struck
from lictor_actors.timeline.record import TimelineRecord
from lictor_actors.timeline.recorder import Recorder
from lictor_actors.timeline.spans import Span
from lictor_deploy import pictures
from lictor_deploy.pictures import Plot, TriedWrite
from lictor_deploy.sim.cluster import SimCluster

PUT = TimelineRecord(1.0, "a.dc1", "message", "kv.put_key", to="b.dc1", until=1.002)
LOST = TimelineRecord(1.002, "b.dc1", "message", "kv.put_key", to="a.dc1", fate="lost")
ASKED = TimelineRecord(1.0, "a.dc1", "operation", "put", until=1.003)


@pytest.mark.parametrize(
    ("draw_it", "says"),
    [
        (
            lambda: pictures.who_knew("t", [0.0, 0.5], {"a": ["alive", "failed"], "b": ["alive", "suspect"]}),
            r"t. 1 of 2 observers hold it for failed: the first at 0.5 s, the last at 0.5 s.",
        ),
        (lambda: pictures.who_knew("t", [0.0, 0.5], {"a": ["alive"] * 2}), "t. None of 1 observers .*"),
        (
            lambda: pictures.mutual_views("t", {"a": "leader", "b": "agent", "c": "down"}, {"a": {"b": "alive"}}),
            "t. 3 nodes in sides of 1, 1, 1 that see each other; leader: a.",
        ),
        (
            lambda: pictures.mutual_views(
                "t", {"a": "server", "b": "agent"}, {"a": {"b": "alive"}, "b": {"a": "suspect"}}
            ),
            "t. 2 nodes in sides of 2 that see each other; leader: none.",
        ),
        (
            lambda: pictures.space_time("t", [PUT, LOST, ASKED], ["a.dc1", "b.dc1"], {"kv.put_key": "put"}),
            "t. 2 messages within 2.00 ms: 0.00 ms put a to b; 2.00 ms put b to a.",
        ),
        (
            lambda: pictures.lines("t", ("members", [8, 16]), "seconds", {"first": [1, 2]}, logarithmic=True),
            "t. seconds at 8, 16 members: first: 1, 2.",
        ),
        (lambda: pictures.points("t", ("x", "y"), {"one": (1, 2)}, usual="one"), "t. x, y: one: 1, 2."),
        (
            lambda: pictures.two_promises(
                "t",
                (1, 2),
                [Span("a.dc1", 0, 3, "")],
                [TriedWrite(0, "in", True), TriedWrite(1, "in", False)],
                {"in": ([0, 1], [2, 1])},
            ),
            "t. 1 writes acknowledged, 1 not; in sees at least 1 members.",
        ),
        (
            lambda: pictures.strikes(
                "t", {"found": Report(1, draw(1), broken_at_s=2.5, struck=(Struck(1, "cut", 1.0, ""),))}
            ),
            "t. found: 1 faults, broken at 2.50 s.",
        ),
    ],
)
def test_a_picture_says_what_it_shows(draw_it: Callable[[], Plot], says: str) -> None:
    picture = draw_it()
    assert re.fullmatch(says, repr(picture))
    assert picture._repr_png_().startswith(b"\x89PNG")


def test_a_cluster_draws_itself_and_lets_no_time_pass() -> None:
    cluster = SimCluster(3, 1, seed=1)
    recorder = Recorder(cluster.world, messages=False)
    leader = cluster.wait_for_leader()
    cluster.wait_whole()
    cluster.crash("agent-1")
    before = (cluster.time_s, cluster.digest)
    assert f"4 nodes in sides of 3, 1 that see each other; leader: {leader}.dc1" in repr(cluster.graph())
    assert (cluster.time_s, cluster.digest) == before
    cluster.run(20)
    assert cluster.bench.views()["server-1.dc1"]["agent-1.dc1"] == "failed"
    story = recorder._repr_html_()
    assert story.startswith("<pre>")
    assert f"server@{leader}: raft: leads term" in story


def test_without_matplotlib_a_sentence_says_what_to_install() -> None:
    program = "import sys; sys.modules['matplotlib.figure'] = None; import lictor_deploy.pictures"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert done.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: Pictures need matplotlib: pip install 'lictor[notebooks]'."
    )
