"""Who may send which message, in one file: read its diff as you would read code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lictor_actors.bus.certified import Certified
from lictor_actors.consul.certificates import credentials_of
from lictor_actors.node.audiences import SERVERS_ONLY, Audience, audiences
from lictor_messages import every
from lictor_messages.base import KINDS_ON, WIRE, Message

FILE = Path(__file__).parent / "audiences.txt"
CLIENT = Certified(credentials_of({"subjectAltName": (("DNS", "n1.client.dc1.consul"),)}, "consul"), SERVERS_ONLY)
OURS: dict[str, type[Message]] = {
    name: kind for name, kind in KINDS_ON[WIRE].items() if kind.__module__.startswith(every.__name__.partition(".")[0])
}
ROWS = list(audiences(OURS))


def line(row: Audience) -> str:
    by = ", ".join(row.senders) or "its own node, or as an answer"
    needs = "; a server's certificate" if row.of_servers else ""
    return f"{row.kind} > {row.to}: {by}{'; clients' if row.clients else ''}{needs}"


def test_the_table_is_written_down() -> None:
    said = "".join(f"{line(row)}\n" for row in ROWS)
    if os.environ.get("LICTOR_REWRITE"):
        FILE.write_text(said)
    assert FILE.read_text() == said


def test_every_message_of_the_wire_has_a_row_or_is_an_answer_to_doors() -> None:
    without = {name for name in OURS if name not in {row.kind for row in ROWS}}
    assert without == PASSED_ON


PASSED_ON = {
    *("agent.accepted", "agent.agent_description", "agent.local_checks", "agent.local_services"),
    *("members.event_fired", "members.forced_out", "members.joined", "members.suspicions"),
}
"""To what doors and gateways have asked, which take every answer to that."""


@pytest.mark.parametrize("row", [row for row in ROWS if row.senders], ids=line)
def test_a_client_s_certificate_says_nothing_that_only_servers_say(row: Audience) -> None:
    allowed = {role for role in row.senders if not CLIENT.forbids(f"{role}@n1.dc1", f"{row.to}@s1.dc1")}
    assert allowed == set(row.senders) - SERVERS_ONLY
    assert bool(allowed) is not row.of_servers


def test_what_servers_say_to_servers_takes_a_server_s_certificate() -> None:
    raft = {row.kind for row in ROWS if row.kind.startswith("raft.") and row.to == "server"}
    assert raft <= {row.kind for row in ROWS if row.of_servers}
    assert len(raft) > 5
