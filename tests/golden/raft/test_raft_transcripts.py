"""Transcripts: a command, then exactly what followed. LICTOR_REWRITE=1 writes them anew; review the difference.

A transcript is a list of blocks: a line that begins with ``$`` is a command, the lines up to the next one are its
output. Heartbeats without news and their answers are left out unless the command is ``run … all``.
"""

import os
from pathlib import Path

import pytest
from raft_network import MS, Network, describe

from lictor_actors.raft import NotLeading
from lictor_messages.raft import AppendAnswer, AppendEntries

HERE = Path(__file__).parent


class Stage:
    """Performs the commands of one transcript."""

    def __init__(self) -> None:
        self.net = Network(1)
        self.out: list[str] = []
        self.quiet = False

    def perform(self, command: str) -> list[str]:
        self.out = []
        verb, *words = command.split()
        getattr(self, f"do_{verb}")(*words)
        return self.out

    def _trace(self, line: str) -> None:
        if not (self.quiet and self._is_heartbeat(line)):
            self.out.append(line)

    @staticmethod
    def _is_heartbeat(line: str) -> bool:
        if " append_entries " in line:
            return " entries=" not in line
        return " append_answer " in line and " ok=True" in line

    def do_cluster(self, size: str, seed: str = "1") -> None:
        """A cluster of this many bootstrapped servers; delays are 1 ms, syncs 1 ms."""
        self.net = Network(int(size), int(seed))
        self.net.delay_ns = (MS, MS)
        self.net.trace = self._trace

    def do_run(self, ms: str, which: str = "") -> None:
        self.quiet = which != "all"
        self.net.run(int(ms) * MS)

    def do_propose(self, name: str, *data: str) -> None:
        try:
            self.out.append(f"{self.net.propose(name, *(d.encode() for d in data))}")
        except NotLeading as e:
            self.out.append(str(e))

    def do_read(self, name: str) -> None:
        read = self.net.do(name, lambda raft, turn: raft.read(turn))
        self.out.append(f"read {read}")

    def do_reads(self, name: str) -> None:
        self.out.append(f"{self.net.hosts[name].server.reads}")

    def do_transfer(self, leader: str, target: str) -> None:
        self.net.do(leader, lambda raft, turn: raft.transfer_leadership(target, turn))

    def do_isolate(self, name: str) -> None:
        self.net.isolate(name)

    def do_cut(self, source: str, target: str) -> None:
        self.net.cut(source, target)

    def do_heal(self) -> None:
        self.net.heal()

    def do_crash(self, name: str) -> None:
        self.net.crash(name)

    def do_start(self, name: str) -> None:
        self.net.start(name)

    def do_state(self) -> None:
        for name in self.net.alive():
            r = self.net.raft(name)
            log = " ".join(f"{e.index}:{e.term}:{e.type[0]}" for e in r.entries(1, r.last_index + 1))
            known = f"{r.role.value} term={r.term} leader={r.leader or '-'} commit={r.commit_index}"
            self.out.append(f"{name} {known} log={log}")


def perform(text: str) -> str:
    stage, lines = Stage(), []
    for line in text.splitlines():
        if line.startswith("#"):
            lines.append(line)
        elif line.startswith("$"):
            lines += ["", line, *stage.perform(line[1:])]
    return "\n".join(lines).lstrip("\n") + "\n"


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_the_transcript_is_exact(path: Path) -> None:
    before = path.read_text()
    after = perform(before)
    if os.environ.get("LICTOR_REWRITE"):
        path.write_text(after)
    else:
        assert after == before


def test_there_are_transcripts_and_they_are_not_empty() -> None:
    found = sorted(HERE.glob("*.txt"))
    assert len(found) >= 5
    assert all(len(path.read_text().splitlines()) > 15 for path in found)


def test_a_line_says_all_that_a_message_says() -> None:
    sent = AppendEntries(term=3, leader="n1", prev_index=2, prev_term=1, entries=(bytes(9),) * 2, commit=2, round=7)
    assert describe(sent) == "append_entries term=3 prev_index=2 prev_term=1 entries=2 commit=2 round=7"
    answer = AppendAnswer(term=3, ok=False, match=9, hint_index=4, hint_term=2, round=7)
    assert describe(answer) == "append_answer term=3 match=9 hint_index=4 hint_term=2 round=7"
