"""The timeline on a terminal and as a page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lictor_actors.timeline import TimelineRecord
from lictor_actors.timeline.diagram import FIELDS, MESSAGES_MOST, page
from lictor_actors.timeline.draw import draw

N1, N2, A1 = "server-1.dc1", "server-2.dc1", "agent-1.dc1"
RUN = [
    TimelineRecord(0.1, N1, "election", "raft: stands for term 2", role="server"),
    TimelineRecord(0.2, N1, "leader", "raft: leads term 2", role="server"),
    TimelineRecord(1.0, N1, "message", "raft.append_entries", "c1", "server", N2, 1.1),
    TimelineRecord(1.5, A1, "operation", "get_key key=<a> → entries", "c2", "client", until=1.6),
    TimelineRecord(2.0, N1, "fault", f"f1 isolate {N1}", until=4.0),
    TimelineRecord(2.5, N1, "message", "raft.append_entries", "c3", "server", N2, fate="dropped"),
    TimelineRecord(3.0, N2, "leader", "raft: leads term 3", role="server"),
    TimelineRecord(5.0, "", "verdict", "PromiseBroken: two leaders"),
]


def test_each_node_has_a_column_that_shows_who_leads_and_what_holds() -> None:
    lines = list(draw([r for r in RUN if r.kind != "message"], RUN, 100))
    assert "1=server-1.dc1   2=server-2.dc1   3=agent-1.dc1" in lines
    rows = lines[lines.index("   seconds  1  2  3") + 1 :]
    assert rows[0] == "  0.100000  ?  │  │  server@server-1: raft: stands for term 2"
    assert rows[2] == "  1.500000  ┃  │  o  client@agent-1: get_key key=<a> → entries [100 ms]"
    assert rows[3] == f"  2.000000  !  │  │  f1 isolate {N1} [2 s]"
    assert rows[4] == "  3.000000  ┃  ◆  │  server@server-2: raft: leads term 3"
    assert rows[5] == "  5.000000  ┃  ┃  │  PromiseBroken: two leaders"


def test_a_message_points_from_its_column_to_another() -> None:
    rows = list(draw([RUN[5]], RUN, 100))
    assert rows[-1] == "  2.500000  >  <  │  server@server-1 > server-2: raft.append_entries (dropped)"


def test_no_line_is_wider_than_the_terminal_and_many_nodes_share_it() -> None:
    many = [TimelineRecord(float(i), f"agent-{i}.dc1", "note", "x" * 200) for i in range(100)]
    lines = list(draw(many, many, 80))
    assert max(map(len, lines)) <= 80
    assert any("more nodes without a column" in line for line in lines)


def test_styles_go_around_the_words_only_where_somebody_paints() -> None:
    painted = list(draw(RUN[:1], RUN, 100, lambda text, style: f"<{style}>{text}</>" if style else text))
    assert painted[-1].endswith("<cyan>server@server-1: raft: stands for term 2</>")


def data_of(text: str) -> dict[str, Any]:
    found = re.search(r"const DATA=(.*);$", text, re.MULTILINE)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_a_page_holds_everything_and_needs_nothing_else() -> None:
    text = "".join(page(RUN, RUN, title="seed <7>"))
    assert "<title>seed &lt;7&gt;</title>" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    data = data_of(text)
    assert data["nodes"] == [N1, N2, A1]
    assert data["leads"] == [[0, 0.2, 5.0, "leads term 2"], [1, 3.0, 5.0, "leads term 3"]]
    assert data["faults"] == [[2.0, 4.0, f"f1 isolate {N1}", [[0]]]]
    kinds = [data["kinds"][row[FIELDS.index("kind")]] for row in data["records"]]
    assert kinds == [record.kind for record in RUN if record.kind != "fault"]
    operation = dict(zip(FIELDS, data["records"][3], strict=True))
    assert (operation["what"], operation["until"], operation["cause"]) == ("get_key key=<a> → entries", 1.6, "c2")


def test_words_of_a_record_cannot_end_the_script() -> None:
    evil = TimelineRecord(1.0, N1, "note", "</script><script>alert(1)</script><!--")
    text = "".join(page([evil], [evil]))
    assert text.count("<script>") == text.count("</script>") == 1
    assert data_of(text)["records"][0][3] == evil.what


def test_only_the_lanes_that_are_asked_for_are_drawn() -> None:
    data = data_of("".join(page(RUN, RUN, [N1, N2])))
    assert data["nodes"] == [N1, N2]
    assert A1 not in json.dumps(data)
    assert "1=server-2.dc1" in list(draw(RUN, RUN, 100, lanes=[N2]))


def test_the_two_sides_of_a_partition_are_told_apart() -> None:
    parted = TimelineRecord(1.0, "", "fault", f"f2 partition {N1} | {N2} {A1}", until=2.0)
    everywhere = TimelineRecord(1.0, "", "fault", "f3 loss all", until=2.0)
    data = data_of("".join(page(RUN, [*RUN, parted, everywhere])))
    assert [fault[3] for fault in data["faults"][1:]] == [[[0], [1, 2]], []]


def test_the_overview_knows_the_whole_run_and_the_window_is_what_was_asked_for() -> None:
    suspicion = TimelineRecord(0.5, N1, "suspicion", "suspects: agent-1.dc1")
    data = data_of("".join(page(RUN[4:5], [suspicion, *RUN], since=2.0, until=3.0)))
    assert (data["window"], data["end"], data["suspicions"]) == ([2.0, 3.0], 5.0, [0.5])
    assert len(data["leads"]) == 2


@pytest.mark.slow
def test_too_many_messages_are_thinned_and_the_struck_ones_stay() -> None:
    plain = [
        TimelineRecord(i / 1e4, N1, "message", "swim.ping", to=N2, until=i / 1e4 + 0.01) for i in range(MESSAGES_MOST)
    ]
    struck = TimelineRecord(9.0, N1, "message", "swim.ping", to=N2, fate="lost")
    data = data_of("".join(page([*plain, struck], [*plain, struck])))
    assert data["leftOut"] == 1
    assert len(data["records"]) == MESSAGES_MOST
    assert data["records"][-1][FIELDS.index("fate")] == "lost"


def test_nothing_at_all_is_a_page_too() -> None:
    data = data_of("".join(page([], [])))
    assert (data["nodes"], data["records"], data["window"]) == ([], [], [0.0, 1.0])


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MANY = [TimelineRecord(float(i), f"agent-{i}.dc1", "suspicion", "suspects: server-1.dc1") for i in range(100)]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="drawing the page needs Chromium")
@pytest.mark.parametrize(
    ("records", "drawn"),
    [
        (RUN, {"leads": 4, "faultbar": 2, "shade": 1, "m": 2, "op": 1, "verdict": 1, "row": 3}),
        (MANY, {"row": 100, "mark": 100}),
        ([], {"row": 0}),
    ],
    ids=["a short run", "a hundred nodes", "nothing"],
)
def test_a_browser_draws_it(tmp_path: Path, records: list[TimelineRecord], drawn: dict[str, int]) -> None:
    file = tmp_path / "page.html"
    file.write_text("".join(page(records, records)))
    headless = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'chromium'}"]
    shown = subprocess.run(
        [*headless, "--virtual-time-budget=3000", "--dump-dom", f"file://{file}"],  # type: ignore[list-item]  # skipped
        capture_output=True, text=True, check=True, timeout=50,
    ).stdout  # fmt: skip
    classes = re.findall(r'<(?:rect|path|circle)[^>]* class="(\w+)', shown[shown.index("<svg") :])
    assert {name: classes.count(name) for name in drawn} == drawn
