"""What notebooks show of results: small tables in which nothing of a value is HTML."""

from __future__ import annotations

import re

import pytest

from lictor_actors.client.results import Rows
from lictor_deploy.sim.cluster import SimCluster
from lictor_messages.base import FrozenMap, Record
from lictor_messages.catalog import CheckRecord, Instance, NodeRecord, ServiceRecord, TaggedAddress
from lictor_messages.html import CELL_MOST, ROWS_MOST, Listed, table
from lictor_messages.kv import Entry
from lictor_messages.members import Member

SCRIPT = "<script>alert('x')</script>&\""


def cells(html: str) -> list[str]:
    return re.findall(r"<td>(.*?)</td>", html, re.DOTALL)


def heads(html: str) -> list[str]:
    return re.findall(r"<th>(.*?)</th>", html)


@pytest.mark.parametrize(
    "record",
    [
        Entry(key=SCRIPT, value=SCRIPT.encode()),
        Entry(key="k", session=SCRIPT),
        Member(name=SCRIPT, dc=SCRIPT, address="a", port=1, gossip="", rest="", tags=FrozenMap({SCRIPT: SCRIPT})),
        NodeRecord(node="n", address="a", meta=FrozenMap({"a": SCRIPT})),
        ServiceRecord(node="n", id="w", service="w", tags=(SCRIPT,)),
        CheckRecord(node="n", check_id="c", name="c", output=SCRIPT),
        Instance(
            node=NodeRecord(node=SCRIPT, address="a"), service=ServiceRecord(node="n", id="w", service="w"), checks=()
        ),
        SCRIPT,
        {SCRIPT: SCRIPT},
    ],
    ids=lambda record: type(record).__name__,
)
def test_nothing_of_a_value_is_html(record: object) -> None:
    html = table([record], SCRIPT)
    assert "<script" not in html
    assert "&lt;script" in html
    assert set(re.findall(r"</?([a-z]+)", html)) <= {"table", "caption", "thead", "tbody", "tr", "th", "td"}


def test_columns_that_are_empty_everywhere_are_left_out() -> None:
    html = table([Entry(key="a", flags=7), Entry(key="b", session="s")])
    assert heads(html) == ["key", "flags", "session"]


@pytest.mark.parametrize("value", [b"\xff\x00\xfe", bytes(524_288), "é".encode() * 100_000, b""])
def test_a_value_is_short_however_long_it_is(value: bytes) -> None:
    assert all(len(cell) <= CELL_MOST * 6 for cell in cells(table([Entry(key="k", value=value)])))


def test_rows_beyond_the_most_are_counted() -> None:
    html = table([Entry(key=f"k{n}") for n in range(ROWS_MOST + 3)])
    assert html.count("<tr>") == ROWS_MOST + 1
    assert html.endswith("<p>and 3 more</p>")
    assert "more" not in table([Entry(key="k")] * ROWS_MOST)


def test_results_show_themselves() -> None:
    rows = Rows((Entry(key="a", value=b"1"),), index=7)
    assert "<caption>1 at index 7</caption>" in rows._repr_html_()
    names = Listed(("a", "b"))
    assert names == ("a", "b")
    assert cells(names._repr_html_()) == ["a", "b"]
    assert table([]) == "<table><thead><tr></tr></thead><tbody></tbody></table>"


@pytest.mark.parametrize(
    ("record", "columns", "shown"),
    [
        (
            Entry(key="app/config", value=b"on", modify_index=7),
            ["key", "value", "modify_index"],
            ["app/config", "on", "7"],
        ),
        (Entry(key="k", value=b"\xff\x00"), ["key", "value"], ["k", "\\xff\x00"]),
        (Entry(key=SCRIPT), ["key"], ["&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;&quot;"]),
        (NodeRecord(node="n", address="10.0.0.1", datacenter=""), ["node", "address"], ["n", "10.0.0.1"]),
        (TaggedAddress(name="lan", address="::1", port=80), ["name", "address", "port"], ["lan", "::1", "80"]),
    ],
    ids=["value", "bytes", "markup", "node", "part"],
)
def test_a_single_record_shows_itself(record: Record, columns: list[str], shown: list[str]) -> None:
    assert heads(record._repr_html_()) == columns
    assert cells(record._repr_html_()) == shown


def test_a_simulated_cluster_shows_its_nodes_and_lets_no_time_pass() -> None:
    cluster = SimCluster(3, 1, seed=1)
    leader = cluster.wait_for_leader()
    cluster.crash("agent-1")
    before = (cluster.time_s, cluster.digest)
    html = cluster._repr_html_()
    assert (cluster.time_s, cluster.digest) == before
    assert heads(html) == ["node", "runs", "role", "term", "committed", "votes"]
    rows = [cells(row) for row in html.split("<tr>")[2:]]
    assert [row[2] for row in rows if row[0].startswith(leader)] == ["leader"]
    assert rows[-1][:3] == ["agent-1.dc1", "no", ""]
    members = cluster.client("server-1").members()
    assert "agent-1" in cells(members._repr_html_())  # type: ignore[attr-defined]
    (first, *_) = cluster.client("server-1").status.servers()
    assert first.voter
