"""The timeline on a terminal and as a page."""

from __future__ import annotations

from html.parser import HTMLParser

from lictor_actors.timeline import Record
from lictor_actors.timeline.diagram import MESSAGES_MOST, page
from lictor_actors.timeline.draw import draw

N1, N2, A1 = "server-1.dc1", "server-2.dc1", "agent-1.dc1"
RUN = [
    Record(0.1, N1, "election", "raft: stands for term 2", role="server"),
    Record(0.2, N1, "leader", "raft: leads term 2", role="server"),
    Record(1.0, N1, "message", "raft.append_entries", "c1", "server", N2, 1.1),
    Record(1.5, A1, "operation", "get_key key=<a> → entries", "c2", "client", until=1.6),
    Record(2.0, N1, "fault", f"f1 isolate {N1}", until=4.0),
    Record(2.5, N1, "message", "raft.append_entries", "c3", "server", N2, fate="dropped"),
    Record(3.0, N2, "leader", "raft: leads term 3", role="server"),
    Record(5.0, "", "verdict", "PromiseBroken: two leaders"),
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
    many = [Record(float(i), f"agent-{i}.dc1", "note", "x" * 200) for i in range(100)]
    lines = list(draw(many, many, 80))
    assert max(map(len, lines)) <= 80
    assert any("more nodes without a column" in line for line in lines)


def test_styles_go_around_the_words_only_where_somebody_paints() -> None:
    painted = list(draw(RUN[:1], RUN, 100, lambda text, style: f"<{style}>{text}</>" if style else text))
    assert painted[-1].endswith("<cyan>server@server-1: raft: stands for term 2</>")


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.classes: list[str] = []
        self.titles = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.classes += (dict(attrs).get("class") or "").split()
        self._in_title = tag == "title"

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.titles += data + "\n"


def tags(text: str) -> Tags:
    found = Tags()
    found.feed(text[text.index("<svg xmlns") :])
    return found


def test_a_page_holds_everything_and_needs_nothing_else() -> None:
    text = "".join(page(RUN, RUN, title="seed <7>"))
    assert "<title>seed &lt;7&gt;</title>" in text
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    found = tags(text)
    assert {"lane", "leads", "fault", "m", "gone", "cross", "op", "verdict"} <= set(found.classes)
    assert found.classes.count("leads") == 2
    assert "get_key key=<a>" in found.titles
    assert "dropped" in found.titles
    assert "cause c1" in found.titles


def test_only_the_lanes_that_are_asked_for_are_drawn() -> None:
    text = "".join(page(RUN, RUN, [N1, N2]))
    assert "2 nodes" in text
    assert text.count("class=lane ") == 2
    assert f">{A1}</span>" not in text
    assert "1=server-2.dc1" in list(draw(RUN, RUN, 100, lanes=[N2]))


def test_names_of_many_lanes_stand_upright_and_the_times_stay_in_sight() -> None:
    many = [Record(float(i), f"agent-{i}.dc1", "note", "hello") for i in range(100)]
    text = "".join(page(many, many))
    assert '"names upright"' in text
    assert "<svg class=times " in text
    assert '"names upright"' not in "".join(page(RUN, RUN))


def test_a_page_begins_where_something_is_known_and_says_what_faults_are() -> None:
    text = "".join(page(RUN[2:], RUN))
    assert "1 to 5 s" in text
    assert f">f1 isolate {N1}</text>" in text


def test_a_window_leaves_out_what_lies_outside() -> None:
    inside = "".join(page(RUN[2:3], RUN, since=0.9, until=1.2))
    assert "0.9 to 1.2 s" in inside
    assert tags(inside).classes.count("leads") == 1
    assert "fault" not in tags(inside).classes


def test_too_many_messages_are_thinned_and_the_struck_ones_stay() -> None:
    many = [Record(i / 1000, N1, "message", "swim.ping", to=N2, until=i / 1000 + 0.001) for i in range(MESSAGES_MOST)]
    text = "".join(page([*many, RUN[5]], [*many, RUN[5]]))
    assert "1 plain messages are left out" in text
    assert tags(text).classes.count("cross") == 1


def test_nothing_at_all_is_a_page_too() -> None:
    assert "".join(page([], [])).endswith("</html>\n")
